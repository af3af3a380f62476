import { hostname } from 'node:os'
import type { RunEvent } from '../core/event.ts'
import { lineOf } from '../engine/command.ts'
import type { Part } from '../engine/recipe.ts'
import { Run } from '../engine/run.ts'
import { listenForStop } from '../engine/stop.ts'
import { runTree } from '../engine/tree.ts'
import type { Host } from '../inventory/schema.ts'
import { type Secrets, secretNamesOf } from '../inventory/secrets.ts'
import { withBeforeHook } from '../notify/hooks.ts'
import { pingsFor } from '../notify/pings.ts'
import { pulse } from '../notify/pulse.ts'
import { type Closed, type EndedRun, tellTheWorld } from '../notify/reporting.ts'
import { clock } from '../report/lines.ts'
import { summaryOf } from '../report/summary.ts'
import { againLine } from './again.ts'
import type { CommonOptions, Task } from './command-line.ts'
import type { LogFile } from './log-file.ts'
import { type Screen, screenFor } from './screen.ts'
import type { Start } from './start.ts'

/** A recipe with all that it needs to run. */
export interface Performance<Extra extends object> {
  readonly task: Task
  readonly recipe: Part<Start & Extra>
  readonly facts: Start & Extra
  readonly common: CommonOptions
  /** The words of the command line after the task's name. */
  readonly words: readonly string[]
  readonly log: LogFile
}

/** Runs a recipe, tells the world of it, and gives the exit code. */
export async function performRun<Extra extends object>(performance: Performance<Extra>): Promise<number> {
  const { task, facts, common, log } = performance
  const startedAt = Date.now()
  const screen = screenFor(common, task.interactive === true)
  log.say(...openingLines(task.name, facts.host, performance.words, startedAt))
  using beat = pulse(event => {
    log.write(event)
    screen.show(event)
  })
  const ended = await runRecipe(performance, startedAt, screen, beat.onEvent)
  const closed = await tellTheWorld(ended)
  await conclude(performance, ended, closed, screen)
  return closed.exitCode
}

async function runRecipe<Extra extends object>(
  { task, recipe, facts, common, words, log }: Performance<Extra>,
  startedAt: number,
  screen: Screen,
  onEvent: (event: RunEvent) => void,
): Promise<EndedRun> {
  const { host, secrets } = facts
  const hidden = ownSecrets(host, secrets)
  const stop = listenForStop()
  const run = new Run({
    dry: common.dryRun,
    stop: stop.signal,
    now: Date.now,
    onEvent,
    secrets: hidden,
    deadlines: host.deadlines,
  })
  const pings = pingsFor(host, secrets, task.name, common.dryRun)
  pings?.start(`${host.name}: ${task.name} began`)
  const work = (step: string, title: string) => ({ step, title, phase: 'do' as const, subject: undefined, run: async () => {} })
  try {
    await runTree(withBeforeHook(recipe, host, task.name), facts, run, screen.live ? 'live' : 'none')
  } catch (error) {
    run.fail(work(task.name, 'The program itself'), {}, error)
  }
  const problem = log.problem()
  if (problem !== undefined) run.fail(work('log', 'Log'), {}, new Error(problem))
  const stoppedBy = stop.by()
  stop.release()
  const again = (site: string | undefined): string => againLine(task.name, words, site)
  const { outcomes } = run
  const told = { task: task.name, dryRun: common.dryRun, startedAt, stoppedBy, outcomes, log: log.path, again }
  const isJudged = task.judges === true && !common.dryRun
  const isAskedOften = task.isAskedOften === true
  return {
    ...told,
    isJudged,
    isAskedOften,
    host,
    secrets,
    pings,
    onEvent,
    hidden,
    partial: common.sites.length > 0,
    stop: stop.signal,
  }
}

async function conclude<Extra extends object>(
  { common, task, log }: Performance<Extra>,
  { startedAt, stoppedBy, host }: EndedRun,
  { outcomes, exitCode, report }: Closed,
  { print }: Screen,
): Promise<void> {
  const summary = summaryOf(report, outcomes)
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  log.say(summary, `${task.name} ended at ${clock(Date.now())} after ${seconds} s with exit code ${exitCode}`, RULE)
  log.index(`exit ${exitCode}, ${seconds} s, ${report.subject};`)
  if (common.quiet && exitCode === 0 && !common.json) return
  if (!common.json) return await print(`${summary}\nlog: ${log.path}\n`)
  const told = {
    host: host.name,
    task: task.name,
    startedAt: new Date(startedAt).toISOString(),
    dryRun: common.dryRun,
    exitCode,
    stoppedBy,
    outcomes,
  }
  await print(`${JSON.stringify(told, undefined, 2)}\n`)
}

const RULE = '-'.repeat(60)

/** How a log begins: who runs what, where and as whom. */
function openingLines(task: string, host: Host, words: readonly string[], now: number): string[] {
  const user = process.env.USER ?? process.env.LOGNAME ?? 'unknown'
  return [
    '='.repeat(60),
    `Holdfast, ${lineOf([`tasks/${task}.ts`, ...words])}`,
    `${clock(now)} (${new Date(now).toISOString()}), host ${host.name} on machine ${hostname()}`,
    `Running as username: ${user}, UID: ${process.getuid?.() ?? '?'}, process ${process.pid}, Node ${process.version}`,
  ]
}

function ownSecrets(host: Host, secrets: Secrets) {
  return [...secretNamesOf(host).keys()].map(name => secrets.get(name)).filter(secret => secret !== undefined)
}

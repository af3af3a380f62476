import { hostname } from 'node:os'
import type { BadInput } from '../core/bad-input.ts'
import { EXIT, type Outcome } from '../core/outcome.ts'
import { messageOf } from '../core/wording.ts'
import { lineOf } from '../engine/command.ts'
import { loadReporting } from '../inventory/load.ts'
import type { Host } from '../inventory/schema.ts'
import { readSecrets, type Secrets } from '../inventory/secrets.ts'
import { pingsFor } from '../notify/pings.ts'
import { pulse } from '../notify/pulse.ts'
import { type Closed, reportRun } from '../notify/reporting.ts'
import { clock } from '../report/lines.ts'
import { summaryOf } from '../report/summary.ts'
import { againLine, type CommonOptions } from './command-line.ts'
import type { Begun, Ending } from './ending.ts'
import { inTurn } from './in-turn.ts'
import { type LogFile, openLog } from './log-file.ts'
import { screenFor } from './screen.ts'

/** The ending of a run that does something: a log, the screen, and the report with all that it goes to. */
export const reported: Ending<object> = {
  refuse: ({ task, common, words }, error) => reportBadStart(task.name, common, error, againLine(task, words, undefined)),
  begin: begun => {
    const { task, common, words, facts, hidden, startedAt } = begun
    const { host, secrets } = facts
    const log = openLog(host.paths.logs, task.name, startedAt, host.logDays)
    log.say(...openingLines(task.name, host, words, startedAt))
    const screen = screenFor(common, task.interactive === true)
    const turns = inTurn(event => {
      log.write(event)
      screen.show(event)
    })
    const beat = pulse(turns.onEvent)
    const { onEvent } = beat
    const pings = pingsFor(host, secrets, task.name, common.dryRun)
    pings?.start(`${host.name}: ${task.name} began`)
    return {
      live: screen.live,
      onEvent,
      end: async (run, stop) => {
        using _ = log
        using __ = beat
        turns[Symbol.dispose]()
        const problem = log.problem()
        if (problem !== undefined)
          run.fail({ step: 'log', title: 'Log', phase: 'do', subject: undefined, run: async () => {} }, {}, new Error(problem))
        const closed = await reportRun({
          ...{ task: task.name, dryRun: common.dryRun, startedAt, log: log.path, host, secrets, hidden, pings, onEvent },
          outcomes: run.outcomes,
          stoppedBy: stop.by(),
          stop: stop.signal,
          again: site => againLine(task, words, site),
          isJudged: task.judges === true && !common.dryRun,
          isAskedOften: task.isAskedOften === true,
          partial: common.sites.length > 0,
        })
        return { text: conclude(begun, closed, stop.by(), log), exitCode: closed.exitCode }
      },
    }
  },
}

/** Ends the log, and gives what is printed last. */
function conclude(
  { common, task, facts, startedAt }: Begun<object>,
  { outcomes, exitCode, report }: Closed,
  stoppedBy: string | undefined,
  log: LogFile,
): string {
  const summary = summaryOf(report)
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  log.say(summary, `${task.name} ended at ${clock(Date.now())} after ${seconds} s with exit code ${exitCode}`, RULE)
  log.index(`exit ${exitCode}, ${seconds} s, ${report.subject};`)
  if (!common.json) {
    if (exitCode === 0) return common.quiet ? '' : `${summary}\n`
    return `${common.quiet ? summaryOf(report, true) : summary}\nlog: ${log.path}\n`
  }
  const json = {
    host: facts.host.name,
    task: task.name,
    startedAt: new Date(startedAt).toISOString(),
    dryRun: common.dryRun,
    exitCode,
    stoppedBy,
    outcomes,
  }
  return `${JSON.stringify(json, undefined, 2)}\n`
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

/**
 * Reports a run that could not begin, for its inventory or its secrets are wrong, by what of the inventory is right all
 * the same: the ping and the mail. Gives what could not be sent, one sentence each, for standard error.
 * @param again the command that was given
 */
async function reportBadStart(task: string, common: CommonOptions, error: BadInput, again: string): Promise<string[]> {
  const host = await loadReporting(common.inventory, common.host)
  const secrets = secretsOrNone(common.env)
  const startedAt = Date.now()
  const { own } = await reportRun({
    ...{ task, host, secrets, startedAt, dryRun: false, stoppedBy: undefined, stop: new AbortController().signal },
    ...{ log: undefined, isJudged: false, isAskedOften: true, partial: false, again: () => again },
    pings: pingsFor(host, secrets, task, false),
    hidden: [...secrets.values()],
    onEvent: () => {},
    outcomes: [badOutcome(error, startedAt)],
  })
  return own.flatMap(({ step, status, reason, notes }) => [
    ...notes.filter(({ kind }) => kind === 'problem').map(({ text }) => `the ${step} about it: ${text}`),
    ...(status === 'failed' ? [`the ${step} about it failed: ${reason}`] : []),
  ])
}

const badOutcome = (error: BadInput, startedAt: number): Outcome => ({
  ...{ step: 'inventory', title: 'Inventory and secrets', phase: 'do', subject: undefined, status: 'failed' },
  ...{ reason: messageOf(error), exitCode: EXIT.badInput, startedAt, seconds: 0, notes: [], commands: [], output: [] },
})

function secretsOrNone(file: string): Secrets {
  try {
    return readSecrets(file)
  } catch {
    return new Map()
  }
}

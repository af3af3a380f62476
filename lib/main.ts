import { type CommonOptions, helpOf, readCommandLine, type Task, wordsAfterScript } from './command-line.ts'
import { BadInput } from './core/bad-input.ts'
import type { RunEvent } from './core/event.ts'
import { messageOf } from './core/message.ts'
import { EXIT, exitCodeOf, type Outcome } from './core/outcome.ts'
import type { Recipe } from './engine/recipe.ts'
import { Run } from './engine/run.ts'
import { listenForStop } from './engine/stop.ts'
import { runTree } from './engine/tree.ts'
import { loadHost } from './inventory/load.ts'
import type { Host } from './inventory/schema.ts'
import { checkSecrets, readSecrets, type Secrets, secretNamesOf } from './inventory/secrets.ts'
import { type LogFile, openLog } from './log-file.ts'
import { linesOf } from './report/lines.ts'
import { summaryOf } from './report/summary.ts'
import type { Needs } from './steps/facts.ts'

/** What every recipe may need at its start. */
export type Start = Needs<'host' | 'secrets' | 'request'>

/**
 * Runs a recipe as a program: command line, inventory, recipe, outcomes, report, exit code. Ends the process.
 */
export async function main<Extra extends object = object>(
  task: Task<Extra>,
  recipe: Recipe<Start & Extra, object>,
): Promise<never> {
  let code: number
  try {
    code = await runTask(task, recipe)
  } catch (error) {
    const expected = error instanceof BadInput
    process.stderr.write(`${expected ? messageOf(error) : (error as Error).stack}\n`)
    code = expected ? EXIT.badInput : EXIT.failed
  }
  // a process that hangs on a dead mount, left behind, must not keep this one
  await new Promise(resolve => process.stdout.write('', resolve))
  process.exit(code)
}

async function runTask<Extra extends object>(task: Task<Extra>, recipe: Recipe<Start & Extra, object>): Promise<number> {
  const { common, extra } = readCommandLine(task, wordsAfterScript(process.argv))
  if (common.help) {
    await print(`${helpOf(task)}\n`)
    return EXIT.well
  }
  const host = await loadHost(common.inventory, common.host)
  const secrets = readSecrets(common.env)
  checkSecrets(host, secrets, common.env)
  const facts: Start & Extra = { host, secrets, request: { dryRun: common.dryRun, only: common.sites }, ...extra }
  using log = openLog(host.paths.logs, task.name, Date.now(), host.logDays)
  return await perform(recipe, facts, common, task.name, log)
}

async function perform<Extra extends object>(
  recipe: Recipe<Start & Extra, object>,
  facts: Start & Extra,
  common: CommonOptions,
  task: string,
  log: LogFile,
): Promise<number> {
  const stop = listenForStop()
  const live = process.stdout.isTTY && !common.json && !common.verbose
  const startedAt = Date.now()
  const onEvent = (event: RunEvent): void => {
    log.write(event)
    if (!live && !common.json && (common.verbose || isWorthALine(event)))
      process.stdout.write(
        linesOf(event)
          .map(line => `${line}\n`)
          .join(''),
      )
  }
  const run = new Run({
    dry: common.dryRun,
    stop: stop.signal,
    now: Date.now,
    onEvent,
    secrets: ownSecrets(facts.host, facts.secrets),
  })
  await runTree(recipe as unknown as Recipe<never, object>, facts, run, live ? 'live' : 'none')
  stop.release()
  const code = exitCodeOf(run.outcomes, stop.by())
  if (common.json)
    await print(
      `${JSON.stringify(jsonOf(facts.host, task, startedAt, code, stop.by(), common.dryRun, run.outcomes), undefined, 2)}\n`,
    )
  else await print(`${summaryOf(run.outcomes, stop.by(), common.dryRun)}\nlog: ${log.path}\n`)
  return code
}

/** What `--json` prints. */
function jsonOf(
  host: Host,
  task: string,
  startedAt: number,
  exitCode: number,
  stoppedBy: string | undefined,
  dryRun: boolean,
  outcomes: readonly Outcome[],
) {
  return { host: host.name, task, startedAt: new Date(startedAt).toISOString(), dryRun, exitCode, stoppedBy, outcomes }
}

/** Without `--verbose`, a program without a terminal prints what became of each step, and what it had to say. */
function isWorthALine(event: RunEvent): boolean {
  if (event.kind === 'command') return !event.command.ran
  if (event.kind === 'end') return event.outcome.status !== 'skipped' || event.outcome.subject === undefined
  return event.kind === 'note'
}

function ownSecrets(host: Host, secrets: Secrets) {
  return [...secretNamesOf(host).keys()].map(name => secrets.get(name)).filter(secret => secret !== undefined)
}

function print(text: string): Promise<void> {
  return new Promise(resolve => process.stdout.write(text, () => resolve()))
}

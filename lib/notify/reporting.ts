import { type LastRun, NO_RUN, rememberRun } from '../core/last-run.ts'
import { EXIT, type Outcome, type RunEvent } from '../core/outcome.ts'
import type { Secret } from '../core/secret.ts'
import { exitCodeOf, workFindings } from '../core/verdict.ts'
import { counted, messageOf } from '../core/wording.ts'
import { Run } from '../engine/run.ts'
import type { Shell } from '../engine/shell.ts'
import { listenForStop } from '../engine/stop.ts'
import { readLastRun, recordSize, writeLastRun } from '../host/records.ts'
import { rememberOrTell } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import type { Secrets } from '../inventory/secrets.ts'
import { type Report, type RunFacts, reportOf } from '../report/report.ts'
import { pingText } from '../report/text.ts'
import { hooksApply, runHook } from './hooks.ts'
import { mailReport } from './mailing.ts'
import { writeMetrics } from './metrics-file.ts'
import type { Pings } from './pings.ts'

/** A run whose work is done and of which the world is to hear. */
export interface EndedRun extends Omit<RunFacts, 'endedAt' | 'exitCode' | 'host'> {
  readonly host: Host
  readonly secrets: Secrets
  readonly pings: Pings | undefined
  readonly onEvent: (event: RunEvent) => void
  /** Never to be written anywhere. */
  readonly hidden: readonly Secret[]
  /** The task is asked more often than there is work. */
  readonly isAskedOften: boolean
  /** Only some sites were asked for. */
  readonly partial: boolean
  /** Aborted where it was stopped: what is told of it must not take long then. */
  readonly stop: AbortSignal
}

/** What is left to say once the world has heard: all outcomes, those of the reporting too, and the exit code. */
export interface Closed {
  readonly outcomes: readonly Outcome[]
  readonly exitCode: number
  readonly report: Report
}

/**
 * Tells the world of a run: what is remembered of the sizes, hooks, the ping, the mail, the metrics, in this order, so
 * that each can tell what became of those before. Each is a piece of work with an outcome like any step; none of them
 * can hide what the run itself came to, for the exit code is made from all outcomes, the run's first.
 */
export async function reportRun(ended: EndedRun): Promise<Closed> {
  const stop = listenForStop()
  const { host, secrets, onEvent, hidden, pings } = ended
  const run = new Run({
    dry: ended.dryRun,
    stop: AbortSignal.any([ended.stop, stop.signal]),
    tells: true,
    now: Date.now,
    onEvent,
    secrets: hidden,
    deadlines: host.deadlines,
  })
  const all = (): readonly Outcome[] => [...ended.outcomes, ...run.outcomes]
  const code = (): number => exitCodeOf(all(), ended.stoppedBy ?? stop.by(), ended.isJudged)
  const last = lastRunOf(ended)
  const report = (): Report =>
    reportOf({
      ...ended,
      last: ended.partial ? { sites: last.run.sites } : last.run,
      host: host.name,
      endedAt: Date.now(),
      exitCode: code(),
      outcomes: all(),
    })
  const work = (step: string, title: string, run_: (shell: Shell) => Promise<void>): Promise<unknown> =>
    run.do({ step, title, phase: 'do', subject: undefined, run: (_, shell) => run_(shell) }, {})
  const ping = (): Promise<unknown> => work('ping', 'Ping', shell => sendPing(pings!, report(), shell))

  const sized = report().sites.filter(site => site.bytes !== undefined)
  if (sized.length > 0) await work('history', 'Record sizes', shell => rememberSizes(host, sized, shell))
  if (hooksApply(all())) await runHooks(host, report, code, work)
  if (pings) await ping()
  const told = code()
  if (ended.isJudged && hooksApply(all()))
    await work('verdicts', 'Record verdicts', shell => rememberVerdicts(ended, all(), report().sites, last, shell))
  if (host.mail) await work('mail', 'Mail', shell => mailReport(host, secrets, report(), shell, ended.isAskedOften))
  // the mail is what people read: when it is stuck, the ping is what is left to say so
  if (pings && told === EXIT.well && code() !== EXIT.well) await ping()
  if (host.metrics) await work('metrics', 'Metrics', shell => writeMetrics(host, report(), all(), ended.partial, shell))
  stop.release()
  return { outcomes: all(), exitCode: code(), report: report() }
}

type Work = (step: string, title: string, run: (shell: Shell) => Promise<void>) => Promise<unknown>

async function runHooks(host: Host, report: () => Report, code: () => number, work: Work): Promise<void> {
  const { hooks } = host
  if (hooks.onFailure && code() !== EXIT.well)
    await work('hook-on-failure', 'Hook: onFailure', shell => runHook(host, 'onFailure', report(), shell))
  if (hooks.after) await work('hook-after', 'Hook: after', shell => runHook(host, 'after', report(), shell))
}

/** What the last run said. */
function lastRunOf({ host, task, isJudged }: EndedRun): { run: LastRun; problem?: string } {
  if (!isJudged) return { run: NO_RUN }
  try {
    return { run: readLastRun(host, task) }
  } catch (error) {
    return { run: NO_RUN, problem: messageOf(error) }
  }
}

/**
 * Keeps what this run says, so that the next one knows what is new and what is well again, and `status` says the same.
 */
async function rememberVerdicts(
  { host, task, partial, stoppedBy }: EndedRun,
  outcomes: readonly Outcome[],
  sites: Report['sites'],
  { run, problem }: ReturnType<typeof lastRunOf>,
  shell: Shell,
): Promise<void> {
  if (problem !== undefined) shell.note('warning', `what the last run said is not known: ${problem}`)
  const stopped = stoppedBy === undefined ? [] : [{ level: 'failed' as const, text: `stopped by ${stoppedBy}` }]
  const work = [...stopped, ...workFindings(outcomes, undefined)]
  const said = sites.map(row => ({ told: row, verdict: row.verdict, isReached: row.state !== 'not reached' }))
  const verdicts = { at: shell.now(), work, sites: said, isPartial: partial }
  await shell.act(`record the verdicts of ${counted(sites.length, 'site')}`, () =>
    rememberOrTell(shell, 'the next run, and status, will not know what this one said', () =>
      writeLastRun(host, task, rememberRun(run, verdicts)),
    ),
  )
}

/** Adds tonight to the sizes that the page and the mail draw. */
async function rememberSizes(host: Host, sites: Report['sites'], shell: Shell): Promise<void> {
  await shell.act(`record ${counted(sites.length, 'size')}`, () => {
    for (const { site, bytes = 0, allowanceBytes } of sites)
      rememberOrTell(shell, `tonight's size of ${site} is not remembered`, () =>
        recordSize(host, site, { at: shell.now(), bytes, ...(allowanceBytes === undefined ? {} : { allowanceBytes }) }),
      )
  })
}

async function sendPing(pings: Pings, report: Report, shell: Shell): Promise<void> {
  const early = await pings.begun(shell.stop)
  if (early !== undefined) shell.note('warning', early)
  // none is sent before the work is done, and of a stopped run never a success
  const kind = report.exitCode === EXIT.well ? 'success' : 'fail'
  const problem = await pings.end(kind, pingText(report), shell.stop)
  if (problem !== undefined) throw new Error(problem)
  shell.note('info', `sent ${kind}`)
}

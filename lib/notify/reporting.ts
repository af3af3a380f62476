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
import type { Reporting } from '../inventory/schema.ts'
import type { Secrets } from '../inventory/secrets.ts'
import { type Report, type RunFacts, reportOf } from '../report/report.ts'
import { pingText } from '../report/text.ts'
import { type HookName, runHook } from './hooks.ts'
import type { Pings } from './pings.ts'

/** A run whose work is done and which is to be reported. */
export interface EndedRun extends Omit<RunFacts, 'endedAt' | 'exitCode' | 'host'> {
  readonly host: Reporting
  readonly secrets: Secrets
  readonly pings: Pings | undefined
  readonly onEvent: (event: RunEvent) => void
  /** Never to be written anywhere. */
  readonly hidden: readonly Secret[]
  /** The task runs more often than there is work: the same trouble is mailed once a day. */
  readonly isAskedOften: boolean
  /** Only some sites were asked for. */
  readonly partial: boolean
  /** Aborted where it was stopped: its reporting must not take long then. */
  readonly stop: AbortSignal
}

/** A run that was reported. */
export interface Closed {
  /** Of the run and of its reporting. */
  readonly outcomes: readonly Outcome[]
  /** Of its reporting alone. */
  readonly own: readonly Outcome[]
  readonly exitCode: number
  readonly report: Report
}

/**
 * Reports a run: sizes for the charts, hooks, the ping, verdicts for the next run, the mail, the metrics, in this
 * order, so that each can tell what became of those before. Each has an outcome like any step; none can hide what the
 * run itself came to, for the exit code is made from all outcomes, the run's first.
 */
export async function reportRun(ended: EndedRun): Promise<Closed> {
  const stop = listenForStop()
  const { host, secrets, onEvent, hidden, pings, isJudged, partial } = ended
  const signal = AbortSignal.any([ended.stop, stop.signal])
  const { deadlines } = host
  const run = new Run({ dry: ended.dryRun, stop: signal, tells: true, now: Date.now, onEvent, secrets: hidden, deadlines })
  const outcomes = (): readonly Outcome[] => [...ended.outcomes, ...run.outcomes]
  const exitCode = (): number => exitCodeOf(outcomes(), ended.stoppedBy ?? stop.by(), isJudged)
  const last = lastRunOf(ended)
  const report = (): Report =>
    reportOf({
      ...ended,
      ...{ host: host.name, endedAt: Date.now(), exitCode: exitCode(), outcomes: outcomes() },
      last: partial ? { sites: last.run.sites } : last.run,
    })
  const work = async (step: string, title: string, isDue: boolean, act: (shell: Shell) => Promise<void>): Promise<void> => {
    if (isDue) await run.do({ step, title, phase: 'do', subject: undefined, run: (_, shell) => act(shell) }, {})
  }
  const hook = (name: HookName, step: string, isDue: boolean): Promise<void> =>
    work(step, `Hook: ${name}`, isDue && host.hooks[name] !== undefined, shell => runHook(host, name, report(), shell))
  const ping = (isDue: boolean): Promise<void> =>
    work('ping', 'Ping', isDue && pings !== undefined, shell => sendPing(pings!, report(), shell))

  const sized = report().sites.filter(site => site.bytes !== undefined)
  // not where another run held the lock: that one is at work
  const hadLock = !outcomes().some(outcome => outcome.exitCode === EXIT.locked)
  await work('history', 'Record sizes', sized.length > 0, shell => recordSizes(host, sized, shell))
  await hook('onFailure', 'hook-on-failure', hadLock && exitCode() !== EXIT.well)
  await hook('after', 'hook-after', hadLock)
  await ping(true)
  const pinged = exitCode()
  await work('verdicts', 'Record verdicts', isJudged && hadLock, shell =>
    recordVerdicts(ended, outcomes(), report().sites, last, shell),
  )
  await work('mail', 'Mail', host.mail !== undefined, async shell => {
    const { mailReport } = await import('./mailing.ts')
    await mailReport(host, secrets, report(), shell, ended.isAskedOften)
  })
  // the mail is what people read: when it is stuck, the ping is what is left to say so
  await ping(pinged === EXIT.well && exitCode() !== EXIT.well)
  await work('metrics', 'Metrics', host.metrics !== undefined, async shell => {
    const { writeMetrics } = await import('./metrics-file.ts')
    await writeMetrics(host, report(), outcomes(), partial, shell)
  })
  stop.release()
  return { outcomes: outcomes(), own: run.outcomes, exitCode: exitCode(), report: report() }
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

/** Keeps what this run says for the next one, which is to know what is new and what is well again, and for `status`. */
async function recordVerdicts(
  { host, task, partial, stoppedBy }: EndedRun,
  outcomes: readonly Outcome[],
  sites: Report['sites'],
  { run, problem }: ReturnType<typeof lastRunOf>,
  shell: Shell,
): Promise<void> {
  if (problem !== undefined) shell.note('warning', `the verdicts of the last run cannot be read: ${problem}`)
  const stopped = stoppedBy === undefined ? [] : [{ level: 'failed' as const, text: `stopped by ${stoppedBy}` }]
  const work = [...stopped, ...workFindings(outcomes, undefined)]
  const judged = sites.map(row => ({ report: row, verdict: row.verdict, isReached: row.state !== 'not reached' }))
  const verdicts = { at: shell.now(), work, sites: judged, isPartial: partial }
  await shell.act(`record the verdicts of ${counted(sites.length, 'site')}`, () =>
    rememberOrTell(shell, 'the next run and status will not know the verdicts of this one', () =>
      writeLastRun(host, task, rememberRun(run, verdicts)),
    ),
  )
}

/** Adds tonight to the sizes that the page and the mail draw. */
async function recordSizes(host: Reporting, sites: Report['sites'], shell: Shell): Promise<void> {
  await shell.act(`record ${counted(sites.length, 'size')}`, () => {
    for (const { site, bytes = 0, allowanceBytes, transferred, seconds } of sites)
      rememberOrTell(shell, `tonight's size of ${site} is not remembered`, () =>
        recordSize(host, site, {
          ...{ at: shell.now(), bytes, seconds },
          ...(allowanceBytes !== undefined && { allowanceBytes }),
          ...(transferred && { transferred }),
        }),
      )
  })
}

async function sendPing(pings: Pings, report: Report, shell: Shell): Promise<void> {
  const early = await pings.begun(shell.stop)
  if (early !== undefined) shell.note('warning', early)
  const kind = report.exitCode === EXIT.well ? 'success' : 'fail'
  const problem = await pings.end(kind, pingText(report), shell.stop)
  if (problem !== undefined) throw new Error(problem)
  shell.note('info', `sent ${kind}`)
}

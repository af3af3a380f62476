import { z } from 'zod'
import type { BadInput } from '../core/bad-input.ts'
import { EXIT, type Outcome } from '../core/outcome.ts'
import { messageOf } from '../core/wording.ts'
import { Run } from '../engine/run.ts'
import type { Shell } from '../engine/shell.ts'
import { listenForStop } from '../engine/stop.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import { loadReporting } from '../inventory/load.ts'
import type { Host } from '../inventory/schema.ts'
import { readSecrets, type Secrets } from '../inventory/secrets.ts'
import { mailReport } from '../notify/mailing.ts'
import { pingsFor } from '../notify/pings.ts'
import { type Report, reportOf } from '../report/report.ts'
import { pingText } from '../report/text.ts'
import type { CommonOptions } from './command-line.ts'

/** Hours for which the same mistake is not mailed again: a desktop asks every hour. */
const QUIET = 20

/** What of a host is enough to tell of it. */
type Known = Pick<Host, 'mail' | 'pings' | 'paths'>

/**
 * A run that nobody watches could not begin, for its inventory or its secrets are wrong: tells so by what of the
 * inventory is right all the same, the ping and the mail. Gives what could not be told, one sentence each, for standard
 * error.
 * @param again the command that was given
 */
export async function reportBadStart(task: string, common: CommonOptions, error: BadInput, again: string): Promise<string[]> {
  const known: Known = await loadReporting(common.inventory, common.host)
  if (!known.pings && !known.mail) return []
  const secrets = secretsOr(common.env)
  const stop = listenForStop()
  const now = Date.now()
  const run = new Run({
    dry: false,
    stop: stop.signal,
    tells: true,
    now: Date.now,
    onEvent: () => {},
    secrets: [...secrets.values()],
  })
  const report = reportOf({
    ...{ host: common.host, task, dryRun: false, startedAt: now, endedAt: now, exitCode: EXIT.badInput, stoppedBy: undefined },
    ...{ outcomes: [badOutcome(error, now)], log: undefined, isJudged: false, again: () => again },
  })
  await run.do(
    work('ping', shell => ping(known, secrets, report, shell.stop)),
    {},
  )
  await run.do(
    work('mail', shell => mailOnce(known, secrets, report, shell)),
    {},
  )
  stop.release()
  return run.outcomes.flatMap(({ step, status, reason, notes }) => [
    ...notes.filter(({ kind }) => kind === 'problem').map(({ text }) => `the ${step} that tells of it: ${text}`),
    ...(status === 'failed' ? [`the ${step} that tells of it failed: ${reason}`] : []),
  ])
}

const work = (step: string, act: (shell: Shell) => Promise<void>) => ({
  ...{ step, title: step, phase: 'do' as const, subject: undefined },
  run: (_: object, shell: Shell) => act(shell),
})

function badOutcome(error: BadInput, startedAt: number): Outcome {
  const what = { step: 'inventory', title: 'Inventory and secrets', phase: 'do', subject: undefined, status: 'failed' } as const
  return {
    ...what,
    reason: messageOf(error),
    exitCode: EXIT.badInput,
    startedAt,
    seconds: 0,
    notes: [],
    commands: [],
    output: [],
  }
}

function secretsOr(file: string): Secrets {
  try {
    return readSecrets(file)
  } catch {
    return new Map()
  }
}

async function ping(host: Known, secrets: Secrets, report: Report, stop: AbortSignal): Promise<void> {
  const problem = await pingsFor(host, secrets, report.task, false)?.end('fail', pingText(report), stop)
  if (problem !== undefined) throw new Error(problem)
}

/** What was mailed last of a run that could not begin. */
const told = z.object({ reason: z.string(), at: z.number() })

async function mailOnce(host: Known, secrets: Secrets, report: Report, shell: Shell): Promise<void> {
  if (!host.mail) return
  const reason = report.failures[0]!.reason
  const last = lastTold(host)
  if (last?.reason === reason && last.at > report.startedAt - QUIET * 3_600_000) return
  rememberOrTell(shell, 'the same will be mailed again', () =>
    writeState(host, 'bad-start', { reason, at: report.startedAt } satisfies z.infer<typeof told>),
  )
  await mailReport(host, secrets, report, shell)
}

function lastTold(host: Known): z.infer<typeof told> | undefined {
  try {
    return readState(host, 'bad-start', told)
  } catch {
    return undefined
  }
}

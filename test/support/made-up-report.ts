import type { Note, Outcome } from '../../lib/core/outcome.ts'
import type { SiteReport } from '../../lib/core/site-report.ts'
import { type Report, type RunFacts, reportOf } from '../../lib/report/report.ts'

/** Half past three on a November night. */
export const NIGHT = Date.UTC(2026, 10, 22, 3, 30)
const MINUTE = 60_000

/** An outcome of which only what matters is said. */
export function outcome(step: string, subject?: string, rest: Partial<Outcome> = {}): Outcome {
  return {
    step,
    title: `${step[0]?.toUpperCase()}${step.slice(1)}${subject === undefined ? '' : ` ${subject}`}`,
    phase: 'do',
    subject,
    status: 'done',
    reason: undefined,
    exitCode: undefined,
    startedAt: NIGHT,
    seconds: 1,
    notes: [],
    commands: [],
    output: [],
    ...rest,
  }
}

export const note = (kind: Note['kind'], text: string): Note => ({ kind, text })

/** A primary site that was backed up, with what was told of it. */
export function backedUp(site: string, told: Partial<SiteReport> = {}): Outcome {
  const telling: SiteReport = {
    site,
    role: 'primary',
    seenAt: NIGHT + 2 * MINUTE,
    newestBackup: NIGHT + MINUTE,
    bytes: 420_000_000,
    allowanceBytes: 1_000_000_000,
    chains: 3,
    restorePoints: 34,
    next: 'incremental backup',
    backedUp: 'incremental',
    ...told,
  }
  return outcome('backup', site, { reports: [telling] })
}

/** A site whose backup failed. */
export function failed(
  site: string,
  reason = 'the disk is full (duplicity exit code 53)',
  output: readonly string[] = [],
): Outcome {
  const told: SiteReport = {
    site,
    role: 'primary',
    newestBackup: NIGHT - 86_400_000,
    bytes: 990_000_000,
    allowanceBytes: 1_000_000_000,
  }
  return outcome('backup', site, { status: 'failed', reason, output, reports: [told] })
}

export function madeUpRun(outcomes: readonly Outcome[], rest: Partial<RunFacts> = {}): RunFacts {
  return {
    host: 'web1',
    task: 'nightly',
    dryRun: false,
    startedAt: NIGHT,
    endedAt: NIGHT + 12 * MINUTE,
    exitCode: outcomes.some(each => each.status === 'failed' || each.notes.some(({ kind }) => kind === 'problem')) ? 1 : 0,
    stoppedBy: undefined,
    outcomes,
    isJudged: true,
    log: '/var/log/holdfast/nightly-20261122T033000-1.log',
    again: site => `cd /opt/holdfast && npx zx tasks/nightly.ts${site === undefined ? '' : ` --site ${site}`} --verbose`,
    ...rest,
  }
}

export const madeUpReport = (outcomes: readonly Outcome[], rest: Partial<RunFacts> = {}): Report =>
  reportOf(madeUpRun(outcomes, rest))

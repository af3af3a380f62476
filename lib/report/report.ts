import { isTrouble, type Outcome } from '../core/outcome.ts'
import { type Telling, tellingsBySite } from '../core/telling.ts'
import { subjectOf } from './subject.ts'

/** A run, as its report begins to be made. Times in milliseconds since the epoch. */
export interface RunFacts {
  readonly host: string
  readonly task: string
  readonly dryRun: boolean
  readonly startedAt: number
  readonly endedAt: number
  readonly exitCode: number
  /** The signal that ended it early. */
  readonly stoppedBy: string | undefined
  readonly outcomes: readonly Outcome[]
  /** Where its log is; undefined for a run that could not begin one. */
  readonly log: string | undefined
  /** The command that does it again, for one site or for all, as a person types it. */
  readonly again: (site: string | undefined) => string
}

/** Something that failed, with what it printed last and what to type next. */
export interface Failure {
  readonly site: string | undefined
  readonly title: string
  readonly reason: string
  readonly output: readonly string[]
  readonly advice: readonly string[]
}

/** A remark of a step, with whom it is about. */
export interface Remark {
  readonly site: string | undefined
  readonly text: string
}

export interface SiteRow extends Telling {
  readonly state: 'failed' | 'attention' | 'not reached' | 'well'
}

/** What the text, the mail and the hooks say of a run: all of it from the outcomes. */
export interface Report extends Omit<RunFacts, 'outcomes' | 'again'> {
  /** What the mail's subject says, with the host in front. */
  readonly subject: string
  readonly failures: readonly Failure[]
  /** What a person has to settle; the run goes on without. */
  readonly problems: readonly Remark[]
  readonly warnings: readonly Remark[]
  readonly significant: readonly Remark[]
  readonly sites: readonly SiteRow[]
  readonly significantRun: boolean
}

/** Makes the report of a run from its outcomes. Pure: the same outcomes give the same report. */
export function reportOf(run: RunFacts): Report {
  const { host, task, dryRun, startedAt, endedAt, exitCode, stoppedBy, log, outcomes } = run
  const notes = (kind: string): Remark[] =>
    outcomes.flatMap(({ subject, notes: all }) =>
      all.filter(note => note.kind === kind).map(note => ({ site: subject, text: note.text })),
    )
  const report = {
    ...{ host, task, dryRun, startedAt, endedAt, exitCode, stoppedBy, log },
    failures: outcomes.filter(outcome => outcome.status === 'failed').map(outcome => failureOf(outcome, run)),
    problems: notes('problem'),
    warnings: notes('warning'),
    significant: notes('significant'),
    sites: rowsOf(outcomes),
  }
  const significantRun = report.exitCode !== 0 || report.failures.length + report.problems.length + report.significant.length > 0
  return { ...report, subject: subjectOf(report), significantRun }
}

function failureOf(outcome: Outcome, { again, log }: RunFacts): Failure {
  const { subject, title, reason, output } = outcome
  return {
    site: subject,
    title: outcome.phase === 'down' ? `Release: ${title}` : title,
    reason: reason ?? 'no reason given',
    output: output.slice(-10),
    advice: outcome.exitCode === 75 ? [] : [...(log === undefined ? [] : [`less ${log}`]), again(subject)],
  }
}

/** One row a site: those that steps told of, and those that something was done for. */
function rowsOf(outcomes: readonly Outcome[]): SiteRow[] {
  const told = tellingsBySite(outcomes.flatMap(outcome => outcome.told ?? []))
  const subjects = outcomes.map(outcome => outcome.subject).filter(subject => subject !== undefined)
  const names = [...new Set([...told.keys(), ...subjects])].toSorted()
  return names.map(site => ({ site, ...told.get(site), state: stateOf(site, outcomes, told.get(site)) }))
}

function stateOf(site: string, outcomes: readonly Outcome[], told: Telling | undefined): SiteRow['state'] {
  const own = outcomes.filter(outcome => outcome.subject === site)
  if (own.some(outcome => outcome.status === 'failed')) return 'failed'
  if (own.some(isTrouble) || told?.role === 'conflict' || told?.role === 'ambiguous') return 'attention'
  if (own.some(outcome => outcome.status === 'stopped')) return 'not reached'
  const due = told?.role === 'primary' || told?.role === 'replica' || told?.role === 'new replica'
  return due && own.length === 0 ? 'not reached' : 'well'
}

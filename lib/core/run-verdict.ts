import { type Finding, type Verdict, verdictOf } from './finding.ts'
import { EXIT, isTrouble, type Outcome } from './outcome.ts'
import { reportsBySite, type SiteReport } from './site-report.ts'
import { judge } from './verdict.ts'

/** What a run came to for one site: all that was told of it, with what its work came to, and what follows from that. */
export interface SiteVerdict {
  readonly told: SiteReport
  readonly findings: readonly Finding[]
  readonly verdict: Verdict
}

/** What work came to where it was not well: for one site, or, without one, for the run as a whole. */
export function workFindings(outcomes: readonly Outcome[], site: string | undefined): readonly Finding[] {
  return outcomes
    .filter(({ subject }) => subject === site)
    .flatMap(({ title, phase, status, reason, notes }): Finding[] => [
      ...(status === 'failed'
        ? [{ level: 'failed' as const, text: `${phase === 'down' ? 'Release: ' : ''}${title}: ${reason}` }]
        : []),
      ...notes
        .filter(({ kind }) => kind === 'problem')
        .map(({ text, about }) => ({ level: 'attention' as const, text, ...(about && { about }) })),
    ])
}

/**
 * The verdict on every site that steps told of or that something was done for, by name.
 * @param isJudged whether what was told of the sites counts too, besides the work: a run that is about one of them (a
 * recovery) or only foretells does not judge
 */
export function siteVerdicts(outcomes: readonly Outcome[], isJudged: boolean): readonly SiteVerdict[] {
  const tellings = reportsBySite(outcomes.flatMap(({ told = [] }) => told))
  const subjects = outcomes.map(({ subject }) => subject).filter(subject => subject !== undefined)
  return [...new Set([...tellings.keys(), ...subjects])].toSorted().map(site => {
    const work = workFindings(outcomes, site)
    const told = { ...tellings.get(site), site, work }
    const findings = isJudged ? judge(told) : work
    return { told, findings, verdict: verdictOf(findings) }
  })
}

const SIGNAL_NUMBER: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/**
 * The exit code of a run, from its outcomes alone.
 * @param stoppedBy the signal that ended it early, such as `SIGTERM`
 * @param isJudged see {@link siteVerdicts}
 */
export function exitCodeOf(outcomes: readonly Outcome[], stoppedBy?: string, isJudged = false): number {
  if (stoppedBy !== undefined) return 128 + (SIGNAL_NUMBER[stoppedBy] ?? 0)
  const ending = outcomes.filter(outcome => isTrouble(outcome) || outcome.status === 'skipped')
  const asked = ending.find(({ exitCode }) => exitCode !== undefined)?.exitCode
  if (asked !== undefined) return asked
  const isWell = !outcomes.some(isTrouble) && siteVerdicts(outcomes, isJudged).every(({ verdict }) => verdict === 'well')
  return isWell ? EXIT.well : EXIT.failed
}

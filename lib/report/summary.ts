import type { Outcome } from '../core/outcome.ts'
import { printableLine } from './lines.ts'
import type { Report } from './report.ts'
import { verdictLine } from './report.ts'
import { siteLines } from './site-lines.ts'
import { remarkText } from './text.ts'

/**
 * What a run prints for a person: a line for each site, what failed and why, what has to be seen to, and the verdict,
 * as the mail's subject has it.
 */
export function summaryOf(report: Report, outcomes: readonly Outcome[]): string {
  const failures = report.failures.map(
    ({ site, title, reason }) => `FAILED  ${site === undefined ? '' : `${site}: `}${title}: ${reason}`,
  )
  const problems = report.problems.map(problem => `PROBLEM ${remarkText(problem)}`)
  const warnings = report.warnings.map(warning => `warning ${remarkText(warning)}`)
  const notes = report.significant.map(note => `note    ${remarkText(note)}`)
  const verdict = report.verdict === 'well' ? 'all well' : verdictLine(report)
  const seconds = Math.round((report.endedAt - report.startedAt) / 1000)
  const end = report.dryRun ? 'dry run: nothing was changed' : `${seconds} s`
  return [...siteLines(report, outcomes), ...failures, ...problems, ...warnings, ...notes, `${verdict}; ${end}`]
    .flatMap(text => text.split('\n'))
    .map(printableLine)
    .join('\n')
}

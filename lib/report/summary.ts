import type { Outcome } from '../core/outcome.ts'
import { printable } from './lines.ts'
import type { Report } from './report.ts'
import { verdictLine } from './subject.ts'
import { remarkText } from './text.ts'

/** The last words of a run for a person: what failed and why, what has to be seen to, and the verdict, as the mail's subject has it. */
export function summaryOf(report: Report, outcomes: readonly Outcome[]): string {
  const failures = report.failures.map(
    ({ site, title, reason }) => `FAILED  ${site === undefined ? '' : `${site}: `}${title}: ${reason}`,
  )
  const problems = report.problems.map(problem => `PROBLEM ${remarkText(problem)}`)
  const verdict = report.verdict === 'well' ? 'all well' : verdictLine(report)
  return [...failures, ...problems, `${verdict}; ${what(report, outcomes)}`]
    .flatMap(text => text.split('\n'))
    .map(printable)
    .join('\n')
}

function what({ dryRun }: Report, outcomes: readonly Outcome[]): string {
  const done = outcomes.filter(outcome => outcome.status === 'done').length
  return dryRun ? 'dry run: nothing was changed' : `${done} ${done === 1 ? 'step' : 'steps'} done`
}

import type { Report } from './report.ts'
import { remarkText } from './text.ts'

/**
 * What the ping at a run's end tells by its URL. Never a success before the work is done, and none for a run that was
 * stopped.
 */
export function pingEndKind({ exitCode }: Report): 'success' | 'fail' {
  return exitCode === 0 ? 'success' : 'fail'
}

/**
 * The body of a ping: the verdict and what failed. It goes to others' machines, so no output and no paths beyond what
 * reasons hold.
 */
export function pingText({ subject, failures, problems, exitCode }: Report): string {
  const failed = failures.map(({ site, title, reason }) => `FAILED ${site === undefined ? '' : `${site}: `}${title}: ${reason}`)
  return [
    subject,
    `exit code ${exitCode}`,
    ...failed,
    ...problems.map(problem => `Needs attention: ${remarkText(problem)}`),
  ].join('\n')
}

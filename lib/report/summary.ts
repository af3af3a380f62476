import { printTime } from '../core/restore-point.ts'
import { counted, formatBytes, listed } from '../core/wording.ts'
import { formatSeconds, printableLine, tableOf } from './lines.ts'
import { type Failure, type Remark, type Report, type SiteRow, verdictLine } from './report.ts'
import { failureTitle, remarkText, transferWords } from './text.ts'

/**
 * What a run prints: a line for each site, failures and what needs attention with what to do next, and the verdict.
 * @param quiet only what somebody has to see to
 */
export function summaryOf(report: Report, quiet = false): string {
  const failures = report.failures.flatMap(failureLines)
  const problems = report.problems.map(problem => `PROBLEM ${remarkText(problem)}`)
  const warnings = together(report.warnings).map(warning => `warning ${remarkText(warning)}`)
  const notes = together(report.significant).map(note => `note    ${remarkText(note)}`)
  const verdict = report.verdict === 'well' ? 'all well' : verdictLine(report)
  const seconds = Math.round((report.endedAt - report.startedAt) / 1000)
  const end = report.dryRun ? 'dry run: nothing was changed' : [`${seconds} s`, ...transferWords(report.transferred)].join(', ')
  const trouble = [...failures, ...problems]
  const all = [...siteLines(report), ...trouble, ...warnings, ...notes]
  return [...(quiet ? trouble : all), `${verdict}; ${end}`]
    .flatMap(text => text.split('\n'))
    .map(printableLine)
    .join('\n')
}

/** What failed and why; then the command that does it again, step by step. */
const failureLines = (failure: Failure): string[] => [
  `FAILED  ${failureTitle(failure)}: ${failure.reason}`,
  ...failure.advice.slice(-1).map(command => `        next: ${command}`),
]

/** What is the same of several sites, once. */
const together = (remarks: readonly Remark[]): Remark[] =>
  [...Map.groupBy(remarks, ({ text }) => text)].map(([text, same]) => {
    const sites = same.flatMap(({ site }) => site ?? [])
    return { site: sites.length > 0 ? listed(sites, 5, ', ') : undefined, text }
  })

/** A line for each site: what was done, how large and how long it was, and what there is now. */
export const siteLines = ({ sites }: Report): string[] =>
  tableOf(
    sites.map(row => [row.site, whatWasDone(row), whatThereIs(row)]).filter(([, ...said]) => said.some(text => text !== '')),
  )

function whatWasDone(row: SiteRow): string {
  const { seconds, backedUp, setBytes, unchangedSince, prunedBytes, restoredTo, moved, role, lag } = row
  const pruned = prunedBytes === undefined ? '' : `${formatBytes(prunedBytes)} pruned, `
  const isWorkedOn = seconds > 0 // what is done for one site only is not timed as its
  const took = isWorkedOn ? ` in ${formatSeconds(seconds)}` : ''
  const state = row.state === 'well' ? '' : row.state === 'failed' ? 'FAILED, ' : `${row.state}, `
  if (moved !== undefined) return `${state}${moved}` // the last line says how long the run took
  if (backedUp !== undefined) return `${state}${pruned}${backedUp} ${formatBytes(setBytes)}${took}`
  if (unchangedSince !== undefined) return `${state}${pruned}unchanged since ${printTime(unchangedSince)}`
  if (restoredTo !== undefined) return `${state}restored to ${printTime(restoredTo)}${took}`
  if (row.state === 'failed' || row.state === 'not reached') return `${state}${pruned}`.replace(/, $/, '')
  if (role === 'replica' && lag === 0) return `${state}nothing newer in the archive`
  if (prunedBytes !== undefined) return `${state}${pruned}`.replace(/, $/, '')
  if (role === 'primary' || role === 'desktop') return `${state}${isWorkedOn ? 'nothing to do' : ''}`.replace(/, $/, '')
  return `${state}${isReplica(role) ? '' : (role ?? '')}`.replace(/, $/, '')
}

const isReplica = (role: SiteRow['role']): boolean => role === 'replica' || role === 'new replica'

function whatThereIs({ restorePoints, bytes, allowanceBytes, role, owner }: SiteRow): string {
  const points = restorePoints === undefined ? [] : [counted(restorePoints, 'restore point')]
  const used =
    bytes === undefined || allowanceBytes === undefined ? [] : [`${Math.round((bytes / allowanceBytes) * 100)} % of allowance`]
  const of = isReplica(role) ? [`replica of ${owner ?? 'another host'}`] : []
  return [...of, ...points, ...(role === 'primary' ? used : [])].join(', ')
}

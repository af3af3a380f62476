import { formatAge } from '../core/age.ts'
import type { Transferred } from '../core/outcome.ts'
import { formatBytes } from '../core/wording.ts'
import { formatSeconds, tableOf } from './lines.ts'
import type { Failure, Remark, Report, SiteRow } from './report.ts'
import { lasting } from './verdict-words.ts'

/** The report as plain text: what failed and what to type first, then what was significant, then every site. */
export function textOf(report: Report): string {
  const sections = [
    report.subject,
    stopText(report) ?? '',
    ...linesOf(firstFailures(report), failureText, 'FAILED  '),
    ...remarkLists(report).map(({ title, remarks }) => section(title, linesOf(firstRemarks(remarks), remarkText))),
    section('Sites', siteLines(report)),
    [endText(report), ...(report.log === undefined ? [] : [`log: ${report.log}`])].join('\n'),
  ]
  return `${sections.filter(text => text !== '').join('\n\n')}\n`
}

/** That the run was stopped, if it was. */
export const stopText = ({ stoppedBy }: Report): string | undefined =>
  stoppedBy && `The run was stopped by ${stoppedBy}; what it had begun was finished or rolled back.`

export interface RemarkList {
  readonly title: string
  readonly remarks: readonly Remark[]
  /** Nobody has to do anything about them. */
  readonly isGood: boolean
}

/** In the order of a mail. */
export const remarkLists = ({ problems, significant, warnings, drills }: Report): readonly RemarkList[] => [
  { title: 'Needs attention', remarks: problems, isGood: false },
  { title: 'Significant', remarks: significant, isGood: true },
  { title: 'Warnings', remarks: warnings, isGood: false },
  { title: 'Restore drill', remarks: drills, isGood: true },
]

/** What run it was, how long it took, what it moved and its exit code. */
export const endText = ({ startedAt, endedAt, transferred, exitCode, host, task }: Report): string =>
  [
    `${task} on ${host}`,
    `began ${timeText(startedAt)} UTC`,
    `took ${formatAge(endedAt - startedAt)}`,
    ...transferWords(transferred),
    `exit code ${exitCode}`,
  ].join(', ')

/** What was written to the archive and read from it, where that is known. */
export const transferWords = (transferred: Transferred | undefined): string[] =>
  transferred ? [`${formatBytes(transferred.written)} written`, `${formatBytes(transferred.read)} read`] : []

const timeText = (time: number): string => new Date(time).toISOString().replace('T', ' ').slice(0, 19)

/** The beginning of a list, and a few words about the rest: mail programs cut off megabytes, and nobody reads them. */
interface Beginning<Item> {
  readonly items: readonly Item[]
  readonly more: string | undefined
}

const beginningOf = <Item>(list: readonly Item[], most: number): Beginning<Item> => ({
  items: list.slice(0, most),
  more: list.length > most ? `${list.length - most} more: see the log` : undefined,
})

/** As many failures as a mail shows. */
export const firstFailures = ({ failures }: Report): Beginning<Failure> => beginningOf(failures, 20)
/** As many remarks of a kind as a mail shows. */
export const firstRemarks = (remarks: readonly Remark[]): Beginning<Remark> => beginningOf(remarks, 40)

/** How many sites a mail shows. */
const SITES = 60
const RANK: Readonly<Record<SiteRow['state'], number>> = { failed: 0, 'needs attention': 1, 'not reached': 2, well: 3 }

/** As many sites as a mail shows: of more, first those in trouble, then those that something happened to. */
export function firstSites({ sites }: Report): Beginning<SiteRow> {
  if (sites.length <= SITES) return { items: sites, more: undefined }
  const rank = ({ state, backedUp, prunedBytes }: SiteRow): number =>
    RANK[state] + (backedUp === 'full' || prunedBytes !== undefined ? 0 : 0.5)
  const ranked = sites.toSorted((a, b) => rank(a) - rank(b))
  const others = Map.groupBy(ranked.slice(SITES), ({ state }) => state)
  const counts = [...others].map(([state, each]) => `${each.length} ${state}`)
  return { items: ranked.slice(0, SITES), more: `${sites.length - SITES} more: ${counts.join(', ')}` }
}

const linesOf = <Item>({ items, more }: Beginning<Item>, text: (item: Item) => string, before = ''): string[] => [
  ...items.map(text),
  ...(more === undefined ? [] : [`${before}… and ${more}`]),
]

/** What failed, with its site in front. */
export const failureTitle = ({ site, title }: Failure): string => `${site === undefined ? '' : `${site}: `}${title}`

function failureText(failure: Failure): string {
  const { reason, output, advice } = failure
  const lines = [`FAILED  ${failureTitle(failure)}`, `  ${reason.replaceAll('\n', '\n  | ')}`]
  if (output.length > 0) lines.push('  It printed last:', ...output.map(line => `  | ${line}`))
  if (advice.length > 0) lines.push('  Type next:', ...advice.map(line => `  $ ${line}`))
  return lines.join('\n')
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [title, ...lines.map(line => `  ${line}`)].join('\n')

/** A remark in one text, with its site in front unless it begins with it. */
export function remarkText({ site, text }: Remark): string {
  const indented = text.replaceAll('\n', '\n  ')
  const isNamed = site === undefined || (text.startsWith(site) && !/^[\w-]/.test(text.slice(site.length)))
  return isNamed ? indented : `${site}: ${indented}`
}

/** The columns of the table of sites. */
export const SITE_COLUMNS: readonly string[] = ['site', 'state', 'role', 'last backup', 'archive', 'this run', 'next']

/** The cells of a site's row, column by column. */
export function cellsOf(site: SiteRow, now: number): readonly string[] {
  const state = `${site.state === 'failed' ? 'FAILED' : site.state}${lasting(site.since, now)}`
  const last = site.newestBackup === undefined ? '—' : `${formatAge(now - site.newestBackup)} ago`
  const allowance = site.allowanceBytes === undefined ? '' : ` of ${formatBytes(site.allowanceBytes)}`
  const size = site.bytes === undefined ? '—' : `${formatBytes(site.bytes)}${allowance}`
  const moved = [...transferWords(site.transferred), ...(site.seconds > 0 ? [formatSeconds(site.seconds)] : [])]
  return [site.site, state, site.role ?? '—', last, size, moved.join(', ') || '—', site.next ?? '—']
}

function siteLines(report: Report): string[] {
  const { items, more } = firstSites(report)
  if (items.length === 0) return []
  const table = tableOf([SITE_COLUMNS, ...items.map(site => cellsOf(site, report.endedAt))])
  return linesOf({ items: table, more }, line => line)
}

/** The body of a ping: the verdict and what failed, without output, for it goes to others' machines. */
export function pingText({ subject, failures, problems, exitCode }: Report): string {
  return [
    subject,
    `exit code ${exitCode}`,
    ...failures.map(failure => `FAILED ${failureTitle(failure)}: ${failure.reason}`),
    ...problems.map(problem => `Needs attention: ${remarkText(problem)}`),
  ].join('\n')
}

import { formatAge } from '../core/age.ts'
import { formatBytes } from '../core/size.ts'
import type { Failure, Remark, Report, SiteRow } from './report.ts'
import { type Shown, shown, shownSites } from './shown.ts'
import { tableOf } from './table.ts'
import { lasting } from './verdict-words.ts'

/** Columns that a line of the text mail keeps to, as far as its words allow. */
const SITE_COLUMNS = ['site', 'state', 'role', 'last backup', 'archive', 'next'] as const

/** The report as plain text: what failed and what to type first, then what was significant, then every site. */
export function textOf(report: Report): string {
  const sections = [
    report.subject,
    stopOf(report),
    ...linesOf(shown(report.failures, 'failures'), failureText, 'FAILED'),
    section('Needs attention', linesOf(shown(report.problems, 'remarks'), remarkText)),
    section('Significant', linesOf(shown(report.significant, 'remarks'), remarkText)),
    section('Warnings', linesOf(shown(report.warnings, 'remarks'), remarkText)),
    section('Sites', sitesTable(report)),
    endOf(report),
  ]
  return `${sections.filter(text => text !== '').join('\n\n')}\n`
}

function stopOf({ stoppedBy }: Report): string {
  return stoppedBy === undefined ? '' : `The run was stopped by ${stoppedBy}; what it had begun was finished or rolled back.`
}

const linesOf = <Item>({ items, more }: Shown<Item>, text: (item: Item) => string, title = ''): string[] => [
  ...items.map(text),
  ...(more === undefined ? [] : [`${title === '' ? '' : `${title}  `}… and ${more}`]),
]

function failureText({ site, title, reason, output, advice }: Failure): string {
  const lines = [`FAILED  ${site === undefined ? '' : `${site}: `}${title}`, `  ${reason.replaceAll('\n', '\n  | ')}`]
  if (output.length > 0) lines.push('  It printed last:', ...output.map(line => `  | ${line}`))
  if (advice.length > 0) lines.push('  Type next:', ...advice.map(line => `  $ ${line}`))
  return lines.join('\n')
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines.map(line => `  ${line}`)].join('\n')
}

/** A remark in one text, with its site in front unless it begins with it. */
export function remarkText({ site, text }: Remark): string {
  const indented = text.replaceAll('\n', '\n  ')
  return site === undefined || text.startsWith(site) ? indented : `${site}: ${indented}`
}

/** What is said of a site, column by column. */
export function cellsOf(site: SiteRow, now: number): readonly string[] {
  const last = site.newestBackup === undefined ? '—' : `${formatAge(now - site.newestBackup)} ago`
  const room = site.allowanceBytes === undefined ? '' : ` of ${formatBytes(site.allowanceBytes)}`
  const size = site.bytes === undefined ? '—' : `${formatBytes(site.bytes)}${room}`
  return [site.site, stateOf(site, now), site.role ?? '—', last, size, site.next ?? '—']
}

const stateOf = ({ state, since }: SiteRow, now: number): string =>
  `${state === 'failed' ? 'FAILED' : state}${lasting(since, now)}`

export const siteColumns: readonly string[] = SITE_COLUMNS

function sitesTable(report: Report): string[] {
  const { items, more } = shownSites(report)
  if (items.length === 0) return []
  const rows = items.map(site => cellsOf(site, report.endedAt))
  return [...tableOf([siteColumns, ...rows]), ...(more === undefined ? [] : [`… and ${more}`])]
}

function endOf({ startedAt, endedAt, exitCode, log, host, task }: Report): string {
  const began = new Date(startedAt).toISOString().replace('T', ' ').slice(0, 19)
  return [
    `${task} on ${host}, began ${began} UTC, took ${formatAge(endedAt - startedAt)}, exit code ${exitCode}`,
    ...(log === undefined ? [] : [`log: ${log}`]),
  ].join('\n')
}

import type { Verdict } from '../core/finding.ts'
import type { SizePoint } from '../core/size-history.ts'
import { escapeHtml } from './html.ts'
import { documentOf } from './page-document.ts'
import { age, anchorOf, day, moment, size } from './page-parts.ts'
import { siteDetails } from './page-site.ts'
import type { SiteJson, StatusJson } from './status-json.ts'
import { statusWords } from './verdict-words.ts'

/** What is remembered of a site's size, by its name, oldest first. */
export type Histories = (site: string) => readonly SizePoint[]

/** The status of a host as one page: what is wrong first, then a row a site, then each site's chains and size. */
export function statusPage(status: StatusJson, histories: Histories, fleet = false): string {
  const sites = sorted(status.sites)
  const verdict = status.ok ? 'All well' : capitalized(statusWords(status))
  const body = `<a class="skip" href="#sites">To the sites</a>
<header><h1>Backups of ${escapeHtml(status.host)}</h1>
<p class="quiet">As of ${moment(status.at)}; all times are UTC. Archive: ${escapeHtml(status.archive.reason)}.${fleet ? ' <a href="fleet.html">All hosts of this archive</a>' : ''}</p>
<p class="verdict ${CLASS[status.verdict]}">${escapeHtml(verdict)}</p></header>
<main>${problemList(status)}
<h2 id="sites">Sites</h2>
<label class="only"><input type="checkbox" id="only"> only sites that need attention</label>
${siteTable(sites, status.at)}
<h2>Chains and sizes</h2>
<p class="quiet">Diamonds are full backups, dots incrementals, each chain on a line. Below them: the size over time; the dashed line is the allowance.</p>
${sites.map(site => siteDetails(site, histories(site.name), sites.length === 1)).join('\n')}</main>`
  return documentOf(`Backups of ${status.host}: ${verdict}`, body)
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The colours of the page. */
const CLASS: Readonly<Record<Verdict, string>> = { well: 'good', 'needs attention': 'warn', failed: 'bad' }
const RANK: Readonly<Record<Verdict, number>> = { failed: 0, 'needs attention': 1, well: 2 }

/** What failed comes first, then what needs attention. */
const sorted = (sites: readonly SiteJson[]): readonly SiteJson[] =>
  sites.toSorted((a, b) => RANK[a.verdict] - RANK[b.verdict] || (a.name < b.name ? -1 : 1))

function problemList({ problems }: StatusJson): string {
  if (problems.length === 0) return ''
  return `<h2>Of the archive as a whole</h2><ul>${problems.map(text => `<li class="bad">${escapeHtml(text)}</li>`).join('')}</ul>`
}

const COLUMNS = [
  'Site',
  'Health',
  'Role',
  'Newest backup',
  'Reaches back to',
  'Restore points',
  'Size and allowance',
  'Next night',
] as const

/** The roles are said as well: a table that a narrow page shows as cards would lose them. */
export function siteTable(sites: readonly SiteJson[], at: string): string {
  const head = COLUMNS.map(column => `<th scope="col" role="columnheader">${column}</th>`).join('')
  const rows = sites.map(site => siteRow(site, at)).join('\n')
  return `<table class="cards" role="table" aria-label="Sites"><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">\n${rows}\n</tbody></table>`
}

function siteRow(site: SiteJson, at: string): string {
  const { name, role, owner, newestBackup, oldestBackup, restorePoints } = site
  const health = [
    `<strong class="${CLASS[site.verdict]}">${site.verdict}</strong>`,
    ...[...site.problems, ...site.warnings].map(escapeHtml),
  ]
  const cells = [
    health.join('<br>'),
    escapeHtml(owner === null || role === 'primary' ? role : `${role} of ${owner}`),
    newestBackup === null
      ? '<span class="bad">none</span>'
      : `${moment(newestBackup)} <span class="quiet under">${age(newestBackup, at)} ago</span>`,
    oldestBackup === null ? '—' : day(oldestBackup),
    `<data value="${restorePoints}">${restorePoints}</data>`,
    sizeCell(site),
    escapeHtml(site.next?.night ?? '—'),
  ]
  const columns = cells.map((cell, index) => cellOf(COLUMNS[index + 1]!, cell))
  const link = `<a href="#${anchorOf(name)}">${escapeHtml(name)}</a>`
  return `<tr role="row" class="${site.ok ? 'well' : 'troubled'}"><th scope="row" role="rowheader">${link}</th>${columns.join('')}</tr>`
}

/** Numbers and times stay on a line; sentences may break. */
const cellOf = (column: string, cell: string): string =>
  `<td role="cell" data-label="${column}" class="${column === 'Health' || column === 'Next night' ? 'words' : 'number'}">${cell}</td>`

function sizeCell({ bytes, allowanceBytes, ok }: SiteJson): string {
  if (bytes === null) return `<span class="of">? of ${size(allowanceBytes)}</span>`
  const percent = Math.min(100, Math.round((100 * bytes) / allowanceBytes))
  const bar = `<span class="bar${bytes > allowanceBytes && !ok ? ' over' : ''}" aria-hidden="true"><span style="width:${percent}%"></span></span>`
  return `<span class="of">${size(bytes)} of ${size(allowanceBytes)}</span>${bar}`
}

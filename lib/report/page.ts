import type { Verdict } from '../core/finding.ts'
import type { SizePoint } from '../core/size-history.ts'
import { html, joined, type Markup } from './markup.ts'
import { anchorOf, day, documentOf, moment, momentAgo, size, type TableRow, tableOf } from './page-parts.ts'
import { siteDetails } from './page-site.ts'
import type { SiteJson, StatusJson } from './status-json.ts'
import { statusWords } from './verdict-words.ts'

/** What is remembered of a site's size, by its name, oldest first. */
export type Histories = (site: string) => readonly SizePoint[]

/** The status of a host as one page: what is wrong first, then a row a site, then each site's chains and size. */
export function statusPage(status: StatusJson, histories: Histories, fleet = false): string {
  const sites = sorted(status.sites)
  const verdict = status.ok ? 'All well' : capitalized(statusWords(status))
  const body = html`<a class="skip" href="#sites">To the sites</a>
<header><h1>Backups of ${status.host}</h1>
<p class="quiet">As of ${moment(status.at)}; all times are UTC. Archive: ${status.archive.reason}.${fleet && html` <a href="fleet.html">All hosts of this archive</a>`}</p>
<p class="verdict ${CLASS[status.verdict]}">${verdict}</p></header>
<main>${problemList(status)}
<h2 id="sites">Sites</h2>
<label class="only"><input type="checkbox" id="only"> only sites that need attention</label>
${tableOf(
  'Sites',
  COLUMNS,
  sites.map(site => siteRow(site, status.at)),
  column => (column === 'Health' || column === 'Next night' ? 'words' : 'number'),
)}
<h2>Chains and sizes</h2>
<p class="quiet">Diamonds are full backups, dots incrementals, each chain on a line. Below them: the size over time; the dashed line is the allowance.</p>
${joined(
  sites.map(site => siteDetails(site, histories(site.name), sites.length === 1)),
  '\n',
)}</main>`
  return documentOf(`Backups of ${status.host}: ${verdict}`, body)
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The colours of the page. */
const CLASS: Readonly<Record<Verdict, string>> = { well: 'good', 'needs attention': 'warn', failed: 'bad' }
const RANK: Readonly<Record<Verdict, number>> = { failed: 0, 'needs attention': 1, well: 2 }

/** What failed comes first, then what needs attention. */
const sorted = (sites: readonly SiteJson[]): readonly SiteJson[] =>
  sites.toSorted((a, b) => RANK[a.verdict] - RANK[b.verdict] || (a.name < b.name ? -1 : 1))

const problemList = ({ problems }: StatusJson): Markup | undefined =>
  problems.length === 0
    ? undefined
    : html`<h2>Of the archive as a whole</h2><ul>${problems.map(text => html`<li class="bad">${text}</li>`)}</ul>`

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

function siteRow(site: SiteJson, at: string): TableRow {
  const { name, role, owner, newestBackup, oldestBackup, restorePoints } = site
  const health = [html`<strong class="${CLASS[site.verdict]}">${site.verdict}</strong>`, ...site.problems, ...site.warnings]
  const cells = [
    joined(health, '<br>'),
    owner === null || role === 'primary' ? role : `${role} of ${owner}`,
    newestBackup === null ? html`<span class="bad">none</span>` : momentAgo(newestBackup, at),
    oldestBackup === null ? '—' : day(oldestBackup),
    html`<data value="${restorePoints}">${restorePoints}</data>`,
    sizeCell(site),
    site.next?.night ?? '—',
  ]
  return { head: html`<a href="#${anchorOf(name)}">${name}</a>`, cells, className: site.ok ? 'well' : 'troubled' }
}

function sizeCell({ bytes, allowanceBytes, ok }: SiteJson): Markup {
  if (bytes === null) return html`<span class="of">? of ${size(allowanceBytes)}</span>`
  const percent = Math.min(100, Math.round((100 * bytes) / allowanceBytes))
  const bar = html`<span class="bar${bytes > allowanceBytes && !ok && ' over'}" aria-hidden="true"><span style="width:${percent}%"></span></span>`
  return html`<span class="of">${size(bytes)} of ${size(allowanceBytes)}</span>${bar}`
}

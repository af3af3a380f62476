import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from '../core/finding.ts'
import { html, joined, type Markup, trusted } from '../core/markup.ts'
import type { SizePoint } from '../core/measure.ts'
import { formatSeconds } from './lines.ts'
import { type SiteData, type SizeCurve, siteData, sizeCurve } from './page-data.ts'
import { anchorOf, day, documentOf, size, type TableRow, tableOf, time, timeAgo } from './page-parts.ts'
import type { SiteJson, StatusJson } from './status.ts'
import { statusWords } from './verdict-words.ts'

/** The program that draws a site when it is opened. */
const DRAWING = readFileSync(join(import.meta.dirname, 'page-drawing.js'), 'utf8')

/** What is remembered of a site's size, by its name, oldest first. */
export type Histories = (site: string) => readonly SizePoint[]

/** The status of a host as one page: what is wrong first, then a row a site, then each site's chains and size. */
export function statusPage(status: StatusJson, histories: Histories): string {
  const sites = sorted(status.sites)
  const verdict = status.ok ? 'All well' : capitalized(statusWords(status))
  const fleet = ownersOf(status).size > 1 && html` <a href="fleet.html">All hosts of this archive</a>`
  const curves = sites.map(site => sizeCurve(site, histories(site.name)))
  const body = html`<a class="skip" href="#sites">To the sites</a>
<header><h1>Backups of ${status.host}</h1>
<p class="quiet">As of ${time(status.at)}; all times are UTC. Archive: ${status.archive.reason}.${fleet}</p>
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
  sites.map((site, place) => siteDetails(site, place, curves[place], sites.length === 1)),
  '\n',
)}</main>
<noscript><p>Charts and tables of chains are drawn by a script in this page, which asks for nothing elsewhere.</p></noscript>
${dataBlock(sites.map((site, place) => siteData(site, curves[place])))}`
  return documentOf(`Backups of ${status.host}: ${verdict}`, body, DRAWING)
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The colours of the page. */
const CLASS: Readonly<Record<Verdict, string>> = { well: 'good', 'needs attention': 'warn', failed: 'bad' }
const RANK: Readonly<Record<Verdict, number>> = { failed: 0, 'needs attention': 1, well: 2 }

/** What failed comes first, then what needs attention. */
const sorted = (sites: readonly SiteJson[]): readonly SiteJson[] =>
  sites.toSorted((a, b) => RANK[a.verdict] - RANK[b.verdict] || (a.name < b.name ? -1 : 1))

const problemList = ({ problems }: StatusJson): Markup | false =>
  problems.length > 0 && html`<h2>The archive</h2><ul>${problems.map(text => html`<li class="bad">${text}</li>`)}</ul>`

const COLUMNS = [
  ...['Site', 'Health', 'Role', 'Newest backup', 'Reaches back to'],
  ...['Restore points', 'Size and allowance', 'Next night'],
]

function siteRow(site: SiteJson, at: string): TableRow {
  const { name, role, owner, newestBackup, oldestBackup, restorePoints } = site
  const health = [html`<strong class="${CLASS[site.verdict]}">${site.verdict}</strong>`, ...site.problems, ...site.warnings]
  const cells = [
    joined(health, '<br>'),
    owner === null || role === 'primary' ? role : `${role} of ${owner}`,
    newestBackup === null ? html`<span class="bad">none</span>` : timeAgo(newestBackup, at),
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

/**
 * A site's chart and chains, drawn when it is opened, and the reason for the next pruning. Open where something is
 * wrong.
 */
function siteDetails(site: SiteJson, place: number, curve: SizeCurve | undefined, open: boolean): Markup {
  return html`<details id="${anchorOf(site.name)}" data-site="${place}" class="${site.ok ? 'well' : 'troubled'}"${(open || !site.ok) && ' open'}><summary>${site.name}</summary>
${site.chains.length === 0 && html`<p>No backup yet.</p>`}<div class="drawn"></div>${curve && html`<p class="quiet">${curve.words}</p>`}${lastNight(site)}${lastDrill(site)}${nextList(site)}</details>`
}

/** What the page's program reads: JSON in which nothing ends the element that it is in. */
const dataBlock = (data: readonly SiteData[]): Markup =>
  html`<script type="application/json" id="sites-data">${trusted(JSON.stringify(data).replaceAll('<', '\\u003c'))}</script>`

function lastNight({ nights }: SiteJson): Markup | undefined {
  const { at, readBytes, writtenBytes, seconds } = nights.at(-1) ?? {}
  if (at === undefined || seconds === null || seconds === undefined) return undefined
  return html`<p>Last run, ${time(at)}: ${formatSeconds(seconds)}, ${size(writtenBytes ?? null)} written to the archive, ${size(readBytes ?? null)} read.</p>`
}

const lastDrill = ({ lastDrill: drill }: SiteJson): Markup | undefined =>
  drill === null ? undefined : html`<p>Last restore drill, ${time(drill.at)}: ${drill.said}.</p>`

function nextList({ next }: SiteJson): Markup | null {
  const considered = next?.considered.map(
    ({ action, applies, reason }) =>
      html`<li>${action.replaceAll('-', ' ')}: ${applies ? 'applies' : 'does not apply'}: ${reason}</li>`,
  )
  return (
    next && html`<p>Next night: ${next.night}. Why: ${next.reason}.</p>${considered!.length > 0 && html`<ul>${considered}</ul>`}`
  )
}

/** The hosts that own sites of this archive, sorted; sites without a clear owner are under an empty name. */
export function ownersOf({ sites }: StatusJson): ReadonlyMap<string, readonly SiteJson[]> {
  const groups = Map.groupBy(sites, site => site.owner ?? '')
  return new Map([...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const FLEET_COLUMNS = ['Host', 'Sites', 'Need attention', 'Newest backup', 'Oldest of the newest backups', 'Size']

/** Every host whose sites are in the archive, a row each, as the host that looked sees them. */
export function fleetPage(status: StatusJson): string {
  const rows = [...ownersOf(status)].map(([owner, sites]) => hostRow(owner, sites, status.at))
  const body = html`<header><h1>All hosts of the archive</h1>
<p class="quiet">As of ${time(status.at)} UTC, seen from <a href="index.html">${status.host}</a>.</p></header>
<main>${tableOf('Hosts', FLEET_COLUMNS, rows)}</main>`
  return documentOf('All hosts of the archive', body)
}

function hostRow(owner: string, sites: readonly SiteJson[], at: string): TableRow {
  const newest = sites.flatMap(site => site.newestBackup ?? []).toSorted()
  const troubled = sites.filter(site => !site.ok).length
  const bytes = sites.some(site => site.bytes === null) ? null : sites.reduce((sum, site) => sum + site.bytes!, 0)
  const ago = (backup: string | undefined): Markup | string => (backup === undefined ? 'none' : timeAgo(backup, at))
  const cells = [
    html`<data value="${sites.length}">${sites.length}</data>`,
    html`<data value="${troubled}" class="${troubled > 0 ? 'bad' : 'good'}">${troubled}</data>`,
    ago(newest.at(-1)),
    ago(newest[0]),
    size(bytes),
  ]
  return { head: owner || 'no clear owner', cells }
}

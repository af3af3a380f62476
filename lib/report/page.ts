import type { Verdict } from '../core/finding.ts'
import type { SizePoint } from '../core/size-history.ts'
import { formatSeconds } from './lines.ts'
import { html, joined, type Markup, trusted } from './markup.ts'
import { chainChart, type SizeCurve, sizeCurve } from './page-chart.ts'
import { anchorOf, day, documentOf, size, type TableRow, tableOf, time, timeAgo } from './page-parts.ts'
import type { SiteJson, StatusJson } from './status.ts'
import { statusWords } from './verdict-words.ts'

/** What is remembered of a site's size, by its name, oldest first. */
export type Histories = (site: string) => readonly SizePoint[]

/** The status of a host as one page: what is wrong first, then a row a site, then each site's chains and size. */
export function statusPage(status: StatusJson, histories: Histories): string {
  const sites = sorted(status.sites)
  const verdict = status.ok ? 'All well' : capitalized(statusWords(status))
  const fleet = ownersOf(status).size > 1 && html` <a href="fleet.html">All hosts of this archive</a>`
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

/** A site's chart, its chains as a table, and the reason for the next pruning. Open where something is wrong. */
function siteDetails(site: SiteJson, history: readonly SizePoint[], open: boolean): Markup {
  const curve = sizeCurve(site, history)
  const chart = chainChart(site, curve)
  return html`<details id="${anchorOf(site.name)}" class="${site.ok ? 'well' : 'troubled'}"${(open || !site.ok) && ' open'}><summary>${site.name}</summary>
${site.chains.length === 0 && html`<p>No backup yet.</p>`}${chart !== undefined && imageOf(chart, site.name, curve)}${chainTable(site)}${lastNight(site)}${lastDrill(site)}${nextList(site)}</details>`
}

/** As an image of its own, drawn when it is seen: hundreds of charts in the page itself would be slow to read. */
function imageOf(svg: string, name: string, curve: SizeCurve | undefined): Markup {
  const data = trusted(svg.replace(/\s*\n\s*/g, ' ').replace(/[%#<"&]/g, encodeURIComponent))
  const alt = `Sets of ${name} over time, as in the table below${curve === undefined ? '' : ', and its size against its allowance'}`
  const words = curve && html`<p class="quiet">${curve.words}</p>`
  return html`<div class="chart" role="group" tabindex="0" aria-label="Chart of ${name}"><img loading="lazy" decoding="async" alt="${alt}" src="data:image/svg+xml,${data}"></div>${words}`
}

function chainTable({ chains, name }: SiteJson): Markup | false {
  const rows = chains.map((chain, index): TableRow => {
    const problems = chain.sets.flatMap(set => set.problems)
    const cells = [
      time(chain.from),
      time(chain.to),
      html`<data value="${chain.sets.length}">1 full, ${chain.sets.length - 1} incremental</data>`,
      size(chain.bytes),
      problems.length === 0 ? 'none' : html`<span class="bad">${problems.join('; ')}</span>`,
    ]
    return { head: chain.primary ? 'newest' : String(index + 1), cells }
  })
  return rows.length > 0 && tableOf(`Chains of ${name}`, ['Chain', 'From', 'To', 'Sets', 'Size', 'Damage'], rows)
}

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

import { escapeHtml } from './html.ts'
import { documentOf } from './page-document.ts'
import { age, moment, size } from './page-parts.ts'
import type { SiteJson, StatusJson } from './status-json.ts'

/** The hosts that own sites of this archive, sorted; sites that nobody owns without doubt are under an empty name. */
export function ownersOf({ sites }: StatusJson): ReadonlyMap<string, readonly SiteJson[]> {
  const groups = Map.groupBy(sites, site => site.owner ?? '')
  return new Map([...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const COLUMNS = ['Host', 'Sites', 'Need attention', 'Newest backup', 'Oldest of the newest backups', 'Size'] as const

/** Every host whose sites are in the archive, one row each, as the host that looked sees them. */
export function fleetPage(status: StatusJson): string {
  const rows = [...ownersOf(status)].map(([owner, sites]) => hostRow(owner, sites, status.at)).join('\n')
  const head = COLUMNS.map(column => `<th scope="col" role="columnheader">${column}</th>`).join('')
  const body = `<header><h1>All hosts of the archive</h1>
<p class="quiet">As of ${moment(status.at)} UTC, seen from <a href="index.html">${escapeHtml(status.host)}</a>.</p></header>
<main><table class="cards" role="table" aria-label="Hosts"><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${rows}</tbody></table></main>`
  return documentOf('All hosts of the archive', body)
}

function hostRow(owner: string, sites: readonly SiteJson[], at: string): string {
  const newest = sites
    .map(site => site.newestBackup)
    .filter(time => time !== null)
    .toSorted()
  const troubled = sites.filter(site => !site.ok).length
  const bytes = sites.some(site => site.bytes === null) ? null : sites.reduce((sum, site) => sum + site.bytes!, 0)
  const told = (time: string | undefined): string =>
    time === undefined ? 'none' : `${moment(time)} <span class="quiet under">${age(time, at)} ago</span>`
  const cells = [
    `<data value="${sites.length}">${sites.length}</data>`,
    `<data value="${troubled}" class="${troubled > 0 ? 'bad' : 'good'}">${troubled}</data>`,
    told(newest.at(-1)),
    told(newest[0]),
    size(bytes),
  ]
  const columns = cells.map((cell, index) => `<td role="cell" data-label="${COLUMNS[index + 1]}">${cell}</td>`).join('')
  return `<tr role="row"><th scope="row" role="rowheader">${owner === '' ? 'nobody without doubt' : escapeHtml(owner)}</th>${columns}</tr>`
}

import { html, type Markup } from './markup.ts'
import { documentOf, moment, momentAgo, size, type TableRow, tableOf } from './page-parts.ts'
import type { SiteJson, StatusJson } from './status-json.ts'

/** The hosts that own sites of this archive, sorted; sites that nobody owns without doubt are under an empty name. */
export function ownersOf({ sites }: StatusJson): ReadonlyMap<string, readonly SiteJson[]> {
  const groups = Map.groupBy(sites, site => site.owner ?? '')
  return new Map([...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const COLUMNS = ['Host', 'Sites', 'Need attention', 'Newest backup', 'Oldest of the newest backups', 'Size'] as const

/** Every host whose sites are in the archive, one row each, as the host that looked sees them. */
export function fleetPage(status: StatusJson): string {
  const rows = [...ownersOf(status)].map(([owner, sites]) => hostRow(owner, sites, status.at))
  const body = html`<header><h1>All hosts of the archive</h1>
<p class="quiet">As of ${moment(status.at)} UTC, seen from <a href="index.html">${status.host}</a>.</p></header>
<main>${tableOf('Hosts', COLUMNS, rows)}</main>`
  return documentOf('All hosts of the archive', body)
}

function hostRow(owner: string, sites: readonly SiteJson[], at: string): TableRow {
  const newest = sites
    .map(site => site.newestBackup)
    .filter(time => time !== null)
    .toSorted()
  const troubled = sites.filter(site => !site.ok).length
  const bytes = sites.some(site => site.bytes === null) ? null : sites.reduce((sum, site) => sum + site.bytes!, 0)
  const ago = (time: string | undefined): Markup | string => (time === undefined ? 'none' : momentAgo(time, at))
  const cells = [
    html`<data value="${sites.length}">${sites.length}</data>`,
    html`<data value="${troubled}" class="${troubled > 0 ? 'bad' : 'good'}">${troubled}</data>`,
    ago(newest.at(-1)),
    ago(newest[0]),
    size(bytes),
  ]
  return { head: owner === '' ? 'nobody without doubt' : owner, cells }
}

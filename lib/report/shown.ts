import type { Report, SiteRow } from './report.ts'

/** What a mail shows of each kind at most: one of megabytes is cut off by mail programs, and read by nobody. */
const MOST = { failures: 20, remarks: 40, sites: 60 } as const

/** The beginning of a list, and a sentence about the rest of it. */
export interface Shown<Item> {
  readonly items: readonly Item[]
  readonly more: string | undefined
}

/** As many failures or remarks as a mail shows; the others are in the log. */
export function shown<Item>(list: readonly Item[], kind: 'failures' | 'remarks'): Shown<Item> {
  const rest = list.length - MOST[kind]
  if (rest <= 0) return { items: list, more: undefined }
  return { items: list.slice(0, MOST[kind]), more: `${rest} more: see the log` }
}

const RANK: Readonly<Record<SiteRow['state'], number>> = { failed: 0, 'needs attention': 1, 'not reached': 2, well: 3 }

/**
 * As many sites as a mail shows, by name: of more than that, those in trouble before those that something significant
 * happened to, before the others.
 */
export function shownSites({ sites }: Report): Shown<SiteRow> {
  if (sites.length <= MOST.sites) return { items: sites, more: undefined }
  const rank = ({ state, backedUp, prunedBytes }: SiteRow): number =>
    RANK[state] + (backedUp === 'full' || prunedBytes !== undefined ? 0 : 0.5)
  const ranked = sites.toSorted((a, b) => rank(a) - rank(b))
  const items = ranked.slice(0, MOST.sites)
  const states = Map.groupBy(ranked.slice(MOST.sites), ({ state }) => state)
  const counts = [...states].map(([state, each]) => `${each.length} ${state}`)
  return { items, more: `${sites.length - items.length} more: ${counts.join(', ')}` }
}

import type { SizePoint } from '../../lib/core/measure.ts'
import type { SiteJson, StatusJson } from '../../lib/report/status.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22, 6, 0)
const iso = (time: number): string => new Date(time).toISOString()

type Chain = SiteJson['chains'][number]

/** A chain of a full set and an incremental each night after it. */
function chain(start: number, incrementals: number, full: number, primary: boolean): Chain {
  const set = (kind: 'full' | 'incremental', index: number, bytes: number): Chain['sets'][number] => {
    return { kind, time: iso(start + index * DAY), bytes, volumes: Math.ceil(bytes / 2e8), restorable: true, problems: [] }
  }
  const sets = [
    set('full', 0, full),
    ...Array.from({ length: incrementals }, (_, at) => set('incremental', at + 1, full / 40 + at * 1000)),
  ]
  const bytes = sets.reduce((sum, each) => sum + each.bytes!, 0)
  return { primary, from: sets[0]!.time, to: sets.at(-1)!.time, bytes, sets }
}

/** A site with four chains, of which the oldest has lost its incrementals; every seventh is over its allowance, every eleventh is a replica. */
export function madeUpSite(index: number, owner = 'web1'): SiteJson {
  const full = 150_000_000 + ((index * 37) % 17) * 10_000_000
  const chains = [
    chain(NOW - 116 * DAY, 0, full, false),
    chain(NOW - 86 * DAY, 29, full, false),
    chain(NOW - 56 * DAY, 29, full, false),
    chain(NOW - 26 * DAY, 26, full, true),
  ]
  const bytes = chains.reduce((sum, each) => sum + each.bytes!, 0)
  const over = index % 7 === 3
  const replica = index % 11 === 5
  const points = chains.flatMap(each => each.sets).length
  return {
    name: index === 0 ? "<b>odd & 'quoted'</b>" : `site-${String(index).padStart(3, '0')}.example.org`,
    role: replica ? 'replica' : 'primary',
    owner: replica ? 'web9' : owner,
    ok: !over,
    verdict: over ? 'needs attention' : 'well',
    since: null,
    problems: over ? ['over its allowance for 9 days'] : [],
    warnings: index % 13 === 2 ? ['max_NAS_space says "lots"'] : [],
    newestBackup: iso(NOW),
    newestAgeSeconds: 10_800,
    oldestBackup: chains[0]!.from,
    restorePoints: points,
    bytes,
    allowanceBytes: over ? Math.floor(bytes * 0.8) : Math.floor(bytes * 1.4),
    fullEverySeconds: 2_592_000,
    allReadSince: replica ? null : iso(NOW - 7 * DAY),
    lastDrill: replica ? null : { at: iso(NOW - 3 * DAY), said: 'the backup of then: restored in 9 s, works: HTTP 200' },
    replayed: replica ? iso(NOW) : null,
    nights: [{ at: iso(NOW), readBytes: 40_000, writtenBytes: 4_000_000, seconds: 3.2 }],
    chains,
    next: replica
      ? null
      : {
          action: over ? 'strip-incrementals' : 'none',
          reason: over ? 'the oldest chain has 29 incrementals' : 'within the allowance',
          freesBytes: over ? 29e6 : 0,
          night: over ? "delete an old chain's incrementals, then incremental backup" : 'incremental backup',
          considered: [],
        },
  }
}

/** The status of a host with so many sites. */
export function madeUpStatus(sites: number): StatusJson {
  const all = Array.from({ length: sites }, (_, index) => madeUpSite(index))
  return {
    version: 1,
    host: 'web1',
    at: iso(NOW + 3 * 3_600_000),
    ok: all.every(site => site.ok),
    verdict: all.every(site => site.ok) ? 'well' : 'needs attention',
    problems: [],
    archive: { freeBytes: 672_919_680_000, fullBackups: true, reason: '673 GB free, 10.0 GB required' },
    sites: all,
  }
}

/** What a host remembers of a site: it grew to what it is now, a full each month, pruned when it was over its allowance; the first half under a smaller one. */
export function madeUpHistory({ bytes, allowanceBytes }: SiteJson, nights = 300): readonly SizePoint[] {
  return Array.from({ length: nights }, (_, index) => {
    const grown = (bytes ?? 0) * (0.3 + (0.7 * (index + 1)) / nights)
    const wave = (((index % 31) - 30) / 31) * 0.2 * grown
    const allowed = index < nights / 2 ? Math.floor(allowanceBytes * 0.7) : allowanceBytes
    return {
      at: NOW - (nights - 1 - index) * DAY,
      bytes: Math.floor(index === nights - 1 ? bytes! : grown + wave),
      allowanceBytes: allowed,
    }
  })
}

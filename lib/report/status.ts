import { type BackupSet, type Chain, setsOf } from '../core/collection.ts'
import { type HealthInput, healthOf } from '../core/health.ts'
import { restorePoints } from '../core/restore-point.ts'
import type { SizePoint } from '../core/size-history.ts'
import type { SiteJson, StatusJson } from './status-json.ts'

/** What a look at one site found. */
export interface SiteFinding extends HealthInput {
  readonly name: string
  readonly frequencySeconds: number
  /** What the next nightly run does for it, in a few words; undefined where this host is not the owner. */
  readonly night: string | undefined
  /** Ms since the epoch. */
  readonly replayed: number | undefined
}

/** What a look at a host's archive found. */
export interface Findings {
  readonly host: string
  readonly now: number
  readonly freeSpace:
    | { readonly bytes: number | undefined; readonly fullBackups: { readonly allowed: boolean; readonly reason: string } }
    | undefined
  readonly sites: readonly SiteFinding[]
  /** What this host remembers of a site's size, oldest first. */
  readonly histories: (site: string) => readonly SizePoint[]
  /** The host's settings that a forecast needs. */
  readonly keepIncrementals: number
  readonly volumeBytes: number
  /** What could not be looked at, one sentence each. */
  readonly failures: readonly string[]
}

/** The status of a host as data; the table, the page and the exit code are made from it. */
export function statusOf({ host, now, freeSpace, sites, failures }: Findings): StatusJson {
  const full = freeSpace?.fullBackups ?? { allowed: false, reason: 'the archive could not be looked at' }
  const problems = [...failures, ...(full.allowed || failures.length > 0 ? [] : [`no full backup can start: ${full.reason}`])]
  const all = sites.map(siteJson).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    version: 1,
    host,
    at: iso(now),
    ok: problems.length === 0 && all.every(site => site.ok),
    problems,
    archive: { freeBytes: freeSpace?.bytes ?? null, fullBackups: full.allowed, reason: full.reason },
    sites: all,
  }
}

function siteJson(finding: SiteFinding): SiteJson {
  const { name, role, collection, allowanceBytes, frequencySeconds, now, replayed } = finding
  const health = healthOf(finding)
  const points = restorePoints(collection).filter(point => point.problems.length === 0)
  const newest = points.at(-1)?.time
  return {
    name,
    role: role.role,
    owner: role.owner ?? null,
    ok: health.problems.length === 0,
    problems: [...health.problems],
    warnings: [...health.warnings],
    newestBackup: isoOrNull(newest),
    newestAgeSeconds: newest === undefined ? null : Math.floor((now - newest) / 1000),
    oldestBackup: isoOrNull(points[0]?.time),
    restorePoints: points.length,
    bytes: collection.bytes ?? null,
    allowanceBytes,
    fullEverySeconds: frequencySeconds,
    replayed: isoOrNull(replayed),
    chains: collection.chains.map((chain, index) => chainJson(chain, index === collection.chains.length - 1)),
    next: role.role === 'primary' ? nextJson(finding) : null,
  }
}

function chainJson(chain: Chain, primary: boolean): SiteJson['chains'][number] {
  const { startAt, endAt, bytes } = chain
  return { primary, from: iso(startAt), to: iso(endAt), bytes: bytes ?? null, sets: setsOf(chain).map(setJson) }
}

function setJson({ kind, time, bytes, volumes, restorable, problems }: BackupSet): SiteJson['chains'][number]['sets'][number] {
  return { kind, time: iso(time), bytes: bytes ?? null, volumes: volumes.length, restorable, problems: [...problems] }
}

function nextJson({ plan, night = '' }: SiteFinding): NonNullable<SiteJson['next']> {
  const { action, reason, freesBytes, considered } = plan
  return { action: action.kind, reason, freesBytes: freesBytes ?? null, night, considered: considered.map(each => ({ ...each })) }
}

const iso = (time: number): string => new Date(time).toISOString()
const isoOrNull = (time: number | undefined): string | null => (time === undefined ? null : iso(time))

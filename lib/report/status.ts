import { type BackupSet, type Chain, type Collection, setsOf } from '../core/collection.ts'
import { type Finding, verdictOf } from '../core/finding.ts'
import type { LastVerdict } from '../core/last-run.ts'
import type { SiteSize } from '../core/measure.ts'
import { restorePoints } from '../core/restore-point.ts'
import type { PrunePlan } from '../core/retention.ts'
import type { SiteReport } from '../core/site-report.ts'
import type { SizePoint } from '../core/size-history.ts'
import { judge } from '../core/verdict.ts'
import type { SiteJson, StatusJson } from './status-json.ts'

/** What a look at one site found. */
export interface SiteStatus {
  /** All that the verdict is made from, as the nightly run tells it. */
  readonly told: SiteReport
  /** What the last run said of it. */
  readonly last: LastVerdict | undefined
  readonly collection: Collection
  /** How large the site itself was when its sets were made, as far as that was written down. */
  readonly siteSizes: readonly SiteSize[]
  readonly allowanceBytes: number
  readonly frequencySeconds: number
  /** What pruning would do now. */
  readonly plan: PrunePlan
  /** Ms since the epoch. */
  readonly now: number
  readonly replayed: number | undefined
  /** Since when all of it in the archive was read again by this host. Undefined where not all was yet. */
  readonly allReadSince: number | undefined
}

/** What a look at a host's archive found. */
export interface HostStatus {
  readonly host: string
  readonly now: number
  readonly freeSpace:
    | { readonly bytes: number | undefined; readonly fullBackups: { readonly allowed: boolean; readonly reason: string } }
    | undefined
  readonly sites: readonly SiteStatus[]
  /** What this host remembers of a site's size, oldest first. */
  readonly histories: (site: string) => readonly SizePoint[]
  /** The host's settings that a forecast needs. */
  readonly keepIncrementals: number
  readonly keepDays: number
  readonly volumeBytes: number
  /** What could not be looked at, and what is wrong with the archive as a whole. */
  readonly work: readonly Finding[]
  /** What the last run came to that was for no site, where that was not well. */
  readonly lastRun: readonly Finding[]
}

/** The status of a host as data; the table, the page and the exit code are made from it. */
export function statusOf({ host, now, freeSpace, sites, work, lastRun }: HostStatus): StatusJson {
  const full = freeSpace?.fullBackups ?? { allowed: false, reason: 'the archive could not be looked at' }
  const all = sites.map(siteJson).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const whole = [...work, ...lastRun]
  const verdict = verdictOf([...whole, ...sites.flatMap(({ told }) => judge(told))])
  return {
    version: 1,
    host,
    at: iso(now),
    ok: verdict === 'well',
    verdict,
    problems: whole.map(({ text }) => text),
    archive: { freeBytes: freeSpace?.bytes ?? null, fullBackups: full.allowed, reason: full.reason },
    sites: all,
  }
}

function siteJson(site: SiteStatus): SiteJson {
  const { told, last, collection, allowanceBytes, frequencySeconds, now, replayed, allReadSince } = site
  const findings = judge(told)
  const verdict = verdictOf(findings)
  const points = restorePoints(collection).filter(point => point.problems.length === 0)
  const newest = points.at(-1)?.time
  return {
    name: told.site,
    role: told.role ?? 'unmanaged',
    owner: told.owner ?? null,
    ok: verdict === 'well',
    verdict,
    since: isoOrNull(last?.verdict === verdict && verdict !== 'well' ? last.since : undefined),
    problems: findings.filter(({ level }) => level !== 'remark').map(({ text }) => text),
    warnings: findings.filter(({ level }) => level === 'remark').map(({ text }) => text),
    newestBackup: isoOrNull(newest),
    newestAgeSeconds: newest === undefined ? null : Math.floor((now - newest) / 1000),
    oldestBackup: isoOrNull(points[0]?.time),
    restorePoints: points.length,
    bytes: collection.bytes ?? null,
    allowanceBytes,
    fullEverySeconds: frequencySeconds,
    allReadSince: isoOrNull(allReadSince),
    replayed: isoOrNull(replayed),
    chains: collection.chains.map((chain, index) => chainJson(chain, index === collection.chains.length - 1)),
    next: told.role === 'primary' || told.role === 'desktop' ? nextJson(site) : null,
  }
}

function chainJson(chain: Chain, primary: boolean): SiteJson['chains'][number] {
  const { startAt, endAt, bytes } = chain
  return { primary, from: iso(startAt), to: iso(endAt), bytes: bytes ?? null, sets: setsOf(chain).map(setJson) }
}

function setJson({ kind, time, bytes, volumes, restorable, problems }: BackupSet): SiteJson['chains'][number]['sets'][number] {
  return { kind, time: iso(time), bytes: bytes ?? null, volumes: volumes.length, restorable, problems: [...problems] }
}

function nextJson({ plan, told }: SiteStatus): NonNullable<SiteJson['next']> {
  const { action, reason, freesBytes, considered } = plan
  return {
    action: action.kind,
    reason,
    freesBytes: freesBytes ?? null,
    night: told.next ?? '',
    considered: considered.map(each => ({ ...each })),
  }
}

const iso = (time: number): string => new Date(time).toISOString()
const isoOrNull = (time: number | undefined): string | null => (time === undefined ? null : iso(time))

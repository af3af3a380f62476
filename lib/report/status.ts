import { z } from 'zod'
import { type BackupSet, type Chain, type Collection, setsOf } from '../core/collection.ts'
import type { LastDrill } from '../core/drill.ts'
import { type Finding, verdictOf, worstOf } from '../core/finding.ts'
import type { LastVerdict } from '../core/last-run.ts'
import type { SiteSize, SizePoint } from '../core/measure.ts'
import { restorePoints } from '../core/restore-point.ts'
import type { PrunePlan } from '../core/retention.ts'
import type { SiteReport } from '../core/site-report.ts'
import { judge } from '../core/verdict.ts'

const time = z.iso.datetime().describe('ISO 8601, UTC')
const bytes = z.number().nullable().describe('null where nobody knows: an archive at a URL')
const sentences = z.array(z.string()).readonly()

const set = z.strictObject({
  kind: z.enum(['full', 'incremental']),
  time,
  bytes,
  volumes: z.number(),
  restorable: z.boolean().describe('As far as a listing tells; the audit reads the volumes'),
  problems: sentences,
})

const chainSchema = z.strictObject({ primary: z.boolean(), from: time, to: time, bytes, sets: z.array(set) })

/** Days of which it is told what each moved. */
export const NIGHTS = 30

const next = z.strictObject({
  action: z.enum(['none', 'cleanup', 'strip-incrementals', 'remove-chain']),
  reason: z.string(),
  freesBytes: bytes,
  night: z.string().describe('All that the next nightly run does for the site, in a few words, as the mail says it'),
  considered: z
    .array(z.strictObject({ action: z.string(), applies: z.boolean(), reason: z.string() }))
    .readonly()
    .describe('Every action that was looked at, in order, and why it applies or not'),
})

const verdict = z
  .enum(['well', 'needs attention', 'failed'])
  .describe('failed: no recent backup, or the last run failed; needs attention: all else that a person has to see to')

const site = z.strictObject({
  name: z.string(),
  role: z
    .string()
    .describe(
      'primary, replica, new replica, incoming, released, taken over, unmanaged, conflict, ambiguous, unfinished or desktop',
    ),
  owner: z.string().nullable(),
  ok: z.boolean().describe('It is well'),
  verdict,
  since: time.nullable().describe('Since when it is not well, where a run has told it'),
  problems: sentences.describe('These make the exit code 1'),
  warnings: sentences,
  newestBackup: time.nullable().describe('Up to when the site is in the newest backup that restores, as far as a listing tells'),
  newestAgeSeconds: z.number().nullable(),
  oldestBackup: time.nullable().describe('How far back one can go'),
  restorePoints: z.number(),
  bytes,
  allowanceBytes: z.number(),
  fullEverySeconds: z.number(),
  allReadSince: time
    .nullable()
    .describe('Since when all its files in the archive were read again; null before that, and where this host is not the owner'),
  lastDrill: z
    .strictObject({ at: time, said: z.string() })
    .nullable()
    .describe('When this host last restored a backup of it into a sandbox, and what came of it'),
  replayed: time.nullable().describe('The set that the replica here was made from'),
  nights: z
    .array(
      z.strictObject({
        at: time.describe('The end of the run'),
        readBytes: bytes.describe('Read from the archive; null where nobody knows'),
        writtenBytes: bytes.describe('Written to it; null where nobody knows'),
        seconds: z.number().nullable().describe('How long the run worked on the site'),
      }),
    )
    .readonly()
    .describe(`The last ${NIGHTS} days with a run, oldest first`),
  chains: z.array(chainSchema).describe('Oldest first'),
  next: next.nullable().describe('What pruning would do in the next run; null where this host is not the owner'),
})

/**
 * What `tasks/status.ts --json` prints. Fields are added, never renamed or removed, as long as `version` is 1. All
 * sizes are bytes, all times ISO 8601 in UTC. A monitor needs only the exit code: 0 when `ok`, 1 when not (a problem of
 * a site, of the archive, or a look that failed), 2 for bad input.
 */
export const statusSchema = z.strictObject({
  version: z.literal(1),
  host: z.string(),
  at: time,
  ok: z.boolean(),
  verdict,
  problems: sentences.describe('Of the archive as a whole, what could not be looked at, and what the last run failed in'),
  archive: z.strictObject({
    freeBytes: bytes,
    fullBackups: z.boolean().describe('There is room for a full backup'),
    reason: z.string(),
  }),
  sites: z.array(site),
})

export type StatusJson = z.infer<typeof statusSchema>
export type SiteJson = StatusJson['sites'][number]

/** What a look at one site found. */
export interface SiteStatus {
  /** All that the verdict is made from, as the nightly run tells it. */
  readonly report: SiteReport
  /** What the last run said of it. */
  readonly last: LastVerdict | undefined
  readonly collection: Collection
  /** How large the site itself was when its sets were made, as far as that was written down; for who asks. */
  readonly siteSizes: () => readonly SiteSize[]
  /** The last {@link NIGHTS} days, as this host remembers them, oldest first; for who asks. */
  readonly nights: () => readonly SizePoint[]
  readonly allowanceBytes: number
  readonly frequencySeconds: number
  /** What pruning would do now. */
  readonly plan: PrunePlan
  /** Ms since the epoch. */
  readonly now: number
  readonly replayed: number | undefined
  /** Since when all of it in the archive was read again by this host. Undefined where not all was yet. */
  readonly allReadSince: number | undefined
  /** The last restore of a backup of it into a sandbox. */
  readonly drill: LastDrill | undefined
}

/** What a look at a host's archive found, with what was kept of each site. */
export interface HostStatus<Kept> {
  readonly host: string
  readonly now: number
  readonly freeSpace:
    | { readonly bytes: number | undefined; readonly fullBackups: { readonly allowed: boolean; readonly reason: string } }
    | undefined
  readonly sites: readonly Kept[]
  /** What could not be looked at, and what is wrong with the archive as a whole. */
  readonly work: readonly Finding[]
  /** What the last run came to that was for no site, where that was not well. */
  readonly lastRun: readonly Finding[]
}

/** The status of a host as data; the table, the page and the exit code are made from it. */
export function statusOf({ host, now, freeSpace, sites, work, lastRun }: HostStatus<SiteJson>): StatusJson {
  const full = freeSpace?.fullBackups ?? { allowed: false, reason: 'the archive could not be looked at' }
  const whole = [...work, ...lastRun]
  const verdict = worstOf([verdictOf(whole), ...sites.map(site => site.verdict)])
  return {
    version: 1,
    host,
    at: iso(now),
    ok: verdict === 'well',
    verdict,
    problems: whole.map(({ text }) => text),
    archive: { freeBytes: freeSpace?.bytes ?? null, fullBackups: full.allowed, reason: full.reason },
    sites: sites.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** The status of a site as data. @param isWhole its sets and nights too: most of it, and the table shows none */
export function siteJson(site: SiteStatus, isWhole = true): SiteJson {
  const { report, last, collection, nights, allowanceBytes, frequencySeconds, now, replayed, allReadSince, drill } = site
  const findings = judge(report)
  const verdict = verdictOf(findings)
  const points = restorePoints(collection).filter(point => point.problems.length === 0)
  const newest = report.newestBackup
  return {
    name: report.site,
    role: report.role ?? 'unmanaged',
    owner: report.owner ?? null,
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
    lastDrill: drill?.doneAt === undefined ? null : { at: iso(drill.doneAt), said: drill.said ?? '' },
    replayed: isoOrNull(replayed),
    nights: isWhole ? nights().map(nightJson) : [],
    chains: collection.chains.map((chain, index) => chainJson(chain, index === collection.chains.length - 1, isWhole)),
    next: report.role === 'primary' || report.role === 'desktop' ? nextJson(site) : null,
  }
}

function chainJson(chain: Chain, primary: boolean, withSets: boolean): z.infer<typeof chainSchema> {
  const { startAt, endAt, bytes } = chain
  const sets = withSets ? setsOf(chain).map(setJson) : []
  return { primary, from: iso(startAt), to: iso(endAt), bytes: bytes ?? null, sets }
}

const setJson = ({ kind, time, bytes, volumes, restorable, problems }: BackupSet): z.infer<typeof set> => ({
  kind,
  time: iso(time),
  bytes: bytes ?? null,
  volumes: volumes.length,
  restorable,
  problems,
})

const nightJson = ({ at, transferred, seconds }: SizePoint): SiteJson['nights'][number] => ({
  at: iso(at),
  readBytes: transferred?.read ?? null,
  writtenBytes: transferred?.written ?? null,
  seconds: seconds ?? null,
})

function nextJson({ plan, report }: SiteStatus): z.infer<typeof next> {
  const { action, reason, freesBytes, considered } = plan
  return { action: action.kind, reason, freesBytes: freesBytes ?? null, night: report.next ?? '', considered }
}

const iso = (time: number): string => new Date(time).toISOString()
const isoOrNull = (time: number | undefined): string | null => (time === undefined ? null : iso(time))

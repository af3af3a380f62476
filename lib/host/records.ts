import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { LastDrill } from '../core/drill.ts'
import { type LastRun, NO_RUN } from '../core/last-run.ts'
import type { LogPlace } from '../core/php-log.ts'
import type { Contents, ReplicaChoice } from '../core/shrinkage.ts'
import { addToHistory, type SizePoint } from '../core/size-history.ts'
import type { Host } from '../inventory/schema.ts'
import { isoTime, linesOf, readState, siteState, valuesIn, writeState } from './state.ts'
import { writeWhole } from './whole-file.ts'

/** What this host remembers of a site between runs. Times in milliseconds since the epoch. */
export interface SiteRecord {
  /** The newest set that this host itself made. */
  readonly backedUpTo?: number | undefined
  /** This host's name when it made that. Forgotten when the site is replayed here: it was another's then. */
  readonly backedUpAs?: string | undefined
  /** The set that this host's replica, or its last recovery, was made from. */
  readonly restoredFrom?: number
  /** What this host's replica consisted of when it was made. */
  readonly contents?: Contents
  /** What shows that the site has shrunk since the set `good`; undefined once it is confirmed. */
  readonly shrunken?: { readonly reasons: readonly string[]; readonly good: number | undefined } | undefined
  /** Why this host's replica stays behind, and since when. */
  readonly held?: (NonNullable<ReplicaChoice['held']> & { readonly since: number }) | undefined
  /** Sets that were cut off: they hold only a part of the tree, and later ones complete them. */
  readonly cutOff?: readonly number[]
  /** Files of which the newest chain has only the beginning; see unread.ts. */
  readonly torn?: readonly string[]
  readonly drill?: LastDrill
  /** How far PHP's error log of it was read. */
  readonly errorLog?: LogPlace
  /** Until when what was suspect of it has been looked at by a person. */
  readonly cleared?: number
  /** The set that the listing of the site's folder is of, and a hash of what was left out of both. */
  readonly tree?: { readonly time: number; readonly exclusions: string } | undefined
}

const time = z.number().exactOptional()
const sentences = z.array(z.string())
const record: z.ZodType<SiteRecord> = z.object({
  backedUpTo: time,
  backedUpAs: z.string().exactOptional(),
  restoredFrom: time,
  contents: z
    .object({
      files: z.number().exactOptional(),
      bytes: z.number().exactOptional(),
      isEmpty: z.boolean().exactOptional(),
      dumpBytes: z.number().exactOptional(),
      rows: z.record(z.string(), z.number()).exactOptional(),
    })
    .exactOptional(),
  shrunken: z
    .object({
      reasons: sentences,
      good: z
        .number()
        .optional()
        .transform(good => good),
    })
    .exactOptional(),
  held: z.object({ time: z.number(), reasons: sentences, byOwner: z.boolean(), since: z.number() }).exactOptional(),
  cutOff: z.array(z.number()).exactOptional(),
  torn: z.array(z.string()).exactOptional(),
  cleared: time,
  errorLog: z.object({ inode: z.number(), bytes: z.number() }).exactOptional(),
  drill: z
    .object({
      triedAt: z.number(),
      newest: z.boolean(),
      doneAt: z.number().exactOptional(),
      said: z.string().exactOptional(),
    })
    .exactOptional(),
  tree: z.object({ time: z.number(), exclusions: z.string() }).exactOptional(),
})

export const readRecord = (host: Host, site: string): SiteRecord => readState(host, siteState(site), record) ?? {}

/** Remembers more of a site; what is not named stays. */
export function updateRecord(host: Host, site: string, news: SiteRecord): void {
  writeState(host, siteState(site), { ...readRecord(host, site), ...news })
}

const verdict = z.object({
  verdict: z.enum(['well', 'needs attention', 'failed']),
  since: z.number(),
  at: z.number(),
  work: z.array(
    z.object({
      level: z.enum(['failed', 'attention', 'remark']),
      text: z.string(),
      about: z.literal('configuration').exactOptional(),
    }),
  ),
  damage: z.record(z.string(), z.number()),
})

const lastRun = z.object({ run: verdict.exactOptional(), sites: z.record(z.string(), verdict) })

const stateOf = (task: string): string => `last-${task}`

/** What a task remembers of its last run. @throws when the file is not as it should be */
export function readLastRun(host: Pick<Host, 'paths'>, task: string): LastRun {
  return readState(host, stateOf(task), lastRun) ?? NO_RUN
}

/** Remembers a run. @throws when it cannot be written */
export function writeLastRun(host: Pick<Host, 'paths'>, task: string, run: LastRun): void {
  writeState(host, stateOf(task), run)
}

/** The file of a site's sizes over time: a line of JSON a day, for a person's own tools too. */
export const historyFile = (host: Pick<Host, 'paths'>, site: string): string =>
  join(host.paths.state, 'history', `${encodeURIComponent(site)}.jsonl`)

const size = z.number().nonnegative()
const point = z
  .object({ at: isoTime, bytes: size, allowance: size.optional().catch(undefined) })
  .transform(({ at, bytes, allowance }) => ({ at, bytes, ...(allowance === undefined ? {} : { allowanceBytes: allowance }) }))

/** How large a site's archive was at the end of each night, oldest first. Damaged lines are passed over. */
export function readHistory(host: Pick<Host, 'paths'>, site: string): readonly SizePoint[] {
  try {
    return valuesIn(readFileSync(historyFile(host, site), 'utf8'), point).toSorted((a, b) => a.at - b.at)
  } catch {
    return [] // there is none yet, or nobody may read it
  }
}

/** Adds a day to a site's history, whole or not at all. @throws when it cannot be written */
export function recordSize(host: Pick<Host, 'paths'>, site: string, now: SizePoint): void {
  const history = addToHistory(readHistory(host, site), now)
  const lines = history.map(({ at, bytes, allowanceBytes }) => ({
    at: new Date(at).toISOString(),
    bytes,
    allowance: allowanceBytes,
  }))
  writeWhole(historyFile(host, site), linesOf(lines))
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type LastRun, NO_RUN } from '../core/last-run.ts'
import { addToHistory, type SizePoint } from '../core/measure.ts'
import type { Host } from '../inventory/schema.ts'
import { isoTime, linesOf, readState, siteState, valuesIn, writeState } from './state.ts'
import { writeWhole } from './whole-file.ts'

const time = z.number()
const sentences = z.array(z.string()).readonly()

/** What this host remembers of a site between runs. Times in milliseconds since the epoch. */
const record = z.object({
  backedUpTo: time.optional(),
  /** This host's name when it made that. Forgotten when the site is replayed here: it was another's then. */
  backedUpAs: z.string().optional(),
  /** The set that this host's replica, or its last recovery, was made from. */
  restoredFrom: time.optional(),
  /** What the next replay of this host's replica can begin with; see core/replay-plan.ts. */
  replay: z.object({ time, tree: z.string(), provenAt: time }).optional(),
  /** The epoch that the site's folder here belongs to; see epoch.ts. */
  epoch: z.object({ number: z.int().positive(), owner: z.string() }).optional(),
  /** It is held back since a boot: nothing showed that it is still this host's; see steps/boot.ts. */
  unproven: z.literal(true).optional(),
  contents: z
    .object({
      files: z.number(),
      bytes: z.number(),
      isEmpty: z.boolean(),
      dumpBytes: z.number(),
      rows: z.record(z.string(), z.number()),
    })
    .partial()
    .optional(),
  /** What shows that the site has shrunk since the set `good`; undefined once it is confirmed. */
  shrunken: z.object({ reasons: sentences, good: time.optional() }).optional(),
  held: z.object({ time, reasons: sentences, byOwner: z.boolean(), since: time }).optional(),
  /** Sets that were cut off: they hold only a part of the tree, and later ones complete them. */
  cutOff: z.array(time).readonly().optional(),
  /** Files of which the newest chain has only the beginning; see unread.ts. */
  torn: sentences.optional(),
  /** The newest suspect set that this host made, and why: whoever writes to the archive may take the mark from it. */
  suspect: z.object({ time, signs: sentences }).optional(),
  /** How the sets of its newest chain are compressed, where a sample told. */
  compression: z.enum(['default', 'none']).optional(),
  /** Until when what was suspect of it has been looked at by a person. */
  cleared: time.optional(),
  errorLog: z.object({ inode: z.number(), bytes: z.number() }).optional(),
  /** It was taken over then, and its domains are to point here, which they did not when that was looked at last. */
  dnsAwaitedSince: time.optional(),
  drill: z
    .object({
      triedAt: time,
      newest: z.boolean(),
      doneAt: time.exactOptional(),
      said: z.string().exactOptional(),
      isProblem: z.boolean().exactOptional(),
    })
    .optional(),
  /** The set that the listing of the site's folder is of, hashes of exclusions and listing, and what else was seen. */
  tree: z
    .object({
      time,
      exclusions: z.string(),
      hash: z.string().optional(),
      printed: z.string().optional(),
      special: z.array(z.object({ kind: z.enum(['device', 'socket', 'unchangeable']), path: z.string() })).optional(),
    })
    .optional(),
  /** How far this host's own handover of it came; removed once the site is another's, or this host's again. */
  handover: z
    .object({
      epoch: z.number(),
      to: z.string(),
      phase: z.enum(['freezing', 'releasing']),
      set: time.optional(),
      forward: z.boolean().optional(),
    })
    .optional(),
})
export type SiteRecord = z.infer<typeof record>

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
export const readLastRun = (host: Pick<Host, 'paths'>, task: string): LastRun => readState(host, stateOf(task), lastRun) ?? NO_RUN

/** Remembers a run. @throws when it cannot be written */
export function writeLastRun(host: Pick<Host, 'paths'>, task: string, run: LastRun): void {
  writeState(host, stateOf(task), run)
}

/** The file of a site's sizes over time: a line of JSON a day, for a person's own tools too. */
export const historyFile = (host: Pick<Host, 'paths'>, site: string): string =>
  join(host.paths.state, 'history', `${encodeURIComponent(site)}.jsonl`)

const size = z.number().nonnegative()
const known = size.optional().catch(undefined)
const point = z.object({ at: isoTime, bytes: size, allowance: known, read: known, written: known, seconds: known }).transform(
  ({ at, bytes, allowance, read, written, seconds }): SizePoint => ({
    ...{ at, bytes },
    ...(allowance !== undefined && { allowanceBytes: allowance }),
    ...(read !== undefined && written !== undefined && { transferred: { read, written } }),
    ...(seconds !== undefined && { seconds }),
  }),
)

/** How large a site's archive was after each night, oldest first. Damaged lines are passed over. */
export function readHistory(host: Pick<Host, 'paths'>, site: string, most = Infinity): readonly SizePoint[] {
  try {
    const lines = readFileSync(historyFile(host, site), 'utf8').trimEnd().split('\n').slice(-most)
    return valuesIn(lines.join('\n'), point).toSorted((a, b) => a.at - b.at)
  } catch {
    return [] // there is none yet, or nobody may read it
  }
}

/** Adds a day to a site's history, whole or not at all. @throws when it cannot be written */
export function recordSize(host: Pick<Host, 'paths'>, site: string, now: SizePoint): void {
  const history = addToHistory(readHistory(host, site), now)
  const lines = history.map(({ at, bytes, allowanceBytes, transferred, seconds }) => ({
    at: new Date(at).toISOString(),
    bytes,
    allowance: allowanceBytes,
    ...transferred,
    seconds,
  }))
  writeWhole(historyFile(host, site), linesOf(lines))
}

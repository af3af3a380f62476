import { z } from 'zod'
import type { Contents, ReplicaChoice } from '../core/shrinkage.ts'
import type { Host } from '../inventory/schema.ts'
import { readState, siteState, writeState } from './state.ts'

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
  /**
   * What shows that the site has shrunk since its newest set that is as it should be, `good`; undefined once it is
   * confirmed.
   */
  readonly shrunken?: { readonly reasons: readonly string[]; readonly good: number | undefined } | undefined
  /** Why this host's replica stays behind, and since when. */
  readonly held?: (NonNullable<ReplicaChoice['held']> & { readonly since: number }) | undefined
  /** Sets that were cut off: they hold only a part of the tree, and later ones complete them. */
  readonly cutOff?: readonly number[]
  /** Files of which the newest chain has only the beginning; see unread.ts. */
  readonly torn?: readonly string[]
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
})

export function readRecord(host: Host, site: string): SiteRecord {
  return readState(host, siteState(site), record) ?? {}
}

/** Remembers more of a site; what is not named stays. */
export function updateRecord(host: Host, site: string, news: SiteRecord): void {
  writeState(host, siteState(site), { ...readRecord(host, site), ...news })
}

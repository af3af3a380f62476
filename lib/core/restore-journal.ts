import { DAY } from './age.ts'

/**
 * Two paths of one file system that change places. Their inodes from before the exchange (null for nothing) tell, after
 * a kill at any moment, which side is where.
 */
export interface Exchange {
  readonly live: string
  readonly held: string
  readonly liveWas: string | null
  readonly heldWas: string | null
}

/** Two databases whose tables change places. A marker table moves with the held ones, and tells where they are. */
export interface DatabaseExchange {
  readonly live: string
  readonly held: string
  readonly marker: string
  /** Files with each side's views, triggers, routines and events, which cannot be renamed into another database. */
  readonly liveDefinitions: string
  readonly heldDefinitions: string
  readonly tables?: readonly string[] | undefined
  /** The live database was made for this restore: it goes when the restore is rolled back. */
  readonly madeLive: boolean
}

/** `preparing`: nothing live was touched. `swapping`: it may have been. `kept`: all done; what was live is held. */
type Phase = 'preparing' | 'swapping' | 'kept'

/** One restore of one site, from its beginning to the day on which what it replaced is thrown away. */
export interface Transaction {
  readonly id: string
  readonly site: string
  readonly task: 'recover' | 'replica' | 'undo' | 'configuration'
  readonly phase: Phase
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The set that it restores; undefined for an undo, and for configuration alone. */
  readonly point: number | undefined
  /** Folders that belong to it alone, one on each file system where it exchanges something. */
  readonly holdings: readonly string[]
  readonly exchanges: readonly Exchange[]
  readonly databases: readonly DatabaseExchange[]
  /** Databases and accounts (`user@host`) that exist for it only. */
  readonly scratch: { readonly databases: readonly string[]; readonly accounts: readonly string[] }
  /** Whether the traces of the exchange itself are gone; until then the next run removes them. */
  readonly tidied: boolean
  /** Keeps what was replaced apart from the usual rule, and why: somebody had changed it by hand. */
  readonly safety: string | undefined
}

/** A site's restores that can still be rolled back or undone. */
export interface Journal {
  readonly pending: Transaction | undefined
  /** Oldest first. */
  readonly kept: readonly Transaction[]
}

export const EMPTY_JOURNAL: Journal = { pending: undefined, kept: [] }

/** Where an exchange stands, told by what is at its two paths now. */
export type Standing = 'original' | 'exchanged' | 'between' | 'unknown'

/** Where an exchange stands, by the identities at its live and held paths. `between`: of two renames one is done. */
export function standingOf({ liveWas, heldWas }: Exchange, liveIs: string | null, heldIs: string | null): Standing {
  if (liveIs === liveWas && heldIs === heldWas) return 'original'
  if (liveIs === heldWas && heldIs === liveWas) return 'exchanged'
  const known = (identity: string | null): boolean => identity === null || identity === liveWas || identity === heldWas
  return known(liveIs) && known(heldIs) ? 'between' : 'unknown'
}

/**
 * Which kept restores may be deleted: those past their days and, once a newer one succeeded, the replays and undone
 * recoveries before it. What a recovery, or configuration by itself, replaced is somebody's work, which no archive has:
 * it stays for its days, as a safety copy does. Of several safety copies of a replica, the first and the last stay.
 */
export function expired(kept: readonly Transaction[], now: number, days: number): readonly Transaction[] {
  const newest = kept.findLast(one => one.task !== 'configuration')
  const isSomebodysWork = ({ task, safety }: Transaction): boolean =>
    task === 'recover' || task === 'configuration' || safety !== undefined
  const isPast = (one: Transaction): boolean => now - one.startedAt > days * DAY
  const copies = kept.filter(one => one.task === 'replica' && one.safety !== undefined && !isPast(one))
  const between = copies.slice(1, -1)
  return kept.filter(one => isPast(one) || between.includes(one) || (one !== newest && !isSomebodysWork(one)))
}

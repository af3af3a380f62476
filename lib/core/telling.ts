import type { RoleName } from './marker.ts'

/**
 * What a step knows of a site as data, for the mail's table, the pages and the metrics. Later tellings of one run add to earlier ones and replace them.
 * Times in milliseconds since the epoch, sizes in bytes.
 */
export interface Telling {
  readonly site: string
  readonly role?: RoleName
  /** The host that owns it. */
  readonly owner?: string
  /** When the newest set in the archive was made; absent while there is none. */
  readonly newestBackup?: number
  /** Sets that a restore can start from. */
  readonly restorePoints?: number
  readonly chains?: number
  readonly bytes?: number
  readonly allowanceBytes?: number
  /** What the next run will do: one short sentence. */
  readonly next?: string
  /** What this run added to the archive. */
  readonly backedUp?: 'full' | 'incremental'
  /** What this run's pruning freed. */
  readonly prunedBytes?: number
  /** Restore points in the archive that this host's replica has not replayed. */
  readonly lag?: number
  /** When a restore of it was last tried and compared. */
  readonly drilledAt?: number
}

/** All that was told of each site, by its name, the later over the earlier. */
export function tellingsBySite(tellings: readonly Telling[]): ReadonlyMap<string, Telling> {
  const bySite = new Map<string, Telling>()
  for (const telling of tellings) bySite.set(telling.site, { ...bySite.get(telling.site), ...telling })
  return bySite
}

import type { Epoch } from './epoch.ts'
import { printTime } from './restore-point.ts'

/** What a host knows of the folder of a site that it owns, and of the newest set in the archive. Times in ms. */
export interface FolderAndArchive {
  /** The newest set of the archive; undefined where there is none. */
  readonly newest: { readonly time: number; readonly madeBy?: string | undefined } | undefined
  /** The newest set that this host made of it. */
  readonly backedUpTo?: number | undefined
  /** The name under which it did, unless it replayed another's since. */
  readonly backedUpAs?: string | undefined
  /** The set that its folder was restored from last. */
  readonly restoredFrom?: number | undefined
  readonly epoch: Epoch | undefined
}

/**
 * Why an owner's folder is older than its archive: it would be backed up over newer work of another host, as the newest
 * set. What a person chose is none: a recovery of an older day, or an epoch that was taken from a certain set. Where
 * nobody knows who made the newest set, a folder that was replayed here and never backed up is not taken for newer.
 */
export function olderThanArchive(facts: FolderAndArchive, me: string): string | undefined {
  const { newest, backedUpTo = 0, backedUpAs, restoredFrom, epoch } = facts
  if (!newest || newest.time <= Math.max(backedUpTo, restoredFrom ?? 0) || newest.madeBy === me) return undefined
  if (epoch?.owner === me && epoch.from !== undefined && newest.time <= Date.parse(epoch.from)) return undefined
  const isReplay = restoredFrom !== undefined && backedUpAs === undefined
  if (newest.madeBy === undefined && !isReplay) return undefined
  const by = newest.madeBy === undefined ? '' : ` by ${newest.madeBy}`
  const known = Math.max(backedUpTo, restoredFrom ?? 0)
  const folder = known === 0 ? 'no backup that this host knows of' : `the backup of ${printTime(known)}`
  return `the newest backup in its archive, of ${printTime(newest.time)}, was made${by}, and the folder here goes on from ${folder}`
}

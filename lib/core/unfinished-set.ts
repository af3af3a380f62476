import type { BackupPlan } from './backup-plan.ts'
import { type Collection, newestSet } from './collection.ts'
import { printTime } from './restore-point.ts'

/** A set of this host whose backup was cut off, by what its archive-dir and the archive hold of it. */
export interface UnfinishedSet {
  readonly kind: 'full' | 'incremental'
  /** When it was begun, ms since the epoch; that is its time. */
  readonly time: number
  readonly baseTime?: number | undefined
  /** The manifest is in the archive: for everyone else it is a finished set. */
  readonly hasManifest: boolean
  /** What can be told of it, or why nothing can. */
  readonly sent: SentPart | string
}

/** How much of a set was sent. */
export interface SentPart {
  /** Volumes, from the first on without a gap, that are in the archive as they were made. */
  readonly volumes: number
  /** Files that these hold from their beginning to their end. */
  readonly wholeFiles: number
  /** It is all of the tree: only signatures or the manifest did not arrive. */
  readonly isAll: boolean
}

/** What is to become of an unfinished set, and why. */
export interface UnfinishedPlan {
  /**
   * `finish`: its signatures and manifest are sent. `close`: the same for as much as was sent; the next incremental
   * sends the rest. `drop`: its files go, here and in the archive. `forget`: only what this host has of it goes.
   */
  readonly kind: 'finish' | 'close' | 'drop' | 'forget'
  readonly reason: string
}

/** So few volumes are sooner sent again than kept as one more set of the chain that is no restore point. */
const FEW = 5

/**
 * Decides what becomes of a set whose backup was cut off. Duplicity would resume it, but write the signatures of the
 * files as they are now: what was sent and has changed since is taken for unchanged until the next full, and a file at
 * the seam is a mixture. Nothing proves that a large tree has not changed, so nothing is resumed. What was sent whole
 * is kept as a set of its own, with the signatures that were made as it was sent, and an ordinary incremental completes
 * it.
 * @param input.backup what tonight's backup would be without it
 */
export function planUnfinished(input: {
  readonly set: UnfinishedSet
  readonly collection: Collection
  readonly backup: BackupPlan
  readonly isDesktop: boolean
}): UnfinishedPlan {
  const { set, collection, backup, isDesktop } = input
  const { sent, hasManifest } = set
  const gone = (reason: string): UnfinishedPlan => ({ kind: hasManifest ? 'forget' : 'drop', reason })
  const newest = newestSet(collection)
  if (newest && newest.time > set.time) return gone(`the archive has a newer set, of ${printTime(newest.time)}`)
  if (!hasManifest && set.kind === 'incremental' && newest?.time !== set.baseTime)
    return gone('the set that it builds on is gone')
  if (typeof sent === 'string') return gone(sent)
  const { volumes, wholeFiles, isAll } = sent
  if (isAll) return { kind: 'finish', reason: 'all of it was sent but its manifest' }
  if (wholeFiles === 0) return gone('no file was sent whole')
  if (set.kind === 'incremental' && backup.kind === 'full') return gone(`a full backup is wanted: ${backup.reason}`)
  if (!isDesktop && !hasManifest && volumes < FEW) return gone('little was sent: it is begun again')
  return { kind: 'close', reason: `${volumes} volumes with ${wholeFiles} whole files were sent` }
}

import type { Finding } from './finding.ts'
import type { RoleName } from './marker.ts'
import type { Room } from './room.ts'
import type { CommandPlace } from './task-command.ts'

/**
 * What is known of a site as data: mail, pages, metrics and the verdict are made from it. Later reports of one run
 * replace earlier ones, field by field. Times in ms since the epoch, sizes in bytes.
 */
export interface SiteReport {
  readonly site: string
  readonly role?: RoleName | 'desktop'
  readonly owner?: string
  readonly reason?: string
  /** Where commands about it are typed on this host. */
  readonly commandPlace?: CommandPlace | undefined
  /** What a person can do about its role: a line for each choice, with its command. */
  readonly choices?: readonly string[]
  readonly seenAt?: number
  /** From which age on its newest backup is too old. */
  readonly staleAfter?: number
  /** Up to when the site is in the newest set that can be restored; absent while there is none. */
  readonly newestBackup?: number | undefined
  /** Sets that a restore can start from. */
  readonly restorePoints?: number
  readonly chains?: number
  readonly bytes?: number | undefined
  readonly allowanceBytes?: number | undefined
  readonly damage?: readonly Damage[]
  readonly untidy?: readonly string[]
  /** What is wrong with the settings in its folder. */
  readonly settings?: readonly string[]
  readonly pruning?: Pruning
  /** Why all pruning of it is stopped, and how to let it go on; null when it is not. */
  readonly frozen?: string | null
  /** That it does not work, and what to do about it; null while it works, or nobody knows. */
  readonly broken?: Finding | null
  /** That it does not work after a recovery; null where it does, or nobody asked. */
  readonly stillBroken?: Finding | null
  /** Whether it worked when it was asked last; absent where nobody knows. */
  readonly works?: boolean | undefined
  /** That its contents are suspect: a sentence that the command which clears it ends; null when they are not. */
  readonly suspicion?: Finding | null
  readonly isSuspect?: boolean
  /** That its archive is not what its seals say; null where it is, or nobody knows. */
  readonly seals?: Finding | null
  /** That it was taken over, and DNS still sends visitors elsewhere; null where it does not, or nobody asked. */
  readonly dns?: Finding | null
  /** That it has shrunk, or why its replica here stays behind. Null for neither. */
  readonly shrinkage?: string | null
  /** A desktop's: whether the next full backup has room. */
  readonly room?: Pick<Room, 'enough' | 'reason' | 'prunable'>
  /** What work on it came to in this run, where that is not well. */
  readonly work?: readonly Finding[]
  /** The same of the last run, for who does no such work: `status`, and a desktop that has nothing to do now. */
  readonly lastWork?: readonly Finding[]
  readonly next?: string
  readonly backedUp?: 'full' | 'incremental'
  /** This run found nothing to back up: the site is as it is in the set of this time. */
  readonly unchangedSince?: number
  readonly setBytes?: number | undefined
  readonly restoredTo?: number
  /** That this run moved it between hosts: `handed over to web2`. */
  readonly moved?: string
  readonly prunedBytes?: number
  /** Restore points in the archive that this host's replica has not replayed. */
  readonly lag?: number
  /** When a backup of it was last restored into a sandbox and asked. */
  readonly drilledAt?: number
  /** That it went wrong; null where it did not, or nobody tried. */
  readonly drillProblem?: Finding | null
  readonly drill?: string
}

/** What is wrong in a set. `isOld`: it was reported before, and a newer chain is whole. */
export interface Damage {
  readonly text: string
  readonly isOld: boolean
}

export interface Pruning {
  readonly reason: string
  readonly freesBytes?: number | undefined
  /** Too much is there, and nothing of it may go. */
  readonly isExhausted: boolean
}

export function reportsBySite(reports: readonly SiteReport[]): ReadonlyMap<string, SiteReport> {
  const bySite = new Map<string, SiteReport>()
  for (const report of reports) bySite.set(report.site, { ...bySite.get(report.site), ...report })
  return bySite
}

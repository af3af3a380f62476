import { aheadOfClock } from './ahead-of-clock.ts'
import { type Collection, isWhole, newestSet, primaryChain } from './collection.ts'
import type { SetAnswer } from './page.ts'
import { fullBackupDue } from './schedule.ts'
import type { TreeChange } from './tree-change.ts'
import { formatBytes, listed, spaceText } from './wording.ts'

/** What tonight's backup of a site is to be, and why; `none` when it must not be made. */
export interface BackupPlan {
  readonly kind: 'full' | 'incremental' | 'none'
  readonly reason: string
}

/** Whether the archive has room for full backups, and why not. */
export interface FullBackups {
  readonly allowed: boolean
  /** There is room for the first one of a site all the same: better one on a small share than none. */
  readonly first?: boolean
  readonly reason: string
}

/**
 * Whether full backups may start (S10): what is free must be so many times the largest allowance of any site.
 * @param free undefined where nothing tells
 */
export function fullBackupsIn(
  free: number | undefined,
  allowances: readonly { readonly site: string; readonly bytes: number }[],
  factor: number,
): FullBackups & { readonly problem?: string } {
  if (free === undefined) return { allowed: true, reason: 'the free space of the archive is not known' }
  const largest = allowances.toSorted((a, b) => b.bytes - a.bytes)[0] ?? { site: undefined, bytes: 0 }
  const required = largest.bytes * factor
  const rule = `freeSpaceFactor, ${factor}, times the largest allowance, ${formatBytes(largest.bytes)} of ${largest.site}`
  const reason = `${spaceText(free, required)}${largest.site === undefined ? '' : ` (${rule})`}`
  const first = free >= largest.bytes
  if (free >= required) return { allowed: true, first, reason }
  const except = first ? ', but for the first of a site' : ''
  const wayOut = `Free some room there, lower max_NAS_space of ${largest.site}, or freeSpaceFactor in the inventory`
  return { allowed: false, first, reason, problem: `no full backup will start${except}: ${reason}. ${wayOut}` }
}

/**
 * Full or incremental (S13). Full also where an incremental could not be restored or made: without a chain, without its
 * signatures, or on a chain with a hole. Incremental whatever its age where the newest set was cut off: that completes
 * it; and where the archive has no room for a full (S10), if the chain can carry one.
 * @param input.encryptedSince a chain that was begun before this time is of another passphrase or key
 * @param input.ownSince chains that were begun before are another owner's: nothing is added to them
 * @param input.readableAgain files of which the newest chain has only the beginning, and which can be read again
 * @param input.overlooked why an incremental would miss what has changed
 */
export function planBackup(input: {
  readonly collection: Collection
  readonly frequencySeconds: number
  readonly now: number
  readonly fullBackups: FullBackups
  readonly encryptedSince?: number | undefined
  readonly ownSince?: number | undefined
  readonly readableAgain?: readonly string[]
  readonly overlooked?: string | undefined
}): BackupPlan {
  const { collection, frequencySeconds, now, fullBackups, encryptedSince, ownSince, readableAgain = [], overlooked } = input
  const ahead = aheadOfClock(collection, now)
  if (ahead !== undefined)
    return { kind: 'none', reason: `${ahead}. No backup is made until that time has come, or it is set aside` }
  const primary = primaryChain(collection)
  const obstacle = obstacleTo(collection, encryptedSince, ownSince)
  if (obstacle === undefined && newestSet(collection)?.cutOff)
    return { kind: 'incremental', reason: 'the newest set was cut off: what it lacks is sent, and what has changed since' }
  const due = fullBackupDue({ newestFullAt: primary?.full.time, frequencySeconds, now })
  const incomplete =
    readableAgain.length > 0
      ? `the newest chain has only the beginning of ${listed(readableAgain)}, which can be read again`
      : overlooked
  if (obstacle === undefined && incomplete === undefined && !due.due) return { kind: 'incremental', reason: due.reason }
  const wanted = obstacle ?? incomplete ?? due.reason
  if (fullBackups.allowed || (fullBackups.first && collection.chains.length === 0)) return { kind: 'full', reason: wanted }
  if (obstacle === undefined) return { kind: 'incremental', reason: `${wanted}, but ${fullBackups.reason}` }
  return { kind: 'none', reason: `a full backup is needed (${wanted}), but ${fullBackups.reason}` }
}

/** Why the primary chain cannot carry another incremental. */
function obstacleTo(collection: Collection, encryptedSince = 0, ownSince = 0): string | undefined {
  const primary = primaryChain(collection)
  if (!primary) return 'there is no full backup yet'
  if (primary.full.time < ownSince)
    return 'a new epoch begins with a new chain: the newest one was begun before this host took the site'
  if (primary.full.time < encryptedSince) return 'the passphrase or key is a new one'
  if (!collection.primarySigned) return 'the signatures of the newest chain are missing or damaged'
  if (!isWhole(primary)) return 'the newest chain is damaged: what would build on it could not be restored'
  return undefined
}

/**
 * The time of the newest set, where tonight needs none: nothing has changed since, in the site's folder or in what it
 * answers, and nothing else asks for a new one.
 * @param input.change against the newest set; undefined where that is not known
 * @param input.answer what the site answered tonight; undefined where nobody asks it
 * @param input.isDumped its databases are in its folder as they are; true where it has none
 * @param input.everySeconds after so long a new set is made all the same
 */
export function unchangedSince(input: {
  readonly collection: Collection
  readonly plan: BackupPlan
  readonly change: TreeChange | undefined
  readonly answer: SetAnswer | undefined
  readonly isDumped: boolean
  readonly now: number
  readonly everySeconds: number
}): number | undefined {
  const { collection, plan, change, answer, isDumped, now, everySeconds } = input
  const newest = newestSet(collection)
  if (!newest || !isDumped || !change || change.differs || plan.kind !== 'incremental') return undefined
  if (newest.cutOff || newest.unread || (answer && newest.answer?.works !== answer.works)) return undefined
  if (collection.incomplete.length > 0 || collection.partial.length > 0) return undefined
  return now - newest.time < everySeconds * 1000 ? newest.time : undefined
}

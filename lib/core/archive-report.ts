import type { BackupPlan } from './backup-plan.ts'
import { type BackupSet, type Collection, isWhole, primaryChain, problemsOf, setsOf } from './collection.ts'
import { restorePoints } from './restore-point.ts'
import type { PrunePlan } from './retention.ts'
import type { Damage, Pruning, SiteReport } from './site-report.ts'
import { counted } from './wording.ts'

/** The report on a site by its archive. Only backups that can be restored count. */
export function archiveReport(
  site: string,
  collection: Collection,
  seenAt: number,
  isKnown: (damage: string) => boolean,
): SiteReport {
  const points = restorePoints(collection).filter(({ problems }) => problems.length === 0)
  return {
    site,
    seenAt,
    chains: collection.chains.length,
    restorePoints: points.length,
    bytes: collection.bytes,
    newestBackup: upTo(points.at(-1)?.set, seenAt),
    damage: damageIn(collection, isKnown),
    untidy: untidyIn(collection),
  }
}

/** Until when a set holds the site as it was: its own time, or a later night that found nothing to back up. */
function upTo(set: BackupSet | undefined, now: number): number | undefined {
  const { time, unchangedUntil = 0 } = set ?? {}
  // another host's clock may be wrong
  return time === undefined || unchangedUntil > now ? time : Math.max(time, unchangedUntil)
}

/** What is wrong in sets that a restore could be asked for. Signatures that were never there harm none. */
function damageIn(collection: Collection, isKnown: (text: string) => boolean): Damage[] {
  const newest = primaryChain(collection)
  const isNewestWhole = newest !== undefined && isWhole(newest) && collection.primarySigned
  const problems = collection.chains.flatMap(setsOf).flatMap(set => (set.restorable ? [] : set.problems))
  const texts = new Set([...problems, ...(collection.damages ?? []).map(({ text }) => text)])
  return [...texts].map(text => ({ text, isOld: isNewestWhole && isKnown(text) }))
}

function untidyIn(collection: Collection): string[] {
  const { orphaned, incomplete, orphanedSignatures, lost = [] } = collection
  const count = orphaned.length + incomplete.length
  const outside = problemsOf({ ...collection, chains: [], superseded: [] }).slice(0, 3)
  const sets = count === 0 ? [] : [`${counted(count, 'set is', 'sets are')} part of no chain: ${outside.join('; ')}`]
  const signatures =
    orphanedSignatures.length === 0 ? [] : [`${counted(orphanedSignatures.length, 'signature file')} without their sets`]
  const what = 'that a former owner added after it had lost the site are not counted: its owner sets them aside'
  return [...sets, ...signatures, ...(lost.length === 0 ? [] : [`${counted(lost.length, 'file')} ${what}`])]
}

export function pruningReport({ action, reason, freesBytes, exhausted }: PrunePlan): Pruning {
  if (action.kind !== 'none') return { reason, freesBytes, isExhausted: false }
  return { reason: exhausted ?? reason, isExhausted: exhausted !== undefined }
}

/** Restore points that a replica has not replayed: all, where it was never made from one. */
export const lagOf = (collection: Collection, restoredFrom: number | undefined): number =>
  restorePoints(collection).filter(({ time }) => restoredFrom === undefined || time > restoredFrom).length

export interface NextNight {
  readonly prune: PrunePlan
  readonly backup: BackupPlan
  readonly frozen: string | undefined
  readonly over: boolean
}

/** What the next nightly run will do for a site, by the decisions that the run itself will take. */
export function nextNight({ prune, backup, frozen, over }: NextNight): string {
  const made = backup.kind === 'none' ? `no backup: ${backup.reason}` : `${backup.kind} backup`
  if (prune.action.kind !== 'none') return `${PRUNING[prune.action.kind]}, then ${made}`
  if (frozen !== undefined) return `${made}; pruning is stopped until you have looked`
  const why = prune.exhausted === undefined ? prune.reason : `nothing can go: ${prune.exhausted}`
  return over ? `${made}; over its allowance, but ${why}` : made
}

const PRUNING = {
  cleanup: 'clean up what is in no chain',
  'strip-incrementals': "delete an old chain's incrementals",
  'remove-chain': 'delete the oldest chain',
} as const

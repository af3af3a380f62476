import { planBackup } from './backup-plan.ts'
import type { Collection } from './collection.ts'
import { restorePoints } from './restore-point.ts'
import type { Telling } from './telling.ts'

const DAY = 86_400_000

/** What an archive tells of its site. Only backups that restore count, as the newest and as restore points. */
export function archiveTelling(site: string, collection: Collection): Telling {
  const points = restorePoints(collection).filter(({ problems }) => problems.length === 0)
  const newest = points.at(-1)
  return {
    site,
    chains: collection.chains.length,
    restorePoints: points.length,
    ...(collection.bytes === undefined ? {} : { bytes: collection.bytes }),
    ...(newest === undefined ? {} : { newestBackup: newest.time }),
  }
}

/** Restore points that a replica has not replayed: all, where it was never made from one. */
export function lagOf(collection: Collection, restoredFrom: number | undefined): number {
  return restorePoints(collection).filter(({ time }) => restoredFrom === undefined || time > restoredFrom).length
}

/** What the nightly run of the next day will do for a site that is backed up here, in a few words. */
export function nextNight(
  collection: Collection,
  limits: { readonly allowanceBytes: number; readonly frequencySeconds: number },
  now: number,
): string {
  const fullBackups = { allowed: true, reason: '' }
  const { kind } = planBackup({ collection, frequencySeconds: limits.frequencySeconds, now: now + DAY, fullBackups })
  const over = collection.bytes !== undefined && collection.bytes > limits.allowanceBytes
  return `${over ? 'prune, then ' : ''}${kind} backup`
}

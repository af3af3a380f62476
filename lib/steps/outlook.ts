import { nextNight } from '../core/archive-telling.ts'
import { planBackup } from '../core/backup-plan.ts'
import { planPrune } from '../core/retention.ts'
import type { Telling } from '../core/telling.ts'
import type { FreeSpace, Needs } from './facts.ts'
import { frozenReason, pruneInputOf } from './prune-state.ts'

const DAY = 86_400_000

type OutlookNeeds = Needs<'host' | 'site' | 'siteArchive' | 'collection' | 'limits'> & {
  readonly freeSpace?: FreeSpace | undefined
}

/**
 * What the next night will do for a site that this host backs up: its own decisions, asked a day ahead over the collection as it is now. Nothing for
 * a replica, which takes what comes, nor for a desktop, whose next day its schedule tells.
 */
export function outlookOf(facts: OutlookNeeds, now: number): Pick<Telling, 'next'> {
  const { host, site, collection, limits, freeSpace } = facts
  if (site.isDesktop || site.role.role !== 'primary') return {}
  const tomorrow = now + DAY
  const prune = planPrune(pruneInputOf({ ...facts, interrupted: false, now: tomorrow }))
  const fullBackups = freeSpace?.fullBackups ?? { allowed: true, reason: '' }
  const { frequencySeconds } = limits
  const backup = planBackup({ collection, frequencySeconds, now: tomorrow, fullBackups })
  const over = collection.bytes !== undefined && collection.bytes > limits.allowanceBytes
  return { next: nextNight({ prune, backup, frozen: frozenReason(host, site.name), over }) }
}

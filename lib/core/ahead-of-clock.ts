import { type Collection, newestSet } from './collection.ts'
import { printTime } from './restore-point.ts'

/**
 * Why nothing may be made of a collection or taken from it by this clock: its newest set is of a later time. duplicity would end a set before it begins, and
 * nothing can be built on that. Undefined when there is nothing of that kind.
 * @param now milliseconds since the epoch
 */
export function aheadOfClock(collection: Collection, now: number): string | undefined {
  const newest = newestSet(collection)
  if (!newest || newest.time <= now) return undefined
  return `the newest backup is of ${printTime(newest.time)}, ahead of this clock: one of the clocks is wrong`
}

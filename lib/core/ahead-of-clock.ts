import { formatAge } from './age.ts'
import { type Collection, newestSet } from './collection.ts'
import { printTime } from './restore-point.ts'

/** Why nothing may be added to a collection or restored from it, if so: its newest set is ahead of this clock. */
export function aheadOfClock(collection: Collection, now: number): string | undefined {
  const newest = newestSet(collection)
  if (!newest || newest.time <= now) return undefined
  return `the newest backup is of ${printTime(newest.time)}, ${formatAge(newest.time - now)} ahead of this clock: one of the clocks is wrong`
}

/** What is so little ahead is not worth a set: the next night is past it (ms). */
export const LITTLE = 3_600_000

/** What is known of the clocks when files are dated ahead of this one. Times in ms since the epoch. */
export interface Clocks {
  readonly now: number
  /** Whether a time server keeps this machine's clock right; undefined when nobody knows. */
  readonly isSynchronized: boolean | undefined
  /** When the newest of these files was written, by the archive's clock; undefined where that is this machine's. */
  readonly writtenAt: number | undefined
}

/**
 * Whether files dated ahead are wrong, and not this clock; or why that is not sure. A machine that woke from a snapshot
 * may still say that it is synchronized: where another machine keeps the archive, its clock must agree.
 */
export function isClockRight({ now, isSynchronized, writtenAt }: Clocks): { readonly right: boolean; readonly reason: string } {
  if (isSynchronized === undefined) return { right: false, reason: 'whether a time server keeps this clock right is not known' }
  if (!isSynchronized) return { right: false, reason: 'no time server keeps this clock right' }
  if (writtenAt === undefined) return { right: true, reason: 'a time server keeps this clock right' }
  const isAhead = writtenAt > now + LITTLE
  return isAhead
    ? { right: false, reason: `the clock of the archive was at ${printTime(writtenAt)} when they were written` }
    : {
        right: true,
        reason: `a time server keeps this clock right, and by the archive's own they were written at ${printTime(writtenAt)}`,
      }
}

import { DAY } from './age.ts'
import type { Transferred } from './outcome.ts'

/** How large a site's archive was at the end of a run, what it was allowed then, and what that run moved. Bytes. */
export interface SizePoint {
  /** Ms since the epoch. */
  readonly at: number
  readonly bytes: number
  /** Absent where the site has none. */
  readonly allowanceBytes?: number
  /** What the run read from it and wrote to it; absent where nobody knows. */
  readonly transferred?: Transferred
  /** How long the run worked on the site. */
  readonly seconds?: number
}

/** For so long every day is kept; before, a day a week. */
const DAILY = 366 * DAY
/** What is older goes. */
const LONGEST = 10 * 366 * DAY

/** A history with one more point: one a day for a year, one a week for ten. A wrong clock's later points go. */
export function addToHistory(history: readonly SizePoint[], point: SizePoint): readonly SizePoint[] {
  const before = history.filter(({ at }) => at < point.at && at > point.at - LONGEST)
  // days and weeks are counted apart: weeks below zero
  const spanOf = ({ at }: SizePoint): number => (at > point.at - DAILY ? dayOf(at) : -1 - Math.floor(dayOf(at) / 7))
  const all = [...before, point].toSorted((a, b) => a.at - b.at)
  return [...new Map(all.map(each => [spanOf(each), each])).values()]
}

const dayOf = (time: number): number => Math.floor(time / DAY)

import { DAY } from './age.ts'
import { type BackupSet, type Collection, setsOf } from './collection.ts'
import type { MeasuredSizes } from './forecast.ts'
import type { Transferred } from './outcome.ts'

/** How many of the newest incrementals are averaged, and how many sizes measure the growth. */
const RECENT = 60
/** Growth is measured over at least this time: a night or two say nothing about a year. */
const LEAST = 7 * DAY

/** How large a site itself was when a set of it was made. Ms since the epoch, bytes. */
export interface SiteSize {
  readonly time: number
  readonly bytes: number
}

/** What a collection's sets were measured to take, by so many incrementals; or why nothing can be measured. */
export type Measurement = { readonly sizes: MeasuredSizes; readonly incrementals: number } | { readonly reason: string }

/** The newest full, the mean of recent incrementals, and how fast fulls grow. @param volumeBytes of a full one */
export function measure(collection: Collection, siteSizes: readonly SiteSize[], volumeBytes: number): Measurement {
  if (collection.bytes === undefined) return { reason: 'the sizes of the sets are not known here' }
  const sets = collection.chains.flatMap(setsOf).filter(set => set.restorable)
  const fulls = sets.filter(set => set.kind === 'full')
  const incrementals = sets.filter(set => set.kind === 'incremental')
  const newest = fulls.at(-1)
  if (!newest) return { reason: 'there is no full backup to measure yet' }
  const sizes = {
    fullBytes: bytesOf(newest),
    fullAt: newest.time,
    incrementalBytes: mean(incrementals.slice(-RECENT).map(bytesOf)),
    growthBytesPerDay: growthOf([...fulls.map(sizeOf), ...asFulls(siteSizes, incrementals, newest)]),
    volumeBytes,
  }
  return { sizes, incrementals: incrementals.length }
}

/** What a full would have taken at each incremental: the site as it was then, packed as the newest full is. */
function asFulls(siteSizes: readonly SiteSize[], incrementals: readonly BackupSet[], newest: BackupSet): SiteSize[] {
  const times = new Set(incrementals.map(({ time }) => time))
  const packed = bytesOf(newest) / (siteSizes.find(({ time }) => time === newest.time)?.bytes ?? 0)
  if (!Number.isFinite(packed)) return []
  return siteSizes.filter(({ time }) => times.has(time)).map(({ time, bytes }) => ({ time, bytes: bytes * packed }))
}

/** Bytes a day: the middle one of the slopes between each two sizes, which one odd night does not change. */
function growthOf(sizes: readonly SiteSize[]): number | undefined {
  const recent = sizes.toSorted((a, b) => a.time - b.time).slice(-RECENT)
  if (recent.length < 2 || recent.at(-1)!.time - recent[0]!.time < LEAST) return undefined
  const slopes = recent.flatMap((one, index) => recent.slice(index + 1).flatMap(other => slopeOf(one, other)))
  return slopes.toSorted((a, b) => a - b)[Math.floor(slopes.length / 2)]
}

const slopeOf = (one: SiteSize, other: SiteSize): number[] =>
  other.time - one.time < DAY / 2 ? [] : [((other.bytes - one.bytes) / (other.time - one.time)) * DAY]

const sizeOf = (set: BackupSet): SiteSize => ({ time: set.time, bytes: bytesOf(set) })
const bytesOf = (set: BackupSet): number => set.bytes ?? 0
const mean = (numbers: readonly number[]): number =>
  numbers.length === 0 ? 0 : numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** How large a site's archive was at the end of a run, what it was allowed then, and what that run moved. Bytes. */
export interface SizePoint {
  /** Ms since the epoch. */
  readonly at: number
  readonly bytes: number
  readonly allowanceBytes?: number
  /** What the run read from it and wrote to it; absent where nobody knows. */
  readonly transferred?: Transferred
  readonly seconds?: number
}

/** For so long every day is kept; before, a day a week. */
const DAILY = 366 * DAY
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

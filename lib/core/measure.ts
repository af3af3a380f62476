import { type BackupSet, type Collection, setsOf } from './collection.ts'
import type { MeasuredSizes } from './forecast.ts'

const DAY = 86_400_000
/** Of how many of the newest incrementals the mean is taken. */
const RECENT = 60

/** What a collection's sets were measured to take, with the counts that it rests on; or why nothing can be measured. */
export type Measurement =
  | { readonly sizes: MeasuredSizes; readonly fulls: number; readonly incrementals: number }
  | { readonly reason: string }

/**
 * Measures a site's backups: the newest full, the mean of its recent incrementals, and how fast fulls grow from the first to the last of them.
 * @param volumeBytes the size of a full volume
 */
export function measure(collection: Collection, volumeBytes: number): Measurement {
  if (collection.bytes === undefined) return { reason: 'the sizes of the sets are not known here' }
  const sets = collection.chains.flatMap(setsOf).filter(set => set.restorable)
  const fulls = sets.filter(set => set.kind === 'full')
  const incrementals = sets.filter(set => set.kind === 'incremental')
  const newest = fulls.at(-1)
  if (!newest) return { reason: 'there is no full backup to measure yet' }
  const sizes = {
    fullBytes: bytesOf(newest),
    incrementalBytes: mean(incrementals.slice(-RECENT).map(bytesOf)),
    growthBytesPerDay: growthOf(fulls),
    volumeBytes,
  }
  return { sizes, fulls: fulls.length, incrementals: incrementals.length }
}

function growthOf(fulls: readonly BackupSet[]): number {
  const [first, last] = [fulls[0]!, fulls.at(-1)!]
  const days = (last.time - first.time) / DAY
  return days < 1 ? 0 : (bytesOf(last) - bytesOf(first)) / days
}

const bytesOf = (set: BackupSet): number => set.bytes ?? 0
const mean = (numbers: readonly number[]): number =>
  numbers.length === 0 ? 0 : numbers.reduce((sum, number) => sum + number, 0) / numbers.length

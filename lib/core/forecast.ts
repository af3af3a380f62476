import { type BackupSet, type Chain, type Collection, sumBytes } from './collection.ts'
import type { PruneAction, PruneInput } from './prune-rules.ts'
import { withoutFiles } from './removal.ts'
import { planPrune } from './retention.ts'
import { fullBackupDue } from './schedule.ts'

const dayMilliseconds = 86_400_000

/** What the backups of a site were measured to take, in bytes. */
export interface MeasuredSizes {
  readonly fullBytes: number
  /** When that full was made, ms since the epoch. */
  readonly fullAt: number
  readonly incrementalBytes: number
  /** How much larger a full becomes each day; undefined where that is not known. */
  readonly growthBytesPerDay: number | undefined
  /** The size of a volume that is full: duplicity's `--volsize`, 200 MB unless set. */
  readonly volumeBytes: number
}

/**
 * What to simulate: one run a night from `startAt` (ms since the epoch), beginning with `collection`, or with nothing.
 */
export interface ForecastInput {
  readonly sizes: MeasuredSizes
  readonly allowanceBytes: number
  readonly keepIncrementals: number
  readonly keepDays: number
  readonly frequencySeconds: number
  readonly startAt: number
  readonly nights: number
  readonly collection?: Collection
}

/** One night: what was done, and what there was after it. */
interface ForecastNight {
  readonly time: number
  readonly action: PruneAction['kind']
  readonly reason: string
  readonly backup: BackupSet['kind']
  /** The archive after the night's backup. */
  readonly bytes: number
  /** How far back one can go: the age of the oldest restore point, in days. */
  readonly reachDays: number
}

/** Every night, and when the archive first reached its allowance, if it did. */
export interface Forecast {
  readonly nights: readonly ForecastNight[]
  readonly allowanceMetAt?: number
}

const emptyCollection: Collection = {
  chains: [],
  signatureChains: [],
  primarySigned: true,
  orphaned: [],
  incomplete: [],
  superseded: [],
  orphanedSignatures: [],
  strayStatistics: [],
  partial: [],
  unrelated: [],
  files: [],
  bytes: 0,
}

/**
 * S38: runs the nightly decisions (prune, then back up) over the measured sizes. The same input gives the same
 * forecast.
 */
export function forecast(input: ForecastInput): Forecast {
  const nights: ForecastNight[] = []
  let collection = input.collection ?? emptyCollection
  for (let night = 0; night < input.nights; night++) {
    const time = input.startAt + night * dayMilliseconds
    const plan = planPrune(pruneInput(input, collection, time))
    collection = withoutFiles(collection, plan.files)
    const set = backupOf(input, collection, time)
    collection = withSet(collection, set)
    const { bytes } = collection
    nights.push({
      time,
      action: plan.action.kind,
      reason: plan.reason,
      backup: set.kind,
      bytes: bytes ?? 0,
      reachDays: reach(collection, time),
    })
  }
  const met = nights.find(night => night.bytes >= input.allowanceBytes)
  return { nights, ...(met && { allowanceMetAt: met.time }) }
}

function pruneInput(
  { allowanceBytes, keepIncrementals, keepDays }: ForecastInput,
  collection: Collection,
  time: number,
): PruneInput {
  return { collection, allowanceBytes, keepIncrementals, keepSince: time - keepDays * dayMilliseconds }
}

function backupOf(input: ForecastInput, collection: Collection, time: number): BackupSet {
  const { sizes, frequencySeconds } = input
  const primary = collection.chains.at(-1)
  if (!primary || fullBackupDue({ newestFullAt: primary.startAt, frequencySeconds, now: time }).due) {
    const grown = ((sizes.growthBytesPerDay ?? 0) * (time - sizes.fullAt)) / dayMilliseconds
    return setOf({ kind: 'full', time }, Math.max(0, sizes.fullBytes + grown), sizes.volumeBytes)
  }
  return setOf({ kind: 'incremental', time, baseTime: primary.endAt }, sizes.incrementalBytes, sizes.volumeBytes)
}

function setOf(what: Pick<BackupSet, 'kind' | 'time' | 'baseTime'>, bytes: number, volumeBytes: number): BackupSet {
  const count = Math.max(1, Math.ceil(bytes / volumeBytes))
  const name = `forecast ${what.kind} ${what.time}`
  const volumes = Array.from({ length: count }, (_, index) => {
    const size = index < count - 1 ? volumeBytes : bytes - (count - 1) * volumeBytes
    return { number: index + 1, name: `${name} volume ${index + 1}`, bytes: size }
  })
  const sound = { encrypted: false, complete: true, restorable: true, problems: [] }
  return { ...what, ...sound, volumes, manifest: { name: `${name} manifest`, bytes: 0 }, bytes }
}

function withSet(collection: Collection, set: BackupSet): Collection {
  const { chains } = collection
  const bytes = sumBytes([collection, set])
  const primary = chains.at(-1)
  if (set.kind === 'full' || !primary) return { ...collection, bytes, chains: [...chains, chainOf(set)] }
  const grown = { ...primary, incrementals: [...primary.incrementals, set], bytes: sumBytes([primary, set]), endAt: set.time }
  return { ...collection, bytes, chains: chains.with(-1, grown) }
}

function chainOf(full: BackupSet): Chain {
  return { full, incrementals: [], bytes: full.bytes, startAt: full.time, endAt: full.time }
}

function reach(collection: Collection, now: number): number {
  const oldest = Math.min(now, ...collection.chains.map(chain => chain.startAt))
  return (now - oldest) / dayMilliseconds
}

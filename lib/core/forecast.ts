import { DAY } from './age.ts'
import { type BackupSet, type Chain, type Collection, sumBytes } from './collection.ts'
import { withoutFiles } from './removal.ts'
import { type PruneAction, type PruneInput, planPrune } from './retention.ts'
import { fullBackupDue } from './schedule.ts'

/** What the backups of a site were measured to take, in bytes. */
export interface MeasuredSizes {
  readonly fullBytes: number
  /** Ms since the epoch. */
  readonly fullAt: number
  readonly incrementalBytes: number
  readonly growthBytesPerDay: number | undefined
  /** The size of a volume that is full: duplicity's `--volsize`, 200 MB unless set. */
  readonly volumeBytes: number
}

/** What to simulate: a run a night from `startAt` (ms since the epoch), beginning with `collection` or nothing. */
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

interface ForecastNight {
  readonly time: number
  readonly action: PruneAction['kind']
  readonly reason: string
  /** Whether the archive should have been pruned, and could not be. */
  readonly isExhausted: boolean
  readonly backup: BackupSet['kind']
  readonly bytes: number
  /** How far back one can go: the age of the oldest restore point, in days. */
  readonly reachDays: number
}

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
  files: [],
  bytes: 0,
}

/** S38: runs the nightly decisions (prune, then back up) over the measured sizes. */
export function forecast(input: ForecastInput): Forecast {
  const nights: ForecastNight[] = []
  let collection = input.collection ?? emptyCollection
  for (let night = 0; night < input.nights; night++) {
    const time = input.startAt + night * DAY
    const plan = planPrune(pruneInput(input, collection, time))
    collection = withoutFiles(collection, plan.files)
    const set = backupOf(input, collection, time)
    collection = withSet(collection, set)
    const { bytes } = collection
    nights.push({
      time,
      action: plan.action.kind,
      reason: plan.reason,
      isExhausted: plan.exhausted !== undefined,
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
  return { collection, allowanceBytes, keepIncrementals, keepSince: time - keepDays * DAY }
}

function backupOf(input: ForecastInput, collection: Collection, time: number): BackupSet {
  const { sizes, frequencySeconds } = input
  const primary = collection.chains.at(-1)
  if (!primary || fullBackupDue({ newestFullAt: primary.startAt, frequencySeconds, now: time }).due) {
    const grown = ((sizes.growthBytesPerDay ?? 0) * (time - sizes.fullAt)) / DAY
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
  return (now - oldest) / DAY
}

export interface Variant {
  readonly name: string
  readonly allowanceBytes: number
  readonly frequencySeconds: number
  readonly forecast: Forecast
}

/** What a person asked to try; nothing of it means the usual comparison. */
export interface Asked {
  readonly allowanceBytes?: number | undefined
  readonly frequencySeconds?: number | undefined
}

/** The forecast as the site is set, beside what was asked, or else twice the allowance and fulls half as often. */
export function compareForecasts(input: ForecastInput, asked: Asked): readonly Variant[] {
  const { allowanceBytes, frequencySeconds } = input
  // whoever asks has other fields besides
  const wanted = { allowanceBytes: asked.allowanceBytes, frequencySeconds: asked.frequencySeconds }
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined)
  const usual: [string, Partial<ForecastInput>][] = [
    ['twice the allowance', { allowanceBytes: 2 * allowanceBytes }],
    ['fulls half as often', { frequencySeconds: 2 * frequencySeconds }],
  ]
  const others: typeof usual = given.length === 0 ? usual : [['as asked', Object.fromEntries(given)]]
  return [['as it is', {}] as (typeof usual)[number], ...others].map(([name, change]) => {
    const changed = { ...input, ...change }
    const { allowanceBytes: allowance, frequencySeconds: frequency } = changed
    return { name, allowanceBytes: allowance, frequencySeconds: frequency, forecast: forecast(changed) }
  })
}

/**
 * A forecast in a line: how far back one can go at its end, and at worst once the allowance was met; `stuck` is why
 * pruning could not keep the allowance. @param forecast of at least one night
 */
export function gistOf({ forecast, allowanceBytes }: Variant) {
  const { nights, allowanceMetAt } = forecast
  const since = nights.filter(night => allowanceMetAt !== undefined && night.time >= allowanceMetAt)
  return {
    metAt: allowanceMetAt,
    reachDays: nights.at(-1)!.reachDays,
    worstReachDays: Math.min(...(since.length > 0 ? since : nights.slice(-1)).map(night => night.reachDays)),
    largestBytes: nights.reduce((most, night) => Math.max(most, night.bytes), 0),
    prunings: nights.filter(night => night.action !== 'none').length,
    stuck: nights.findLast(({ isExhausted, bytes }) => isExhausted && bytes > allowanceBytes)?.reason,
  }
}

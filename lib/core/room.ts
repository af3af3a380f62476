import {
  type BackupSet,
  type Chain,
  type Collection,
  fullSetsOf,
  hasRestorePoint,
  secondaryChains,
  setsOf,
  sumBytes,
} from './collection.ts'
import { spaceText } from './size.ts'

/**
 * Whether the archive has room for the next full backup, and how much the collection may occupy so that it has. Bytes.
 */
export interface Room {
  readonly enough: boolean
  readonly reason: string
  readonly allowanceBytes: number
  /** Whether pruning could make room. */
  readonly prunable: boolean
}

/**
 * The next full backup is taken to be as large as the newest one (S29). What an interrupted full has sent already need
 * not be sent again.
 * @param free bytes that the archive has free; undefined where nothing tells
 * @param allowance bytes that the collection may occupy at most, where the inventory says so
 * @param least bytes that an interrupted backup needs at the least to be completed, where there is one
 */
export function roomForFull(
  collection: Collection,
  free: number | undefined,
  allowance = Number.POSITIVE_INFINITY,
  least = 0,
): Room {
  const chain = collection.chains.findLast(hasRestorePoint)
  const prunable = secondaryChains(collection).length > 0
  const whole = free === undefined ? Number.MAX_SAFE_INTEGER : (collection.bytes ?? 0) + free
  const plenty = (reason: string): Room => ({ enough: true, reason, allowanceBytes: Math.min(allowance, whole), prunable })
  if (chain === undefined) return plenty('there is no full backup yet, so nothing tells how large one is')
  const fullBytes = sumBytes(fullSetsOf(chain))
  if (free === undefined || fullBytes === undefined) return plenty('the archive does not tell its free space')
  const ofFull = Math.max(0, fullBytes - (sumBytes(begunAfter(collection, chain).flatMap(set => set.volumes)) ?? 0))
  const wanted = Math.max(ofFull, least)
  const enough = free >= wanted
  const what = wanted > ofFull ? 'to complete the interrupted backup' : 'for the next full backup'
  const reason = `${enough ? 'plenty of space' : 'too little space'} ${what}: ${spaceText(free, wanted)}`
  return { enough, reason, allowanceBytes: Math.min(allowance, Math.max(0, whole - wanted)), prunable }
}

/** The sets of a full backup that is not complete yet. */
function begunAfter({ chains, incomplete }: Collection, chain: Chain): readonly BackupSet[] {
  const cutOff = chains.filter(each => !hasRestorePoint(each)).flatMap(setsOf)
  return [...cutOff, ...incomplete.filter(set => set.kind === 'full')].filter(set => set.time > chain.full.time)
}

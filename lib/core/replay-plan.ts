import { type BackupSet, setsOf } from './collection.ts'
import { printTime, type RestorePoint } from './restore-point.ts'

/** What this host knows of the tree that a replica was last made of. */
export interface LastReplay {
  /** The set that it is, ms since the epoch. */
  readonly time: number
  /** What tells the tree from one that was changed; see lib/replay/listing.ts. */
  readonly tree: string
  /** When a whole restore last verified it, ms since the epoch. */
  readonly provenAt: number
}

export type ReplayPlan =
  /** A copy of its last tree, and in it the changes of these sets, in this order. */
  | {
      readonly kind: 'newest sets'
      readonly last: LastReplay
      readonly sets: readonly BackupSet[]
      readonly prove: boolean
    }
  | { readonly kind: 'whole'; readonly reason: string }

export interface ReplayFacts {
  readonly last: LastReplay | undefined
  readonly point: RestorePoint
  readonly isRemote: boolean
  /** Ms from one whole restore to the next. */
  readonly provenEvery: number
  readonly now: number
}

/** Decides whether a replica's last tree and the newest sets are enough for its next one. Any doubt means no. */
export function planReplay({ last, point, isRemote, provenEvery, now }: ReplayFacts): ReplayPlan {
  const whole = (reason: string): ReplayPlan => ({ kind: 'whole', reason })
  if (last === undefined) return whole('nothing is known of a tree that the newest sets could be applied to')
  if (isRemote) return whole('only duplicity can read an archive at a URL')
  const all = setsOf(point.chain)
  const from = all.findIndex(({ time }) => time === last.time)
  if (from < 0) return whole(`the backup of ${printTime(last.time)}, which is here, is not in the chain of the newest`)
  const sets = all.slice(from + 1, all.indexOf(point.set) + 1)
  if (sets.length === 0) return whole(`the backup of ${printTime(last.time)}, which is here, is a later one`)
  for (const [index, set] of sets.entries()) {
    const doubt = doubtOf(set, all[from + index]!)
    if (doubt !== undefined) return whole(`the set of ${printTime(set.time)} ${doubt}`)
  }
  return { kind: 'newest sets', last, sets, prove: now - last.provenAt >= provenEvery }
}

/** Why a set cannot be applied by itself to the tree of the set before it. */
function doubtOf(set: BackupSet, before: BackupSet): string | undefined {
  if (set.baseTime !== before.time) return 'builds on another one'
  if (set.cutOff) return 'was cut off'
  if (!set.restorable) return set.problems.join('; ')
  if (set.manifest === undefined || set.signatures === undefined) return 'has no signatures'
  return undefined
}

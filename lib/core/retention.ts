import { aheadOfClock } from './ahead-of-clock.ts'
import {
  type Chain,
  type Collection,
  type FileRef,
  hasRestorePoint,
  isClean,
  isWhole,
  primaryChain,
  secondaryChains,
  sumBytes,
} from './collection.ts'
import { isRemovable, predictCleanup, predictRemoval, type Removal } from './removal.ts'
import { printTime } from './restore-point.ts'
import { formatBytes, listed } from './wording.ts'

/** One action that was looked at, in the order of S18, with why it applies or not. */
interface Consideration {
  readonly action: 'cleanup' | 'strip-incrementals' | 'remove-chain'
  readonly applies: boolean
  readonly reason: string
}

export interface PrunePlan {
  readonly action: PruneAction
  /** The files that must go, no more and no fewer, but for `mayGo`: 3.x deletes those too, 0.8 leaves them. */
  readonly files: readonly FileRef[]
  readonly mayGo: readonly FileRef[]
  readonly freesBytes: number | undefined
  readonly reason: string
  readonly considered: readonly Consideration[]
  /** Why nothing can go, where something should. */
  readonly exhausted?: string
}

/**
 * The one pruning action of this run, or none (S17–S20): never the primary chain, the only whole one, nor the newest
 * known to be good, and nothing that duplicity's command would not carry out exactly.
 */
export function planPrune(input: PruneInput): PrunePlan {
  const blocked = blockedReason(input)
  if (blocked !== undefined) return nothing(blocked, [])
  const candidates = [
    ['cleanup', considerCleanup],
    ['strip-incrementals', considerStrip],
    ['remove-chain', considerRemoval],
  ] as const
  const considered: Consideration[] = []
  for (const [action, consider] of candidates) {
    const verdict = consider(input)
    const applies = 'action' in verdict
    considered.push({ action, applies, reason: applies ? verdict.reason : verdict.refused })
    if (applies) return planOf(verdict, input, considered)
    if (action === 'cleanup' && !mayGoOn(input)) break
  }
  const exhausted = considered.at(-1)!.reason
  return { ...nothing(`${overReason(input)}, but nothing can go: ${exhausted}`, considered), exhausted }
}

/** Past the cleanup, only what is too much goes, and not before all is clean that can be. */
function mayGoOn(input: PruneInput): boolean {
  const { collection, allowanceBytes } = input
  const tooMuch = collection.bytes !== undefined && collection.bytes > allowanceBytes
  return tooMuch && (isClean(collection) || isOnlyResumed(input))
}

/** Whether only this host's partial set is untidy: while the archive is too full to complete it, others may go. */
const isOnlyResumed = (input: PruneInput): boolean =>
  input.localPartial === true && 'action' in considerCleanup({ ...input, localPartial: false })

function blockedReason(input: PruneInput): string | undefined {
  if (input.frozen !== undefined) return `pruning of this site is stopped: ${input.frozen}`
  if (input.suspect !== undefined)
    return `the site is suspect (${listed(input.suspect)}): nothing is pruned before a person has looked`
  if (input.interrupted) return 'the last run was interrupted: this one backs up first'
  if (input.otherWriter !== undefined)
    return `another host is writing this archive (${input.otherWriter}): nothing is pruned until it has ended`
  if (input.localPartial && !input.full) return 'an interrupted backup of this host is resumed first: nothing is pruned before'
  const ahead = input.now === undefined ? undefined : aheadOfClock(input.collection, input.now)
  if (ahead !== undefined) return ahead
  const { bytes } = input.collection
  if (input.tidy && !isClean(input.collection)) return undefined
  if (bytes === undefined) return 'the sizes of the sets are not known here: nothing is pruned for the allowance'
  if (bytes > input.allowanceBytes) return undefined
  return `${formatBytes(bytes)} of ${formatBytes(input.allowanceBytes)} used: within the allowance`
}

function overReason({ collection, allowanceBytes }: PruneInput): string {
  const over = collection.bytes !== undefined && collection.bytes > allowanceBytes
  return `${formatBytes(collection.bytes)} of ${formatBytes(allowanceBytes)} used${over ? '' : ', within the allowance'}`
}

function planOf({ action, removal, reason }: Choice, input: PruneInput, considered: readonly Consideration[]): PrunePlan {
  const { files, mayGo } = removal
  return { action, files, mayGo, freesBytes: sumBytes(files), reason: `${overReason(input)}: ${reason}`, considered }
}

function nothing(reason: string, considered: readonly Consideration[]): PrunePlan {
  return { action: { kind: 'none' }, files: [], mayGo: [], freesBytes: 0, reason, considered }
}

/** An action that applies, what duplicity will delete by it, and why it is taken. */
export interface Choice {
  readonly action: PruneAction
  readonly removal: Removal
  readonly reason: string
}

export type Verdict = Choice | { readonly refused: string }

/** S18a: whatever is in no chain, unless duplicity itself could not tell which of two sets is meant. */
function considerCleanup({ collection, localPartial }: PruneInput): Verdict {
  if (isClean(collection)) return { refused: 'the collection is clean' }
  if (!collection.chains.some(isWhole)) return { refused: 'no chain is whole, so what is in none may be all that there is' }
  const signed = collection.superseded.find(set => set.signatures)
  if (signed) return { refused: `two incrementals of ${printTime(signed.baseTime!)} both have signatures: a person must choose` }
  if (localPartial) return { refused: 'an interrupted backup of this host is resumed, and a cleanup would delete it' }
  return {
    action: { kind: 'cleanup' },
    removal: predictCleanup(collection),
    reason: `${untidy(collection)} not part of any chain`,
  }
}

function untidy({ orphaned, incomplete, orphanedSignatures }: Collection): string {
  const counts = [
    [orphaned.length, 'orphaned set'],
    [incomplete.length, 'incomplete set'],
    [orphanedSignatures.length, 'orphaned signature file'],
  ] as const
  const found = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}${count > 1 ? 's' : ''}`)
  const total = counts.reduce((sum, [count]) => sum + count, 0)
  return `${found.join(', ')} ${total > 1 ? 'are' : 'is'}`
}

/** S18b and S19: the incrementals of the oldest chain that still has any. */
function considerStrip(input: PruneInput): Verdict {
  const secondary = secondaryChains(input.collection)
  const youngest = secondary.at(-1)
  if (!youngest) return { refused: 'there is no chain besides the primary' }
  const chain = secondary.slice(0, Math.max(0, secondary.length - input.keepIncrementals)).find(isStrippable)
  if (!chain)
    return { refused: `no chain older than the primary and the newest ${input.keepIncrementals} others has incrementals` }
  const [fullVolumes, incrementalVolumes] = volumeCounts(youngest)
  if (fullVolumes > incrementalVolumes) {
    return {
      refused: `it would gain little: ${fullVolumes} volumes in the youngest secondary full, ${incrementalVolumes} in its incrementals`,
    }
  }
  const reason = `the chain of ${printTime(chain.startAt)} is the oldest that still has incrementals (${chain.incrementals.length})`
  return exactly(input, 'strip-incrementals', chain, reason)
}

/** A full that was cut off is no restore point without its incrementals: such a chain goes whole. */
const isStrippable = ({ full, incrementals }: Chain): boolean => incrementals.length > 0 && !full.cutOff

const volumeCounts = ({ full, incrementals }: Chain): [number, number] => [
  full.volumes.length,
  incrementals.reduce((sum, set) => sum + set.volumes.length, 0),
]

/** S18c: the oldest chain, whole. */
function considerRemoval(input: PruneInput): Verdict {
  const oldest = secondaryChains(input.collection).find(isRemovable)
  if (!oldest) return { refused: 'only the primary chain is left' }
  return exactly(input, 'remove-chain', oldest, `the chain of ${printTime(oldest.startAt)} is the oldest`)
}

/** The action on one chain, when the chain may be touched and duplicity's command takes that chain and no other. */
function exactly(input: PruneInput, kind: 'strip-incrementals' | 'remove-chain', chain: Chain, reason: string): Verdict {
  const { chains } = input.collection
  const guarded = guardReason(input, chain)
  if (guarded !== undefined) return { refused: guarded }
  const keepChains = chains.length - 1 - chains.indexOf(chain)
  const removal = predictRemoval(input.collection, keepChains, kind === 'strip-incrementals')
  if (removal.chains.length === 1 && removal.chains[0] === chain) return { action: { kind, chain, keepChains }, removal, reason }
  const taken = removal.chains.map(each => printTime(each.startAt)).join(', ') || 'none'
  return { refused: `only the chain of ${printTime(chain.startAt)} is to be pruned, but duplicity would take: ${taken}` }
}

function guardReason({ collection, knownGood, keepSince }: PruneInput, chain: Chain): string | undefined {
  const name = `the chain of ${printTime(chain.startAt)}`
  if (chain === primaryChain(collection)) return `${name} is the primary chain`
  if (!collection.chains.some(other => other !== chain && isWhole(other) && hasRestorePoint(other)))
    return `${name} is kept, since no other chain is whole`
  // what is kept whatever the allowance has its price
  const pinned = `${name}, ${formatBytes(chain.bytes)},`
  if (keepSince !== undefined && chain.endAt >= keepSince)
    return `${pinned} has restore points since ${printTime(keepSince)}, which are kept (keepDays)`
  const good = knownGood === undefined ? undefined : collection.chains.findLast(each => each.startAt <= knownGood)
  return chain === good ? `${pinned} is the newest known to hold a working site` : undefined
}

/** What the decision looks at. Sizes in bytes, times in ms since the epoch. */
export interface PruneInput {
  readonly collection: Collection
  readonly allowanceBytes: number
  /** How many of the newest secondary chains keep their incrementals (S18b). */
  readonly keepIncrementals: number
  /** A time in the newest chain known to hold a working site: that chain is not touched (S20). */
  readonly knownGood?: number | undefined
  /** No restore point of this time or a later one is deleted, whatever the allowance (S44). */
  readonly keepSince?: number | undefined
  readonly otherWriter?: string | undefined
  /** The last run of this host was cut short: this one goes straight to backup (S16). */
  readonly interrupted?: boolean
  /** This host's clock. Nothing is pruned by a clock that is behind the newest set. */
  readonly now?: number
  /** This host has a partial set, and the backup sees to it: a cleanup would delete it. */
  readonly localPartial?: boolean
  /** The archive has no room for another volume: a backup that was cut off cannot go on before something has gone. */
  readonly full?: boolean
  readonly frozen?: string | undefined
  /** What shows that an accident or an attack changed the site: nothing goes before a person has looked (S45). */
  readonly suspect?: readonly string[] | undefined
  /** Clean a collection within its allowance too, as the desktop does (S29). */
  readonly tidy?: boolean
}

/** One action; `keepChains` is the N of `remove-all-inc-of-but-n-full` and `remove-all-but-n-full`. */
export type PruneAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'cleanup' }
  | { readonly kind: 'strip-incrementals' | 'remove-chain'; readonly chain: Chain; readonly keepChains: number }

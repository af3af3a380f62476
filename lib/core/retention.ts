import { aheadOfClock } from './ahead-of-clock.ts'
import { type FileRef, isClean, sumBytes } from './collection.ts'
import { type Choice, considerCleanup, considerRemoval, considerStrip, type PruneAction, type PruneInput } from './prune-rules.ts'
import { formatBytes } from './size.ts'

/** One action that was looked at, in the order of S18, with why it applies or not. */
interface Consideration {
  readonly action: 'cleanup' | 'strip-incrementals' | 'remove-chain'
  readonly applies: boolean
  readonly reason: string
}

/** The decision: one action, exactly what is to go, and why. */
export interface PrunePlan {
  readonly action: PruneAction
  /** The files that must go, no more and no fewer, but for `mayGo`: 3.x deletes those too, 0.8 leaves them. */
  readonly files: readonly FileRef[]
  readonly mayGo: readonly FileRef[]
  readonly freesBytes: number | undefined
  readonly reason: string
  readonly considered: readonly Consideration[]
}

/**
 * The one pruning action of this run, or none (S17–S20). It never takes the primary chain, the only whole chain, nor
 * the one that is known to hold a working site, and none that duplicity's command would not carry out exactly.
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
  return nothing(`${overReason(input)}, but nothing can go: ${considered.at(-1)!.reason}`, considered)
}

/**
 * Past the cleanup only what is too much goes, also where an untidy collection is looked at for its own sake, and not
 * before all is clean that can be.
 */
function mayGoOn(input: PruneInput): boolean {
  const { collection, allowanceBytes } = input
  const tooMuch = collection.bytes !== undefined && collection.bytes > allowanceBytes
  return tooMuch && (isClean(collection) || isOnlyResumed(input))
}

/**
 * Whether what is untidy waits for this host's partial set alone: then it keeps nothing else from going, while the
 * archive is too full to go on with that set.
 */
function isOnlyResumed(input: PruneInput): boolean {
  return input.localPartial === true && 'action' in considerCleanup({ ...input, localPartial: false })
}

function blockedReason(input: PruneInput): string | undefined {
  if (input.frozen !== undefined) return `pruning of this site is stopped: ${input.frozen}`
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

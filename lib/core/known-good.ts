import { DAY, formatAge } from './age.ts'
import { type BackupSet, type Collection, isKnownGood, setsOf } from './collection.ts'
import type { Finding } from './finding.ts'
import { printTime } from './restore-point.ts'
import { whatChanged } from './what-changed.ts'

/** That a site does not work, as its sets tell. Times of sets, ms since the epoch. */
export interface Broken {
  readonly said: string
  /** The first set that was made of it since it works no more; of all that are known, where it never worked. */
  readonly since: number
  /** The newest set of a site that worked; undefined where it was never seen to. */
  readonly good: number | undefined
  readonly changed: readonly string[]
}

/** Whether the newest set that was asked about is of a site that did not work. Sets nobody asked about do not count. */
export function brokenSince(collection: Collection): Broken | undefined {
  const known = collection.chains.flatMap(setsOf).filter(set => set.answer !== undefined && !set.cutOff)
  const worked = known.findLastIndex(({ answer }) => answer!.works)
  const [first] = known.slice(worked + 1)
  if (!first) return undefined
  const goodTime = (known.slice(0, worked + 1).findLast(isKnownGood) ?? known[worked])?.time
  const changed = goodTime === undefined ? [] : whatChanged(collection, goodTime, first.time)
  return { said: known.at(-1)!.answer!.said, since: first.time, good: goodTime, changed }
}

/** The newest set that is known to be of a site that worked. */
export const newestKnownGood = (collection: Collection): BackupSet | undefined =>
  collection.chains.flatMap(setsOf).findLast(isKnownGood)

/** Only a site that worked before needs somebody, and its owner only. @param toldAt the last run's judgement, if any */
export function brokenFinding(site: string, broken: Broken, isOwner: boolean, now: number, toldAt = 0): Finding {
  const { said, since, good, changed } = broken
  if (good === undefined)
    return {
      level: 'remark',
      text: `it was never seen to work: ${said}. sites.${site}.check in the inventory says how to ask it`,
    }
  const from = now - since < DAY ? '' : ` for ${formatAge(now - since)}`
  const text = `it does not work${from}: ${said}. The last backup of it that is known to be good is of ${printTime(good)}`
  const what = changed.length === 0 ? '' : `. What had changed then: ${changed.join('. ')}`
  return {
    level: isOwner ? 'attention' : 'remark',
    text: `${text}${what}`,
    isKnown: toldAt > since,
  }
}

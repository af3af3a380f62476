import { formatAge } from './age.ts'
import { type BackupSet, type Chain, type Collection, isKnownGood, setsOf } from './collection.ts'
import { counted } from './wording.ts'

/** A time to which the site can be restored: a set, and the chain that it needs up to there. */
export interface RestorePoint {
  /** Ms since the epoch. */
  readonly time: number
  readonly set: BackupSet
  readonly chain: Chain
  /** Why it may not restore (holes, empty files), of this set and those that it builds on. */
  readonly problems: readonly string[]
}

/** How far back one can go, for people: the oldest moment that nothing is known against, and how many there are. */
export function reachText(collection: Collection, now: number): string {
  const good = restorePoints(collection).filter(({ problems }) => problems.length === 0)
  const oldest = good[0]
  if (!oldest) return 'it cannot be restored to any backup'
  const count = counted(good.length, 'restore point')
  return `it can be restored as far back as ${printTime(oldest.time)}, ${formatAge(now - oldest.time)} ago; ${count}`
}

/** Every restore point, oldest first, also those with problems, as duplicity would choose them too. */
export const restorePoints = (collection: Collection): readonly RestorePoint[] =>
  collection.chains.flatMap(pointsOf).toSorted((a, b) => a.time - b.time)

/** The restore point that `recover` takes when no time is named, or undefined when there is no backup. */
export const newestRestorePoint = (collection: Collection): RestorePoint | undefined => restorePoints(collection).at(-1)

function pointsOf(chain: Chain): RestorePoint[] {
  let problems: readonly string[] = []
  const points = setsOf(chain).map(set => {
    if (!set.restorable) problems = [...problems, ...set.problems]
    return { time: set.time, set, chain, problems }
  })
  return points.filter(({ set }) => !set.cutOff)
}

/** The newest restore point at or before `time` of a site that worked, without problems. @throws when there is none */
export function lastGoodPoint(collection: Collection, time = Number.POSITIVE_INFINITY): RestorePoint {
  const points = restorePoints(collection).filter(point => point.time <= time)
  const found = points.findLast(({ set, problems }) => isKnownGood(set) && problems.length === 0)
  if (found) return found
  const before = time === Number.POSITIVE_INFINITY ? '' : ` up to ${printTime(time)}`
  throw new Error(`no backup${before} is known to be of a site that worked: --list shows what there is`)
}

/** What to try next when a restored site does not work: the newest older point that is good, or else unknown. */
export function olderCandidate(collection: Collection, tried: RestorePoint): RestorePoint | undefined {
  const older = restorePoints(collection).filter(({ time, problems }) => time < tried.time && problems.length === 0)
  return older.findLast(({ set }) => isKnownGood(set)) ?? older.findLast(({ set }) => set.answer === undefined)
}

/** A site that did not work then is no reason to refuse it. */
export const isKnownBroken = ({ set }: RestorePoint): boolean => set.answer?.works === false

/** What is known of the site in this set: `works`, `does not work: HTTP 500`; nothing where nobody asked. */
export const answerText = ({ set: { answer } }: RestorePoint): string =>
  answer === undefined ? '' : answer.works ? 'works' : `does not work: ${answer.said}`

/** Whether the backup or this host is to blame where a restored site does not work; goes on after what it answered. */
export function blameText(point: RestorePoint | undefined): string {
  if (!point) return ''
  const { answer } = point.set
  if (!answer) return '; the backup may be what is broken: the site was not checked when it was made'
  return answer.works
    ? '; the site worked when the backup was made, so what is broken is on this host'
    : `; the backup is what is broken: ${answer.said} when it was made`
}

/** The newest restore point at or before `time`, never a later one. @throws when there is none, with the first one */
export function restorePointAt(collection: Collection, time: number): RestorePoint {
  const points = restorePoints(collection)
  const found = points.findLast(point => point.time <= time)
  if (found) return found
  const first = points[0]
  if (!first) throw new Error('cannot restore: the archive holds no backup')
  throw new Error(`cannot restore to ${printTime(time)}: the first backup is of ${printTime(first.time)}`)
}

/** What to restore instead of a damaged point, by commands: the newest before it, and the newest of all. */
export function adviceInstead(collection: Collection, damaged: RestorePoint, command: (...options: string[]) => string): string {
  const good = restorePoints(collection).filter(point => point.problems.length === 0)
  const others = [...new Set([good.findLast(point => point.time < damaged.time), good.at(-1)])].filter(
    point => point !== undefined,
  )
  if (others.length === 0) return 'nor can any other, as far as is known'
  return `as far as is known these can:${others.map(({ time }) => `\n  ${command('--at', printTime(time))}`).join('')}`
}

/** A time for messages, in UTC to the second: `2026-01-31 03:00:00 UTC`. */
export const printTime = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`

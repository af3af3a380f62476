import { printTime, type RestorePoint } from './restore-point.ts'
import type { SetRecord } from './set-record.ts'
import { formatBytes, listed } from './wording.ts'

/** What a site consists of, as far as it was counted: what nobody knows is not compared. */
export interface Contents {
  readonly files?: number | undefined
  readonly bytes?: number | undefined
  readonly isEmpty?: boolean | undefined
  readonly dumpBytes?: number | undefined
  /** The rows of WordPress's core tables; none of them for a site without WordPress. */
  readonly rows?: Readonly<Record<string, number>> | undefined
}

/** Of less than this, half is soon gone, and no sign of anything. */
const LEAST = { files: 20, bytes: 1_000_000, dumpBytes: 100_000, rows: 20 } as const

/** The tables without whose rows no WordPress works. */
const VITAL = /(options|posts|users)$/
const CORE = /^(.*?)(options|posts|users|comments)$/

/** The core tables of all WordPress installations: those with the prefix of a table of options and one of posts. */
export function coreRows(rows: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const isCore = (table: string): boolean => {
    const prefix = CORE.exec(table)?.[1]
    return prefix !== undefined && rows.has(`${prefix}options`) && rows.has(`${prefix}posts`)
  }
  return Object.fromEntries([...rows].filter(([table]) => isCore(table)).slice(0, 400))
}

/** What shows that a site lost more than half, or all of what it cannot do without. One phrase each. */
export function shrinkageOf(before: Contents | undefined, now: Contents): readonly string[] {
  return [
    ...(now.isEmpty && !before?.isEmpty ? ['SITE is empty'] : []),
    ...less('files', before?.files, now.files, LEAST.files, String),
    ...less('bytes', before?.bytes, now.bytes, LEAST.bytes, formatBytes),
    ...less('the database dump', before?.dumpBytes, now.dumpBytes, LEAST.dumpBytes, formatBytes),
    ...(now.rows === undefined ? [] : lostRows(before?.rows, now.rows)),
  ]
}

function less(
  what: string,
  before: number | undefined,
  now: number | undefined,
  least: number,
  text: (count: number) => string,
): string[] {
  if (before === undefined || now === undefined || before < least || now >= before / 2) return []
  return [`${what}: ${text(now)} of ${text(before)} left`]
}

function lostRows(before: Contents['rows'], now: NonNullable<Contents['rows']>): string[] {
  const tables = [...new Set([...Object.keys(before ?? {}), ...Object.keys(now)])]
  return tables.flatMap(table => {
    const [was, is] = [before?.[table], now[table] ?? 0]
    if (is > 0 || !VITAL.test(table)) return less(`rows of ${table}`, was, is, LEAST.rows, String)
    if (was === 0) return []
    return [table in now ? `${table} is empty` : `${table} is gone`]
  })
}

export const contentsOf = ({ files, bytes, isEmpty, dump, rows }: Omit<SetRecord, 'time'>): Contents => ({
  ...{ files, bytes, isEmpty, rows },
  dumpBytes: dump?.bytes,
})

/** Whether a set is of a site that had shrunk, which nobody has confirmed, and which has not stayed so for long. */
export const isUnconfirmed = ({ time, shrunken, confirmed }: SetRecord, now: number, acceptAfter: number): boolean =>
  shrunken !== undefined && shrunken.length > 0 && confirmed !== true && time + acceptAfter > now

/** The newest set of the site as it should be. A new one is compared with it: a second shrunken night is no better. */
export function newestConfirmed(records: readonly SetRecord[], now: number, acceptAfter: number): SetRecord | undefined {
  const known = records.filter(record => record.files !== undefined && !isUnconfirmed(record, now, acceptAfter))
  return known.toSorted((a, b) => b.time - a.time)[0]
}

/** What a replica knows when it chooses what to replay. Times in ms since the epoch. */
export interface ReplicaFacts {
  readonly points: readonly RestorePoint[]
  readonly records: readonly SetRecord[]
  /** The set that it was made from, and what it consisted of then. */
  readonly restoredFrom: number | undefined
  readonly contents: Contents | undefined
  /** Since when it stays behind by its own decision. */
  readonly heldSince: number | undefined
  readonly now: number
  readonly acceptAfter: number
  readonly isAccepted: boolean
}

/** The backup that a replica takes, if there is any, and why it does not take the newest. */
export interface ReplicaChoice {
  readonly point: RestorePoint | undefined
  readonly held?: { readonly time: number; readonly reasons: readonly string[]; readonly byOwner: boolean }
}

/**
 * The newest backup that a replica may follow. It stays before one whose owner found that the site had shrunk, until
 * that is confirmed; and before one that has less than half of what the replica has: any host could have made that.
 */
export function chooseForReplica(facts: ReplicaFacts): ReplicaChoice {
  const { points, records, restoredFrom, now, acceptAfter, isAccepted } = facts
  const newest = points.at(-1)
  if (newest === undefined || isAccepted) return { point: newest }
  const recordOf = ({ time }: RestorePoint): SetRecord => records.find(record => record.time === time) ?? { time }
  const here = points.find(({ time }) => time === restoredFrom)
  const free = points.findLast(each => !isUnconfirmed(recordOf(each), now, acceptAfter))
  const held = free === newest ? {} : { held: { time: newest.time, reasons: recordOf(newest).shrunken ?? [], byOwner: true } }
  // it never goes back to an older one
  if (free === undefined || (here !== undefined && free.time <= here.time)) return { point: here, ...held }
  const reasons = refusalOf(facts, contentsOf(recordOf(free)), free.time)
  return reasons.length === 0 ? { point: free, ...held } : { point: here, held: { time: free.time, reasons, byOwner: false } }
}

/** Why a replica refuses a set of such contents by itself; empty when it does not. */
export function refusalOf(facts: Omit<ReplicaFacts, 'points'>, contents: Contents, time: number): readonly string[] {
  const { records, restoredFrom, heldSince, now, acceptAfter, isAccepted } = facts
  const isPatient = heldSince === undefined || heldSince + acceptAfter > now
  const isSince = (record: SetRecord): boolean =>
    record.time <= time && (restoredFrom === undefined || record.time > restoredFrom)
  // what was reported to the owner, and was confirmed or stayed, is not reported again
  const isKnown = records.some(record => isSince(record) && record.shrunken && !isUnconfirmed(record, now, acceptAfter))
  if (facts.contents === undefined || isAccepted || !isPatient || isKnown) return []
  return shrinkageOf(facts.contents, contents)
}

/** That a site has shrunk, on its owner; the command that confirms it follows. */
export function shrinkageText(reasons: readonly string[], good: number | undefined): string {
  const since = good === undefined ? '' : ` since the backup of ${printTime(good)}`
  return `it has shrunk${since}: ${listed(reasons, 5, ', ')}. It is backed up, and replicas stay behind. If that is right`
}

/** That a replica stays behind; the command that confirms it follows. */
export function heldText({ time, reasons, byOwner }: NonNullable<ReplicaChoice['held']>): string {
  const who = byOwner ? 'its owner found that the site had shrunk' : 'it has far less than this replica'
  const where = byOwner ? 'on its owner' : 'here'
  return `stays behind the backup of ${printTime(time)}: ${who}: ${listed(reasons, 5, ', ')}. If that is right, ${where}`
}

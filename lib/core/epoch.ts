import { printTime } from './restore-point.ts'

/** Since when a site is a host's: only one host has an epoch, and each later one has a higher number (S4). */
export interface EpochMark {
  /** Counts from 1. 0 is the time in which markers alone say whose a site is. */
  readonly number: number
  readonly owner: string
  /** ISO 8601, UTC, by the owner's clock. */
  readonly since: string
  /** The time of the newest set that the owner went on from, in ISO 8601, UTC; absent where it had none. */
  readonly from?: string | undefined
}

export const TAKEN_BY = ['claim', 'handover', 'takeover', 'cancel', 'settle'] as const

/** The present epoch of a site's archive, with all that were before. */
export interface Epoch extends EpochMark {
  readonly by: (typeof TAKEN_BY)[number]
  readonly before: readonly EpochMark[]
}

export type KnownEpoch = Pick<EpochMark, 'number' | 'owner'>

/** That the owner of an epoch lets it go to one host: until that takes the next, nobody writes. */
export interface Release {
  readonly epoch: number
  readonly to: string
  /** The time of the last set that the owner made, in ISO 8601, UTC. */
  readonly set: string
}

/** Times in ms since the epoch. */
export interface Taking {
  readonly owner: string
  readonly by: Epoch['by']
  readonly now: number
  /** The time of the newest set that the owner goes on from. What a former owner adds later is never counted. */
  readonly from?: number | undefined
  /** The host that the archive's marker named, where there was no epoch yet. */
  readonly marker?: string | undefined
  /** An epoch that a host knows and the archive does not: the new one is later than that too. */
  readonly above?: number | undefined
}

export function nextEpoch(current: Epoch | undefined, { owner, by, now, from, marker, above = 0 }: Taking): Epoch {
  // sets are dated in whole seconds
  const iso = (time: number): string => new Date(Math.floor(time / 1000) * 1000).toISOString()
  const first = marker === undefined ? [] : [{ number: 0, owner: marker, since: iso(0) }]
  return {
    number: Math.max(current?.number ?? 0, above) + 1,
    owner,
    since: iso(now),
    by,
    ...(from === undefined ? {} : { from: iso(from) }),
    before: current ? [...current.before, markOf(current)] : first,
  }
}

const markOf = ({ number, owner, since, from }: EpochMark): EpochMark => ({
  number,
  owner,
  since,
  ...(from === undefined ? {} : { from }),
})

export const epochsOf = (epoch: Epoch): readonly EpochMark[] => [...epoch.before, epoch]

/** Whether what a host knows is no part of an archive's history: the one did not come of the other. */
export const isDiverged = (known: KnownEpoch, epoch: Epoch | undefined): boolean =>
  !(epoch && epochsOf(epoch).some(({ number, owner }) => number === known.number && owner === known.owner))

/** Whether sets of a former owner can be in a site's archive. */
export const hasFormerOwner = (epoch: Epoch | undefined): epoch is Epoch =>
  epoch !== undefined && epochsOf(epoch).some(({ from }) => from !== undefined)

/** A set, as far as it decides whether it is one of the site's. Times in ms since the epoch. */
export interface MadeSet {
  readonly time: number
  /** The time of its full set. */
  readonly chainBegan: number
  /** Who made it, and in which epoch, as far as that is written down. */
  readonly by?: { readonly host?: string | undefined; readonly epoch?: number | undefined } | undefined
}

/**
 * Whether a host that had lost the site added a set: after the one from which the next owner went on. Clocks differ
 * between hosts, so where it is written down who made it, only times of sets are compared; else it is told by the
 * chain, which was begun before the next epoch.
 */
export function isOfLostEpoch({ time, chainBegan, by }: MadeSet, epoch: Epoch | undefined): boolean {
  if (epoch === undefined) return false
  const left = epochsOf(epoch).filter(({ from }) => from !== undefined && time > Date.parse(from))
  const own = epochsOf(epoch).findLast(({ number, owner }) => owner === by?.host && (by.epoch ?? number) === number)
  if (own && left.some(({ number }) => number > own.number)) return true
  return !(own && by?.epoch !== undefined) && left.some(({ since }) => chainBegan < Date.parse(since))
}

/** Nothing is added to chains begun earlier, which are another owner's. Ms since the epoch; 0 for any. */
export const chainsOwnSince = (epoch: Epoch | undefined): number =>
  epoch === undefined || epoch.by === 'claim' ? 0 : Date.parse(epoch.since)

/** An epoch in a few words: `epoch 3, which web2 took on 2026-01-31 by takeover`. */
export const epochText = ({ number, owner, since, by }: Epoch): string =>
  `epoch ${number}, which ${owner} took on ${since.slice(0, 16).replace('T', ' ')} UTC by ${by === 'settle' ? 'resolve' : by}`

/** What a host knows of the folder of a site that it owns, and of the newest set in the archive. Times in ms. */
export interface FolderAndArchive {
  readonly newest: { readonly time: number; readonly madeBy?: string | undefined } | undefined
  readonly backedUpTo?: number | undefined
  /** The name under which it did, unless it replayed another's since. */
  readonly backedUpAs?: string | undefined
  readonly restoredFrom?: number | undefined
  readonly epoch: Epoch | undefined
}

/** Whether this host's folder goes on from a set: it made it, or another after it, or was restored from such. */
export const goesOnFrom = (time: number, { backedUpTo = 0, restoredFrom = 0 }: Partial<FolderAndArchive>): boolean =>
  time <= Math.max(backedUpTo, restoredFrom)

/**
 * Why an owner's folder is older than its archive: it would be backed up over newer work of another host, as the newest
 * set. What a person chose is none: a recovery of an older day, or an epoch that was taken from a certain set. Where
 * nobody knows who made the newest set, a folder that was replayed here and never backed up is not taken for newer.
 */
export function olderThanArchive(facts: FolderAndArchive, me: string): string | undefined {
  const { newest, backedUpTo = 0, backedUpAs, restoredFrom, epoch } = facts
  if (!newest || goesOnFrom(newest.time, facts) || newest.madeBy === me) return undefined
  if (epoch?.owner === me && epoch.from !== undefined && newest.time <= Date.parse(epoch.from)) return undefined
  const isReplay = restoredFrom !== undefined && backedUpAs === undefined
  if (newest.madeBy === undefined && !isReplay) return undefined
  const by = newest.madeBy === undefined ? '' : ` by ${newest.madeBy}`
  const known = Math.max(backedUpTo, restoredFrom ?? 0)
  const folder = known === 0 ? 'no backup that this host knows of' : `the backup of ${printTime(known)}`
  return `the newest backup in its archive, of ${printTime(newest.time)}, was made${by}, and the folder here goes on from ${folder}`
}

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
import type { RestorePoint } from './restore-point.ts'
import type { DumpSize, TreeSize } from './set-record.ts'
import { spaceText } from './wording.ts'

/** Whether the archive has room for the next full backup, and the bytes that the collection may take so that it has. */
export interface Room {
  readonly enough: boolean
  readonly reason: string
  readonly allowanceBytes: number
  readonly prunable: boolean
}

/**
 * The next full backup is taken to be as large as the newest one (S29), less what an interrupted full has sent already.
 * @param free undefined where nothing tells @param allowance as the inventory says
 * @param least bytes that completing an interrupted backup needs at least
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
  if (free === undefined || fullBytes === undefined) return plenty('the free space of the archive is not known')
  const ofFull = Math.max(0, fullBytes - (sumBytes(begunAfter(collection, chain).flatMap(set => set.volumes)) ?? 0))
  const wanted = Math.max(ofFull, least)
  const enough = free >= wanted
  const what = wanted > ofFull ? 'to complete the interrupted backup' : 'for the next full backup'
  const reason = `${enough ? 'plenty of space' : 'too little space'} ${what}: ${spaceText(free, wanted)}`
  return { enough, reason, allowanceBytes: Math.min(allowance, Math.max(0, whole - wanted)), prunable }
}

function begunAfter({ chains, incomplete }: Collection, chain: Chain): readonly BackupSet[] {
  const cutOff = chains.filter(each => !hasRestorePoint(each)).flatMap(setsOf)
  return [...cutOff, ...incomplete.filter(set => set.kind === 'full')].filter(set => set.time > chain.full.time)
}

/** A file system, as it was found for a path on it. Bytes. */
export interface Disk {
  readonly path: string
  /** What tells file systems apart. */
  readonly device: string
  readonly free: number
  /** A file takes at least its size on it: not where the file system compresses, or is not known. */
  readonly keepsSize: boolean
}

/** Bytes, between what is surely needed and what is likely. */
export interface Amount {
  /** Less cannot do. */
  readonly least: number
  readonly about: number
}

export interface Demand extends Amount {
  readonly disk: Disk
  /** It is for the import of the database, and the files alone do without. */
  readonly forImport?: true
  /** It is reported only where there is too little room for it. */
  readonly aside?: true
}

/** All that is on the disks at the same time, at one point of a restore. */
export type Stage = readonly Demand[]

export interface RoomToRestore {
  /** What it needs and what is free, a disk each, in one line; undefined where nobody knows what it needs. */
  readonly text: string | undefined
  readonly refusal: string | undefined
  /** The stages at which it cannot fit, each with what it needs on the one disk that is too small. */
  readonly short: readonly Stage[]
  readonly doubt: string | undefined
}

/** What a folder takes of its own size, which a file system may keep for nothing. Bytes a file. */
const ENTRY = 4096
/** The part of a full set's volumes that surely is content: the rest is tar and encryption of many empty files. */
const HELD = 0.5

/**
 * What the files of a restore point take. At least: the sizes that were written down, less folders; without these, half
 * of a full set's volumes. (An incremental may hold nothing but deletions, and its base what was deleted since.)
 * @returns undefined when nothing is known, as for a URL
 */
export function treeAmount(point: RestorePoint, size: TreeSize | undefined): Amount | undefined {
  if (size) return filesAmount(size)
  const own = (point.set.kind === 'full' && sumBytes(point.set.volumes)) || 0
  const least = Math.floor(own * HELD)
  const about = sumBytes(setsUpTo(point).map(set => ({ bytes: sumBytes(set.volumes) })))
  return about === undefined ? undefined : { least, about: Math.max(least, about) }
}

export function filesAmount({ bytes, files }: TreeSize): Amount {
  const least = Math.max(0, bytes - files * ENTRY)
  return { least, about: Math.max(least, bytes) }
}

/** What duplicity needs beside the tree while it restores: its largest volume. Bytes. */
export const volumeAmount = (point: RestorePoint): Amount => {
  const largest = Math.max(0, ...setsUpTo(point).flatMap(set => set.volumes.map(({ bytes }) => bytes ?? 0)))
  return { least: largest, about: largest }
}

const setsUpTo = ({ chain, time }: RestorePoint) => setsOf(chain).filter(set => set.time <= time)

/** The copy of a dump that is made for its import, without definers. */
export const importableAmount = ({ bytes, largest = bytes }: DumpSize): Amount => ({
  least: Math.floor(largest * 0.9),
  about: largest,
})

/**
 * What the tables of a dump take on the server: about as much as the dump, and at least an eighth of it, if all are
 * InnoDB's, whose most compact columns are six times as long in a dump (TIMESTAMP). Of tables that are compressed, or
 * kept by MyISAM or Aria, nothing is sure.
 */
export const tablesAmount = ({ bytes, packed }: DumpSize): Amount => ({ least: packed ? 0 : Math.floor(bytes / 8), about: bytes })

/** The stages of a restore beside others that are under way, each of which may be at any stage of its own. */
export const stagesBeside = (own: readonly Stage[], others: readonly (readonly Stage[])[]): readonly Stage[] =>
  others.reduce(
    (stages, other) => (other.length === 0 ? stages : stages.flatMap(stage => other.map(each => [...stage, ...each]))),
    own,
  )

/** Whether a restore has room on each disk, at its fullest moment there. It refuses only what cannot fit. */
export function roomToRestore(stages: readonly Stage[]): RoomToRestore {
  const disks = [...Map.groupBy(stages.flat(), ({ disk }) => disk.device).values()].map(demands =>
    onDisk(demands[0]!.disk, stages),
  )
  const short = disks.filter(disk => disk.isShort)
  const doubtful = disks.filter(disk => !disk.isShort && disk.isDoubtful)
  const spaceOn = (some: typeof disks): string => `disk space for the restore ${some.map(({ text }) => text).join('; ')}`
  const main = disks.filter(disk => disk.isMain)
  return {
    text: main.length === 0 ? undefined : spaceOn(main),
    short: short.flatMap(disk => disk.shortParts),
    refusal: short.length === 0 ? undefined : `not enough ${spaceOn(short)}`,
    doubt: doubtful.length === 0 ? undefined : `perhaps not enough ${spaceOn(doubtful)}`,
  }
}

function onDisk(disk: Disk, stages: readonly Stage[]) {
  const parts = stages
    .map(stage => stage.filter(({ disk: { device } }) => device === disk.device))
    .filter(here => here.length > 0)
  const sums = parts.map(sumOf)
  const shortParts = parts.filter(here => isShort(sumOf(here)))
  // at its fullest
  const [{ about, free }] = sums.toSorted((a, b) => a.free - a.about - (b.free - b.about)) as [ReturnType<typeof sumOf>]
  return {
    text: `on the disk of ${disk.path}: ${spaceText(free, about)}`,
    isMain: parts.flat().some(({ aside }) => !aside),
    shortParts,
    isShort: shortParts.length > 0,
    isDoubtful: about > free,
  }
}

const isShort = ({ least, free, keepsSize }: ReturnType<typeof sumOf>): boolean => least > free && keepsSize

function sumOf(demands: readonly Demand[]) {
  const sum = (of: keyof Amount): number => demands.reduce((total, demand) => total + demand[of], 0)
  const keepsSize = demands.every(({ disk }) => disk.keepsSize)
  const free = Math.min(...demands.map(({ disk }) => disk.free))
  return { least: sum('least'), about: sum('about'), free, keepsSize }
}

/** What a person can do about a restore that cannot fit. @param asked undefined where nobody can ask for less */
export function waysOut(
  short: readonly Stage[],
  asked: { readonly files: boolean; readonly database: boolean } | undefined,
): string {
  // duplicity's own folder is the same for all that a person can ask for
  const isChoice = asked !== undefined && !short.flat().some(({ aside }) => aside)
  if (!isChoice) return 'Free some room there'
  const isBoth = asked.files && asked.database
  const parts = [
    ...(isBoth && short.every(stage => stage.some(({ forImport }) => forImport)) ? ['--files-only'] : []),
    ...(isBoth && short.every(stage => stage.some(({ forImport }) => !forImport)) ? ['--db-only'] : []),
    ...(asked.files ? ['--path'] : []),
  ]
  const less = parts.length === 0 ? [] : [`bring back less with ${parts.join(' or ')}`]
  return ['Free some room there', 'restore with --into a folder on another disk', ...less].join(', or ')
}

import { createHash } from 'node:crypto'
import { type BigIntStats, closeSync, fchmodSync, fchownSync, futimesSync, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { type TreeLines, whereverItIs } from '../core/tree-lines.ts'

/** What is at a path of a tree. Times in seconds since the epoch. */
export interface Entry {
  readonly kind: 'file' | 'folder' | 'link' | 'pipe' | 'other'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly modified: number
  /** Of a file. */
  readonly size: number
  /** Of a link. */
  readonly target: string
}

/** The same, and what tells it from one that takes its place later. */
export interface Found extends Entry {
  readonly letter: string
  readonly inode: bigint
  readonly modifiedNs: bigint
  readonly changedNs: bigint
}

/**
 * All that is in a tree, each folder before what is in it; the tree itself is empty. Paths are bytes (latin1).
 * @param enter what is done to a folder before it is read
 */
export function entriesIn(tree: string, enter: (place: PathName, folder: Found) => void = () => {}): Map<string, Found> {
  const found = new Map<string, Found>()
  const look = (path: string): void => {
    const place = placeIn(tree, path)
    const entry = entryAt(place)
    found.set(path, entry)
    if (entry.kind !== 'folder') return
    enter(place, entry)
    for (const name of namesIn(place)) look(path === '' ? name : `${path}/${name}`)
  }
  look('')
  return found
}

/** A path as the kernel takes it. Node is faster with a text. */
export type PathName = Buffer | string

export function placeIn(tree: string, path: string): PathName {
  if (path === '') return tree
  return isAscii(path) ? `${tree}/${path}` : Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(path, 'latin1')])
}

export const namesIn = (place: PathName): string[] => readdirSync(place, { encoding: 'latin1' })

/** @throws when there is nothing */
export function entryAt(place: PathName): Found {
  const stat = lstatSync(place, { bigint: true })
  const letter = letterOf(stat)
  const kind = KINDS[letter] ?? 'other'
  return {
    kind,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    modified: Number(stat.mtimeNs) / 1e9,
    size: Number(stat.size),
    target: kind === 'link' ? readlinkSync(place, 'buffer').toString('latin1') : '',
    letter,
    inode: stat.ino,
    modifiedNs: stat.mtimeNs,
    changedNs: stat.ctimeNs,
  }
}

/** The same; undefined for nothing. */
export function entryIfThere(place: PathName): Found | undefined {
  try {
    return entryAt(place)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** A set knows whole seconds; what was made here after it may know more. */
export const asInSet = ({ kind, mode, uid, gid, modified, size, target }: Entry): Entry => ({
  ...{ kind, mode, uid, gid, size, target },
  modified: Math.floor(modified),
})

const KINDS: Readonly<Record<string, Entry['kind']>> = { f: 'file', d: 'folder', l: 'link', p: 'pipe' }

/** As find(1) calls it (`%y`). */
function letterOf(stat: BigIntStats): string {
  if (stat.isFile()) return 'f'
  if (stat.isDirectory()) return 'd'
  if (stat.isSymbolicLink()) return 'l'
  if (stat.isFIFO()) return 'p'
  if (stat.isSocket()) return 's'
  return stat.isBlockDevice() ? 'b' : 'c'
}

/** The same as find(1) prints it (lib/core/tree-lines.ts). */
export const linesOf = (entries: ReadonlyMap<string, Found>): string[] => [...entries].map(lineOf)

const lineOf = ([path, { letter, mode, uid, gid, size, inode, modifiedNs, changedNs, target }]: [string, Found]): string =>
  `${letter} ${mode.toString(8)} ${uid}:${gid} ${size} ${inode} ${timeText(modifiedNs)} ${timeText(changedNs)} ${textOf(path)}//${textOf(target)}`

/** There are thousands of times, and one division of such a number is dear. */
function timeText(ns: bigint): string {
  const digits = `${ns}`.padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}0`
}

/** Bytes as a text for people and for JSON. */
export const textOf = (bytes: string): string => (isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString())

const isAscii = (bytes: string): boolean => !/[\x80-\xff]/.test(bytes)

/** What tells a tree, its companion folder too, from the same one after any change of it. */
export const digestOf = (lines: TreeLines): string =>
  createHash('sha256')
    .update(
      whereverItIs(lines)
        .map(line => `${line}\0`)
        .join(''),
    )
    .digest('hex')

/** Gives something its owner, mode and time, in the order in which none takes back another, and closes it. */
export function dress(descriptor: number, { uid, gid, mode, modified }: Entry): void {
  try {
    fchownSync(descriptor, uid, gid)
    fchmodSync(descriptor, mode)
    futimesSync(descriptor, modified, modified)
  } finally {
    closeSync(descriptor)
  }
}

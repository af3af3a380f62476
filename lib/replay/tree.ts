import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  lchownSync,
  mkdirSync,
  openSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import {
  asInSet,
  digestOf,
  dress,
  type Entry,
  entriesIn,
  entryAt,
  entryIfThere,
  type Found,
  linesOf,
  namesIn,
  type PathName,
  placeIn,
} from './entries.ts'
import { bytesOf, ChangedTree, openLive } from './live-file.ts'
import { assertIs, awaitNextTime, isSame, shown } from './same-entry.ts'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = constants

/**
 * The tree in the working directory, which nobody else can enter and where no link is followed (`nosymfollow`). What it
 * should consist of is kept beside it, from what it was and each change, and is compared with what it is at the end.
 * Paths are bytes, one a character (latin1); the tree itself is empty.
 */
export class Tree {
  readonly #wanted: Map<string, Entry>
  /** Folders that are to get their owner, mode and time when nothing in them changes any more. */
  readonly #open = new Set<string>()
  /** What went with a folder around it, and is still to be named itself. */
  readonly #gone = new Set<string>()
  readonly #wasLive: boolean
  #canClone = true

  /** @param live what it was when it was live itself, and its folders are this program's alone by now */
  constructor(live?: ReadonlyMap<string, Found>) {
    this.#wanted = new Map<string, Entry>(live ?? entriesIn('.'))
    this.#wasLive = live !== undefined
    for (const [path, found] of live ?? []) if (found.kind === 'folder') this.#keepFolder(path, asInSet(found))
  }

  entry(path: string): Entry | undefined {
    return this.#wanted.get(path)
  }

  /**
   * Makes of the tree, which may be empty, a copy of a live one, as a set would bring it: no attributes beyond the
   * mode, and of two names for one file two files.
   * @param digest of the lines of the live tree as it must be
   * @param changed paths in which the two may differ, whatever they look like
   * @throws {ChangedTree} when it is not so, also once all is copied: a change leaves its time
   */
  copy(live: string, digest: string, changed: readonly string[] = []): void {
    this.#copyPaths(live, changed)
    const differing = this.#differing(live, digest)
    if (differing.length === 0) return
    this.#copyPaths(live, differing)
    const [left] = this.#differing(live, digest)
    if (left !== undefined) throw new Error(`${shown(left)} cannot be made as it is live`)
  }

  #differing(live: string, digest: string): string[] {
    const there = entriesIn(live)
    if (digestOf(linesOf(there)) !== digest) throw new ChangedTree()
    const isOther = ([path, found]: [string, Found]): boolean => {
      const entry = this.entry(path)
      return entry === undefined || !isSame(entry, asInSet(found))
    }
    const gone = [...this.#wanted.keys()].filter(path => !there.has(path))
    return [...[...there].filter(isOther).map(([path]) => path), ...gone]
  }

  #copyPaths(live: string, paths: readonly string[]): void {
    for (const path of paths.toSorted()) {
      const found = entryIfThere(placeIn(live, path))
      if (found === undefined) {
        if (this.#wanted.has(path) || this.#gone.has(path)) this.remove(path)
        continue
      }
      const entry = asInSet(found)
      if (entry.kind === 'folder') this.makeFolder(path, entry)
      else if (entry.kind === 'link') this.makeLink(path, entry)
      else if (entry.kind === 'pipe') this.makePipe(path, entry)
      else this.#copyFile(path, entry, placeIn(live, path))
    }
  }

  #copyFile(path: string, entry: Entry, from: PathName): void {
    if (entry.kind !== 'file') throw new Error(`${shown(path)} is of a kind that no set has`)
    const live = openLive(from)
    try {
      if (fstatSync(live).size !== entry.size) throw new ChangedTree()
      this.#clear(path)
      if (this.#clones(live, path)) dress(openSync(at(path), O_RDONLY | O_NOFOLLOW), entry)
      else
        this.writeFile(path, entry, write => {
          for (const bytes of bytesOf(live, entry.size)) write(bytes)
        })
      this.#keep(path, entry)
    } finally {
      closeSync(live)
    }
  }

  /** Makes a file of the very blocks of another one, where the file system can. */
  #clones(file: number, path: string): boolean {
    if (!this.#canClone) return false
    try {
      copyFileSync(`/proc/self/fd/${file}`, at(path), COPYFILE_EXCL | COPYFILE_FICLONE_FORCE)
    } catch {
      this.#canClone = false
    }
    return this.#canClone
  }

  makeFolder(path: string, entry: Entry): void {
    if (this.entry(path)?.kind !== 'folder') {
      this.#clear(path)
      mkdirSync(at(path), { mode: 0o700 })
    }
    this.#keepFolder(path, entry)
  }

  makeLink(path: string, entry: Entry): void {
    this.#clear(path)
    symlinkSync(Buffer.from(entry.target, 'latin1'), at(path))
    lchownSync(at(path), entry.uid, entry.gid)
    this.#keep(path, entry)
  }

  makePipe(path: string, entry: Entry): void {
    this.#clear(path)
    // Node has no mkfifo(3), and gives a program only names in UTF-8
    execFileSync('sh', ['-c', `name=$(printf '${octal(path)}/') && mkfifo -m 600 "\${name%/}"`], { stdio: 'pipe' })
    const pipe = openSync(at(path), O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    dress(pipe, entry)
    this.#keep(path, entry)
  }

  /** Writes a file anew, over what is there, which `fill` may still read. Gives its size. */
  writeFile(path: string, entry: Entry, fill: (write: (bytes: Buffer) => void, former: number | undefined) => void): number {
    // a process that was at work in it when it was live could reach it before these bits are cleared
    if (this.#wasLive && (entry.mode & 0o6000) !== 0) throw new Error('it would run as its owner or group')
    const former = this.entry(path)?.kind === 'file' ? openSync(at(path), O_RDONLY | O_NOFOLLOW) : undefined
    try {
      this.#clear(path)
      const file = openSync(at(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
      let size = 0
      const write = (bytes: Buffer): void => {
        for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from)
        size += bytes.length
      }
      try {
        fill(write, former)
      } catch (error) {
        closeSync(file)
        throw error
      }
      dress(file, entry)
      this.#keep(path, { ...entry, size })
      return size
    } finally {
      if (former !== undefined) closeSync(former)
    }
  }

  /** @throws when there is nothing */
  remove(path: string): void {
    if (this.#gone.delete(path)) return
    if (!this.#wanted.has(path) || path === '') throw new Error('it is to be deleted, and is not there')
    this.#clear(path)
  }

  /** What the tree consists of in the end. @throws when that is not what it should be: what differs first */
  finish(): ReadonlyMap<string, Found> {
    const [left] = this.#gone
    if (left !== undefined) throw new Error(`${shown(left)} went with the folder around it, and nothing says so`)
    const found = entriesIn('.')
    for (const path of found.keys()) if (!this.#wanted.has(path)) throw new Error(`${shown(path)} is there, and should not be`)
    for (const [path, entry] of this.#wanted) if (!this.#open.has(path)) assertIs(path, found.get(path), entry)
    if (this.#wasLive) awaitNextTime(found)
    for (const path of [...this.#open].toSorted((a, b) => b.length - a.length)) {
      const entry = this.entry(path)
      if (entry?.kind !== 'folder') continue
      dress(openSync(at(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), entry)
      const is = entryAt(at(path))
      assertIs(path, is, entry)
      found.set(path, is)
    }
    return found
  }

  /** Makes a name free in a folder of the tree. */
  #clear(path: string): void {
    const around = parentOf(path)
    if (path === '' || this.entry(around)?.kind !== 'folder') throw new Error('the folder around it is none')
    this.#open.add(around)
    const entry = this.entry(path)
    if (entry === undefined) return
    if (entry.kind === 'folder') this.#clearFolder(path)
    else unlinkSync(at(path))
    this.#wanted.delete(path)
  }

  #clearFolder(path: string): void {
    for (const name of namesIn(at(path))) {
      const inner = `${path}/${name}`
      if (this.entry(inner)?.kind === 'folder') this.#clearFolder(inner)
      else unlinkSync(at(inner))
      this.#wanted.delete(inner)
      this.#gone.add(inner)
    }
    rmdirSync(at(path))
  }

  #keep(path: string, entry: Entry): void {
    this.#open.delete(path)
    this.#wanted.set(path, entry)
  }

  #keepFolder(path: string, entry: Entry): void {
    this.#keep(path, entry)
    this.#open.add(path)
  }
}

const at = (path: string): PathName => placeIn('.', path)
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const octal = (path: string): string =>
  Buffer.from(`./${path}`, 'latin1').reduce((text, byte) => `${text}\\${byte.toString(8).padStart(3, '0')}`, '')

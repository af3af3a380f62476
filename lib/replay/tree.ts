import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'

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

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/**
 * The tree in the working directory, which nobody else can enter and where no link is followed (`nosymfollow`). What it
 * should consist of is kept beside it, from what it was and each change, and is compared with what it is at the end.
 * Paths are bytes, one a character (latin1); the tree itself is empty.
 */
export class Tree {
  readonly #wanted = entriesOf()
  /** Folders that are to get their owner, mode and time when nothing in them changes any more. */
  readonly #open = new Set<string>()
  /** What went with a folder around it, and is still to be named itself. */
  readonly #gone = new Set<string>()

  entry(path: string): Entry | undefined {
    return this.#wanted.get(path)
  }

  makeFolder(path: string, entry: Entry): void {
    if (this.entry(path)?.kind !== 'folder') {
      this.#clear(path)
      mkdirSync(at(path), { mode: 0o700 })
    }
    this.#keep(path, entry)
    this.#open.add(path)
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

  /** @throws when the tree is not what it should be now: what differs first */
  finish(): void {
    const [left] = this.#gone
    if (left !== undefined) throw new Error(`${shown(left)} went with the folder around it, and nothing says so`)
    for (const path of [...this.#open].toSorted((a, b) => b.length - a.length))
      if (this.#wanted.has(path)) dress(openSync(at(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW), this.#wanted.get(path)!)
    const found = entriesOf()
    for (const [path, entry] of this.#wanted) {
      const is = found.get(path)
      if (is === undefined || textOf(is) !== textOf(entry))
        throw new Error(`${shown(path)} is ${is ? textOf(is) : 'not there'}, wanted ${textOf(entry)}`)
    }
    for (const path of found.keys()) if (!this.#wanted.has(path)) throw new Error(`${shown(path)} is there, and should not be`)
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
    for (const name of namesIn(path)) {
      const inner = `${path}/${name}`
      if (this.entry(inner)?.kind === 'folder') this.#clearFolder(inner)
      else unlinkSync(at(inner))
      this.#wanted.delete(inner)
      this.#gone.add(inner)
    }
    rmdirSync(at(path))
  }

  #keep(path: string, entry: Entry): void {
    this.#wanted.set(path, entry)
  }
}

/** A path as people read it. */
export const shown = (path: string): string => (path === '' ? 'the folder itself' : Buffer.from(path, 'latin1').toString())

const at = (path: string): Buffer => Buffer.from(path === '' ? '.' : `./${path}`, 'latin1')
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const octal = (path: string): string => at(path).reduce((text, byte) => `${text}\\${byte.toString(8).padStart(3, '0')}`, '')
const namesIn = (path: string): string[] =>
  readdirSync(at(path), { encoding: 'buffer' }).map(name => (name as unknown as Buffer).toString('latin1'))

/** Gives something its owner, mode and time, in the order in which none takes back another, and closes it. */
function dress(descriptor: number, { uid, gid, mode, modified }: Entry): void {
  try {
    fchownSync(descriptor, uid, gid)
    fchmodSync(descriptor, mode)
    futimesSync(descriptor, modified, modified)
  } finally {
    closeSync(descriptor)
  }
}

function entriesOf(): Map<string, Entry> {
  const found = new Map<string, Entry>()
  const look = (path: string): void => {
    const entry = entryAt(path)
    found.set(path, entry)
    if (entry.kind === 'folder') for (const name of namesIn(path)) look(path === '' ? name : `${path}/${name}`)
  }
  look('')
  return found
}

function entryAt(path: string): Entry {
  const stat = lstatSync(at(path))
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? 'link'
        : stat.isFIFO()
          ? 'pipe'
          : 'other'
  return {
    kind,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    modified: stat.mtimeMs / 1000,
    size: stat.size,
    target: kind === 'link' ? readlinkSync(at(path), 'buffer').toString('latin1') : '',
  }
}

/** What counts of an entry: neither the mode nor the time of a link, which duplicity does not restore. */
function textOf({ kind, mode, uid, gid, modified, size, target }: Entry): string {
  const owner = `of ${uid}:${gid}`
  if (kind === 'link') return `a link ${owner} to ${shown(target)}`
  return `a ${kind} ${owner}, mode ${mode.toString(8)}, of ${modified}${kind === 'file' ? `, with ${size} bytes` : ''}`
}

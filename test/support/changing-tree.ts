import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Chance } from './chance.ts'

/** Folders in the order in which duplicity sends them, so that a change is before, at or after a seam. */
const FOLDERS = ['0', 'SITE', 'SITE/a', 'SITE/a.b', 'SITE/m/n', 'SITE/y', 'z ä']

/**
 * A folder full of files that cannot be compressed, and changes to it of every kind. Each file gets a time of its own: duplicity takes a file for unchanged whose time
 * is the same to the second.
 */
export class ChangingTree {
  readonly folder: string
  readonly #chance: Chance
  #clock = 1_600_000_000
  #count = 0

  constructor(folder: string, chance: Chance) {
    this.folder = folder
    this.#chance = chance
  }

  /** A file with random bytes, whatever is in its place by now. */
  write(path: string, bytes: number): void {
    this.#makeWay(path)
    const full = join(this.folder, path)
    if (lstatSync(full, { throwIfNoEntry: false })?.isFile() === false) rmSync(full, { recursive: true })
    writeFileSync(full, randomBytes(bytes))
    this.#date(path)
  }

  /** The folders on the way to it, where something else may be by now. */
  #makeWay(path: string): void {
    const parts = path.split('/').slice(0, -1)
    for (const [index] of parts.entries()) {
      const folder = join(this.folder, ...parts.slice(0, index + 1))
      if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(folder)
      mkdirSync(folder, { recursive: true })
    }
  }

  #date(path: string): void {
    this.#clock++
    lutimesSync(join(this.folder, path), this.#clock, this.#clock)
  }

  /** Adds files of so many bytes together. */
  grow(bytes: number): void {
    for (let left = bytes; left > 0; ) {
      const size = Math.min(left, this.#size())
      this.write(join(this.#of(FOLDERS), `f${this.#chance(1000)}-${this.#count++}`), size)
      left -= size
    }
  }

  /** Most files are small, some as large as a volume. */
  #size(): number {
    return this.#chance(6) === 0 ? 500_000 + this.#chance(1_500_000) : 1000 + this.#chance(200_000)
  }

  #of<Item>(items: readonly Item[]): Item {
    return items[this.#chance(items.length)]!
  }

  #paths(): string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter(
      path => path !== 'SITE' && !/^(PRIMARY_IS_|\.holdfast|SITE\/wp-config)/.test(path),
    )
  }

  /** A few changes anywhere. */
  change(count: number): void {
    for (let each = 0; each < count; each++) this.#changeOne()
  }

  /** Changes of owners and of folders' modes, which make no set by their contents. */
  changeRights(count: number): void {
    for (let each = 0; each < count; each++) {
      const path = join(this.folder, this.#of(this.#paths()))
      if (lstatSync(path).isSymbolicLink()) continue
      chownSync(path, this.#of([0, 33, 12_345]), this.#of([0, 33, 12_345]))
      chmodSync(path, lstatSync(path).isDirectory() ? this.#of([0o755, 0o2775, 0o700]) : this.#of([0o644, 0o600, 0o640]))
    }
  }

  /** Writes other bytes into a file and takes its time back, as a deploy or an intruder does. */
  editUnseen(path = this.#of(this.#paths().filter(each => this.#isFile(each)))): void {
    const full = join(this.folder, path)
    const { mtime, size } = lstatSync(full)
    writeFileSync(full, randomBytes(size))
    utimesSync(full, mtime, mtime)
  }

  /** Removes files until at most so many bytes are left. */
  shrinkTo(bytes: number): void {
    const sizes = this.#paths().map(path => [path, this.#isFile(path) ? lstatSync(join(this.folder, path)).size : 0] as const)
    let sum = sizes.reduce((all, [, size]) => all + size, 0)
    for (const [path, size] of sizes)
      if (sum > bytes && size > 0) {
        rmSync(join(this.folder, path))
        sum -= size
      }
  }

  #changeOne(): void {
    const paths = this.#paths()
    const path = this.#of(paths)
    const stat = lstatSync(join(this.folder, path))
    const changes: (() => void)[] = [
      () => this.grow(this.#size()),
      () => this.#remove(path, paths.length),
      () => this.#rename(path),
      () => this.#replace(path),
      () => this.#restrict(path),
      () => this.#rewrite(path, stat.size),
      () => this.#rewrite(path, stat.size + this.#size()),
      () => this.#rewrite(path, stat.size / 2),
    ]
    this.#of(changes)()
  }

  #isFile(path: string): boolean {
    return lstatSync(join(this.folder, path)).isFile()
  }

  #rewrite(path: string, bytes: number): void {
    if (this.#isFile(path)) this.write(path, Math.ceil(bytes))
    else this.grow(1000)
  }

  #remove(path: string, outOf: number): void {
    if (this.#isFile(path) || outOf > 30) rmSync(join(this.folder, path), { recursive: true })
  }

  #restrict(path: string): void {
    if (this.#isFile(path)) chmodSync(join(this.folder, path), this.#of([0o600, 0o640, 0o444]))
    else this.grow(1000)
  }

  #rename(path: string): void {
    const to = join(this.#of(FOLDERS), `r${this.#count++}`)
    if (to.startsWith(`${path}/`)) return
    this.#makeWay(to)
    if (lstatSync(join(this.folder, path), { throwIfNoEntry: false })) renameSync(join(this.folder, path), join(this.folder, to))
  }

  /** By something of another kind. */
  #replace(path: string): void {
    const full = join(this.folder, path)
    const wasFile = this.#isFile(path)
    rmSync(full, { recursive: true })
    const replacements = [
      () => (wasFile ? this.write(join(path, 'within'), this.#size()) : this.write(path, this.#size())),
      () => symlinkSync(`nowhere${this.#count++}`, full),
      () => execFileSync('mkfifo', [full]),
    ]
    this.#of(replacements)()
    this.#date(path)
  }
}

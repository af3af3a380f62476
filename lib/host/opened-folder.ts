import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { OpenedFile, opening, WrongKind } from './opened-file.ts'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = fs.constants

/** A name under which a file is written before it gets its own: nobody can foresee it. */
export const unfinished = (): string => `.holdfast-${process.pid}-${randomBytes(8).toString('hex')}.new`

/** Such a name, which a process that was killed may leave, with the process's id. */
export const UNFINISHED = /^\.holdfast-(\d+)-[0-9a-f]{16}\.new$/

/**
 * A folder held open. Whoever may write in the folders around it can exchange a name for a link between a look and a
 * use (S41): so all work goes through the descriptor, one name at a time, and follows no link. Node knows no `openat`;
 * `/proc/PID/fd/N/NAME` is the same (proc(5)).
 */
export class OpenedFolder implements Disposable {
  readonly #descriptor: number
  /** What people call it. What is at that path now may be something else. */
  readonly name: string
  /** Leads to this very folder while it is open, for this process and its commands. */
  readonly path: string

  private constructor(descriptor: number, name: string) {
    this.#descriptor = descriptor
    this.name = name
    this.path = `/proc/${process.pid}/fd/${descriptor}`
  }

  /** Opens a folder, no link, by a path that nobody else can change. @throws {WrongKind} when it is no folder */
  static open(path: string): OpenedFolder {
    return new OpenedFolder(opening(path, path, 'a folder', O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path)
  }

  /** The same, undefined where there is none. */
  static openIfThere(path: string): OpenedFolder | undefined {
    return unless(isMissing, () => OpenedFolder.open(path))
  }

  /** The same, undefined also where something else stands in its place. */
  static openPlain(path: string): OpenedFolder | undefined {
    return unless(isOther, () => OpenedFolder.openIfThere(path))
  }

  /** The same for a folder that an administrator names: it may be a link. */
  static openNamed(path: string): OpenedFolder {
    return new OpenedFolder(opening(path, path, 'a folder', O_RDONLY | O_DIRECTORY), path)
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor)
  }

  /** Opens a folder below, such as `SITE/uploads`, part by part. @throws {WrongKind} at a link or another kind */
  folder(way: string): OpenedFolder {
    const [first = '', ...rest] = way.split('/')
    const path = `${this.name}/${first}`
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    const child = this.#named(() => new OpenedFolder(opening(this.at(first), path, 'a folder', flags), path))
    if (rest.length === 0) return child
    using _ = child
    return child.folder(rest.join('/'))
  }

  /** The same, undefined where there is none. */
  folderIfThere(way: string): OpenedFolder | undefined {
    return unless(isMissing, () => this.folder(way))
  }

  /** The same, undefined also where something else stands in its place: it must not end the work on others. */
  plainFolder(way: string): OpenedFolder | undefined {
    return unless(isOther, () => this.folderIfThere(way))
  }

  names(): string[] {
    return this.#named(() => fs.readdirSync(this.path).toSorted())
  }

  /** The same without waiting, so that several can be read at once. It has to stay open until then. */
  async namesLater(): Promise<string[]> {
    const [read] = await Promise.allSettled([fs.promises.readdir(this.path)])
    return this.#named(() => {
      if (read.status === 'rejected') throw read.reason
      return read.value.toSorted()
    })
  }

  /** What is in it, each with its kind: a link itself and not what it leads to. */
  entries(): fs.Dirent[] {
    return this.#named(() => fs.readdirSync(this.path, { withFileTypes: true }))
  }

  /** What a name in it stands for, a link itself and not what it leads to; undefined for nothing. */
  look(name: string): fs.Stats | undefined {
    return this.#named(() => fs.lstatSync(this.at(name), { throwIfNoEntry: false }))
  }

  link(name: string): string {
    return this.#named(() => fs.readlinkSync(this.at(name)))
  }

  /** The inode of what has a name in it, exactly; undefined for nothing. */
  inode(name: string): string | undefined {
    return this.#named(() => fs.lstatSync(this.at(name), { throwIfNoEntry: false, bigint: true }))?.ino.toString()
  }

  /** What tells a file from what had its name before, and was not written here; undefined for no file. */
  mark(name: string): string | undefined {
    const stat = this.#named(() => fs.lstatSync(this.at(name), { throwIfNoEntry: false, bigint: true }))
    return stat?.isFile() ? [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join() : undefined
  }

  /** Opens a file in it to be read. @throws {WrongKind} for a link or a pipe: neither followed nor waited for */
  file(name: string): OpenedFile {
    const path = `${this.name}/${name}`
    return this.#named(() => OpenedFile.of(opening(this.at(name), path, 'a file', O_RDONLY | O_NOFOLLOW | O_NONBLOCK), path))
  }

  /** The same, undefined where there is none. */
  fileIfThere(name: string): OpenedFile | undefined {
    return unless(isMissing, () => this.file(name))
  }

  /** The same, undefined also where something else stands in its place. */
  plainFile(name: string): OpenedFile | undefined {
    return unless(isOther, () => this.fileIfThere(name))
  }

  /** The text of a file in it; undefined where there is none. @throws when it is longer than allowed, or no file */
  text(name: string, limit: number): string | undefined {
    using file = this.fileIfThere(name)
    return file?.text(limit)
  }

  /** Makes a new file. @throws with the code EEXIST when the name is taken, also by a link that leads nowhere */
  create(name: string, mode = 0o600): OpenedFile {
    const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
    return this.#named(() => OpenedFile.of(fs.openSync(this.at(name), flags, mode), `${this.name}/${name}`))
  }

  /** Writes a file whole or not at all: beside it first, then over it. */
  write(name: string, text: string | Buffer, mode = 0o600): void {
    const first = unfinished()
    try {
      using file = this.create(first, mode)
      file.write(text)
      this.rename(first, name)
    } catch (error) {
      unless(
        () => true,
        () => this.removeFile(first),
      )
      throw error
    }
  }

  /** Makes a folder in it. @throws with the code EEXIST when the name is taken */
  makeFolder(name: string, mode = 0o700): void {
    this.#named(() => fs.mkdirSync(this.at(name), { mode }))
  }

  /** Opens a folder in it, which is made when it is missing. @throws {WrongKind} when something else has the name */
  folderMade(name: string, mode = 0o700): OpenedFolder {
    try {
      this.makeFolder(name, mode)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    return this.folder(name)
  }

  /** The path at which it is now, as the kernel knows it: without a link. */
  real(): string {
    return fs.readlinkSync(this.path)
  }

  stat(): fs.Stats {
    return fs.fstatSync(this.#descriptor)
  }

  /** When it was last changed, which nobody can set: something came into it or went, its owner, mode or times. */
  changedNs(): bigint {
    return fs.fstatSync(this.#descriptor, { bigint: true }).ctimeNs
  }

  setOwner(uid: number, gid: number): void {
    fs.fchownSync(this.#descriptor, uid, gid)
  }

  setTimes(accessed: Date, modified: Date): void {
    fs.futimesSync(this.#descriptor, accessed, modified)
  }

  setMode(mode: number): void {
    fs.fchmodSync(this.#descriptor, mode)
  }

  removeFolder(name: string): void {
    unless(isMissing, () => this.#named(() => fs.rmdirSync(this.at(name))))
  }

  /** Renames what is in it, a link itself too, within it or into another folder; what has the new name is replaced. */
  rename(name: string, to: string, into: OpenedFolder = this): void {
    this.#named(() => into.#named(() => fs.renameSync(this.at(name), into.at(to))))
  }

  /** Removes a file or a link itself, if it is there. */
  removeFile(name: string): void {
    unless(isMissing, () => this.#named(() => fs.unlinkSync(this.at(name))))
  }

  /** Removes whatever has a name, a folder with all that is in it: in a folder that nobody else can change. */
  removeAll(name: string): void {
    this.#named(() => fs.rmSync(this.at(name), { recursive: true, force: true }))
  }

  /** The path of a name in it. Whatever is given it must not follow a link that has the name. */
  at(name: string): string {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
      throw new Error(`${JSON.stringify(name)} is no name of a file in ${this.name}`)
    return `${this.path}/${name}`
  }

  /** Errors speak of the path that people know. */
  #named<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      if (error instanceof Error) error.message = error.message.replaceAll(this.path, this.name)
      throw error
    }
  }
}

/** Nothing where the work fails in the way that is foreseen. */
function unless<Result>(isForeseen: (error: unknown) => boolean, work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (isForeseen(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
const isOther = (error: unknown): boolean => error instanceof WrongKind

import { type OpenedFile, WrongKind } from '../host/opened-file.ts'
import type { OpenedFolder } from '../host/opened-folder.ts'
import { COMPLETION_LINE } from './dump-file.ts'
import { listedParts, listOfParts, partName } from './dump-parts.ts'
import { PartWriter } from './part-writer.ts'

const COMPLETE = partName('complete')
/** Bytes of the list of parts, at most. */
const LONGEST_LIST = 64 << 20

/**
 * The folder of a database's dump, in which each table has a file, while the dump of tonight takes its place. What
 * differs is written beside it first; what does not is left as it is, its time and inode too. A run that is interrupted
 * leaves the dump of the last night, or what the next one needs to finish that of tonight.
 */
export class DumpFolder implements Disposable {
  readonly #companion: OpenedFolder | undefined
  readonly name: string
  /** Where it is until all of it is there. */
  readonly beside: string
  #folders: { readonly fresh: OpenedFolder; readonly kept: OpenedFolder | undefined } | undefined
  #writing: { readonly name: string; readonly writer: PartWriter } | undefined
  #parts = new Map<string, number>()

  /** @param companion undefined in a dry run, in which nothing is written */
  constructor(companion: OpenedFolder | undefined, name: string) {
    this.#companion = companion
    this.name = name
    this.beside = `${name}.new`
  }

  [Symbol.dispose](): void {
    using _ = this.#writing?.writer
    using __ = this.#folders?.fresh
    using ___ = this.#folders?.kept
    this.#writing = undefined
    this.#folders = undefined
  }

  /** The dumps in a companion folder of which an interrupted run left something. */
  static leftIn(companion: OpenedFolder): DumpFolder[] {
    const names = companion.names().filter(name => /^database(-.*)?\.tables\.new$/.test(name))
    return names.map(name => new DumpFolder(companion, name.replace(/\.new$/, '')))
  }

  /** Puts in place what that run had finished, and removes what it had not, or what only looks like it. */
  finishLeft(): void {
    try {
      const fresh = this.#ownFolder(this.beside)
      if (fresh) this.#folders = { fresh, kept: this.#ownFolder(this.name) }
      if (fresh?.look(COMPLETE) && this.#isWhole()) this.putInPlace()
    } catch (error) {
      // a restored folder can bring anything
      if (!(error instanceof WrongKind)) throw error
    } finally {
      this.remove()
    }
  }

  /** Begins, or begins anew. What has the name may have come with a restored folder: it is removed, not followed. */
  prepare(): void {
    this.remove()
    this.#folders = { fresh: this.#companion!.folderMade(this.beside), kept: this.#ownFolder(this.name) }
    this.#parts = new Map()
  }

  /** Adds to a part. Each is written from its beginning to its end. */
  take(name: string, bytes: Buffer | string): void {
    if (this.#writing?.name !== name) {
      this.finishPart()
      if (this.#parts.has(name)) throw new Error(`the dump has two parts that would be ${name}`)
      const { fresh, kept } = this.#folders!
      this.#writing = { name, writer: new PartWriter(name, fresh, kept?.plainFile(name)) }
    }
    this.#writing!.writer.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  }

  finishPart(): void {
    if (!this.#writing) return
    const { name, writer } = this.#writing
    this.#writing = undefined
    using _ = writer
    this.#parts.set(name, writer.finish())
  }

  /** Takes a part as it is in the dump of the last night. @returns false where there is none */
  keep(name: string): boolean {
    const there = this.#folders?.kept?.look(name)
    if (there?.isFile()) this.#parts.set(name, there.size)
    return there?.isFile() ?? false
  }

  /** Opens a part of the dump of the last night. */
  lastPart(name: string): OpenedFile | undefined {
    return this.#folders?.kept?.plainFile(name)
  }

  /** Opens a part of the dump that is in place. */
  placedPart(name: string): OpenedFile | undefined {
    using folder = this.#companion && this.#ownFolder(this.name)
    return folder?.plainFile(name)
  }

  /** What tells the files that are in place from any others; undefined where there is no dump of this user's. */
  marks(): Record<string, string> | undefined {
    using folder = this.#companion && this.#ownFolder(this.name)
    return folder && Object.fromEntries(folder.names().map(name => [name, folder.mark(name) ?? 'no file']))
  }

  /** @param remarks comments at the end */
  complete(remarks: string): void {
    this.finishPart()
    const { fresh, kept } = this.#folders!
    const text = `${remarks}${listOfParts(this.#parts)}${COMPLETION_LINE}`
    const isSame = (): boolean => {
      const names = kept?.names().filter(name => name !== COMPLETE)
      using last = kept?.plainFile(COMPLETE)
      return names?.length === this.#parts.size && last?.text(LONGEST_LIST) === text
    }
    if (fresh.names().length === 0 && isSame()) return
    // whole even where it is as it was: that it is there says that all others are
    fresh.write(COMPLETE, text)
  }

  /**
   * Puts all parts in place, what says that they are complete at last. Done in part, it is finished by another call.
   */
  putInPlace(): void {
    const companion = this.#companion!
    const { fresh, kept } = this.#folders!
    if (kept && fresh.names().length === 0) {
      this.remove()
      return
    }
    if (!this.#isWhole()) throw new Error('the dump is not complete: parts of it are missing')
    if (!kept) {
      companion.removeAll(this.name)
      companion.rename(this.beside, this.name)
      return
    }
    const parts = [...this.#listed().keys(), COMPLETE]
    for (const name of fresh.names().filter(each => each !== COMPLETE)) replace(name, fresh, kept)
    for (const name of kept.names().filter(each => !parts.includes(each))) kept.removeAll(name)
    replace(COMPLETE, fresh, kept)
    companion.removeAll(this.beside)
  }

  /** Removes what is unfinished. What is whole, and could not be put in place, is left for the next run to do that. */
  giveUp(): void {
    const fresh = this.#folders?.fresh
    if (fresh?.look(COMPLETE)) this[Symbol.dispose]()
    else this.remove()
  }

  /** Removes what is beside. */
  remove(): void {
    this[Symbol.dispose]()
    this.#companion?.removeAll(this.beside)
  }

  /** One that is somebody else's was not made here. */
  #ownFolder(name: string): OpenedFolder | undefined {
    const folder = this.#companion!.plainFolder(name)
    if (folder?.stat().uid === (process.geteuid?.() ?? folder?.stat().uid)) {
      folder?.setMode(0o700)
      return folder
    }
    folder?.[Symbol.dispose]()
    return undefined
  }

  #listed(): ReadonlyMap<string, number> {
    return listedParts(this.#folders!.fresh.text(COMPLETE, LONGEST_LIST) ?? '')
  }

  #isWhole(): boolean {
    const { fresh, kept } = this.#folders!
    const listed = this.#listed()
    return listed.size > 0 && [...listed].every(([name, bytes]) => (fresh.look(name) ?? kept?.look(name))?.size === bytes)
  }
}

/** Puts a file in place of the one that is there, with a later time, without which duplicity would miss the change. */
function replace(name: string, fresh: OpenedFolder, kept: OpenedFolder): void {
  using file = fresh.file(name)
  using last = kept.plainFile(name)
  if (last && name === COMPLETE && last.text(LONGEST_LIST) === file.text(LONGEST_LIST)) return
  if (!last) kept.removeAll(name)
  const time = new Date(1000 * Math.max(Math.floor(Date.now() / 1000), last ? Math.floor(last.stat.mtimeMs / 1000) + 1 : 0))
  file.setTimes(time, time)
  fresh.rename(name, name, kept)
}

import type { Stats } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { COMPANION, DUMP, formerName } from '../host/companion.ts'
import { sameBytes } from '../host/opened-file.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { bytesOf, databaseNamedIn, isComplete } from './dump-file.ts'
import { listedParts, partName, partNames } from './dump-parts.ts'

/** A file of a dump, held open by its folder. */
export interface DumpFile {
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** What tells it from one that takes its place, and from what it becomes. */
  readonly stamp: string
}

/** Bytes of the list of parts, at most. */
const LONGEST_LIST = 64 << 20

/**
 * A dump of a database, held open to be read: a folder with a file for each of its parts or, in older sets, one file.
 * What is reported of it and what is read is the same, whatever its owner puts there meanwhile.
 */
export class OpenedDump implements Disposable {
  readonly #held: DisposableStack
  /** Its name in the companion folder. */
  readonly name: string
  /** The folder, or the file. */
  readonly place: { readonly path: string; readonly name: string }
  /** In the order in which they are the whole dump. */
  readonly files: readonly DumpFile[]

  private constructor(held: DisposableStack, name: string, place: OpenedDump['place'], files: readonly DumpFile[]) {
    this.#held = held
    this.name = name
    this.place = place
    this.files = files
  }

  /** Opens one of a companion folder; undefined where there is none, or something else has the name. */
  static in(companion: OpenedFolder, name: string): OpenedDump | undefined {
    using held = new DisposableStack()
    const folder = companion.plainFolder(name)
    if (folder) {
      held.use(folder)
      return new OpenedDump(held.move(), name, folder, filesIn(folder))
    }
    const file = companion.plainFile(name)
    if (!file) return undefined
    held.use(file)
    return new OpenedDump(held.move(), name, file, [fileOf(name, file.path, file.stat)])
  }

  /** Opens one at a path that nobody else can change. */
  static at(path: string): OpenedDump | undefined {
    using companion = OpenedFolder.openPlain(dirname(path))
    return companion && OpenedDump.in(companion, basename(path))
  }

  [Symbol.dispose](): void {
    this.#held.dispose()
  }

  /** Whether it has a file for each part. */
  get isFolder(): boolean {
    return this.place.path !== this.paths[0]
  }

  get paths(): readonly string[] {
    return this.files.map(({ path }) => path)
  }

  get bytes(): number {
    return this.files.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** The database that it says it was made of; undefined where its first bytes do not say. */
  async database(): Promise<string | undefined> {
    for await (const bytes of bytesOf(this.paths.slice(0, 1))) return databaseNamedIn(bytes.subarray(0, 1000))
    return undefined
  }

  /** Whether it ends as a finished dump does and, of several files, has all of them, as long as they were. */
  async isComplete(): Promise<boolean> {
    const last = this.files.at(-1)
    if (!last || !(await isComplete(last.path))) return false
    return !this.isFolder || (await this.#isWhole(last))
  }

  async #isWhole(last: DumpFile): Promise<boolean> {
    if (last.name !== partName('complete') || last.bytes > LONGEST_LIST) return false
    const listed = listedParts(await readFile(last.path, 'utf8'))
    const parts = this.files.slice(0, -1)
    return parts.length === listed.size && parts.every(({ name, bytes }) => listed.get(name) === bytes)
  }
}

/** The parts in a folder. @throws when others could change them while they are read */
function filesIn(folder: OpenedFolder): DumpFile[] {
  const { uid, mode } = folder.stat()
  const me = process.geteuid?.() ?? uid
  if (uid !== me || (mode & 0o022) !== 0)
    throw new Error(`${folder.name} can be changed by others than user ${me}: it is not read; look at who made it`)
  return partNames(folder.names()).map(name => {
    const found = folder.look(name)
    if (!found?.isFile()) throw new Error(`${folder.name}/${name} is no file: it is not read`)
    return fileOf(name, folder.at(name), found)
  })
}

const fileOf = (name: string, path: string, { ino, size, mtimeMs, ctimeMs }: Stats): DumpFile => ({
  ...{ name, path, bytes: size },
  stamp: [ino, size, mtimeMs, ctimeMs].join(' '),
})

/** The parts in which two dumps differ, byte for byte; undefined where they do not consist of the same ones. */
export async function differingParts(one: OpenedDump, other: OpenedDump): Promise<readonly string[] | undefined> {
  const shapeOf = ({ files }: OpenedDump): string => JSON.stringify(files.map(({ name }) => name))
  if (shapeOf(one) !== shapeOf(other)) return undefined
  const differing: string[] = []
  for (const [index, { name, path, bytes }] of one.files.entries()) {
    const twin = other.files[index]!
    if (bytes !== twin.bytes || !(await sameBytes(path, twin.path))) differing.push(name)
  }
  return differing
}

/**
 * Opens a dump in a site's folder, live or restored: of its own database, when nothing else is said. In an older set it
 * has its former name.
 */
export function openDump(folder: string, name = DUMP): OpenedDump | undefined {
  using opened = OpenedFolder.openIfThere(folder)
  using companion = opened?.plainFolder(COMPANION)
  const former = formerName(name)
  return companion && (OpenedDump.in(companion, name) ?? (former === undefined ? undefined : OpenedDump.in(companion, former)))
}

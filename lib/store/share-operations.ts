import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { together } from '../engine/at-once.ts'
import { type OpenedFolder, unfinished } from '../host/opened-folder.ts'
import type { SentFiles } from './share-listing.ts'
import { hashOfClaims, heldIn, type WrittenClaims, writtenClaimsIn } from './written-claims.ts'

/** What is known of a file that is to be written over, and of whose the folder is. */
interface Known {
  /** SHA-256 of its text, of at most so many bytes; null where it is not there. */
  readonly hash: string | null
  readonly limit: number
  /** Of what says whose the folder is; null where that does not matter. */
  readonly claims: string | null
}

/** What the methods of ShareFiles do, by relative paths without links. @param mode of new folders */
export function operationsIn(root: OpenedFolder, mode: number) {
  /** Works in the folder that a path lies in. */
  const inFolder = <Result>(path: string, work: (folder: OpenedFolder, name: string) => Result): Result => {
    const way = dirname(path)
    if (way === '.') return work(root, path)
    using folder = root.folder(way)
    return work(folder, basename(path))
  }
  /** Works in a folder, where there is one. */
  const atFolder = <Result>(path: string, work: (folder: OpenedFolder) => Result): Result | undefined => {
    if (path === '.') return work(root)
    using folder = root.folderIfThere(path)
    return folder && work(folder)
  }
  const names = (path: string, prefix: string): readonly string[] =>
    atFolder(path, folder => folder.names().filter(name => name.startsWith(prefix))) ?? []
  return {
    read: (path: string, limit: number) => inFolder(path, (folder, name) => headOf(folder, name, limit)),
    list: (path: string) => atFolder(path, filesIn),
    look: (path: string, limits: Readonly<Record<string, number>>, isNow: boolean) =>
      atFolder(path, folder => lookAt(folder, limits, isNow)),
    looks: (paths: readonly string[], limits: Readonly<Record<string, number>>) =>
      paths.map(path => unlessItFails(() => atFolder(path, folder => lookAt(folder, limitsOfSmall(folder, limits))))),
    exchange: (path: string, known: Known, remove: string, text: string) =>
      inFolder(path, (folder, name) => exchange(folder, name, known, { remove, text })),
    names,
    hashes: (path: string, files: readonly string[], limit: number) =>
      atFolder(path, folder => files.map(name => unlessItFails(() => hashOf(folder, name, limit)))),
    claims: (path: string, isNow: boolean) =>
      atFolder(path, folder => {
        if (isNow) refresh(folder)
        return writtenClaimsIn(folder)
      }),
    claimsBelow: async () => {
      const folders = root.names().filter(name => root.look(name)?.isDirectory())
      const claims = await together(folders, AT_ONCE, async name => {
        using folder = root.folderIfThere(name)
        return folder && ([name, writtenClaimsIn(folder, await folder.namesLater())] as const)
      })
      return claims.filter(found => found !== undefined)
    },
    held: (path: string) => inFolder(path, heldIn),
    write: (path: string, text: string) => inFolder(path, (folder, name) => folder.write(name, text)),
    create: (path: string, text: string) =>
      inFolder(path, (folder, name) => could(() => createIn(folder, name, text), ['EEXIST'])),
    makeFolder: (path: string) => inFolder(path, (folder, name) => folder.folderMade(name, mode)[Symbol.dispose]()),
    makeFolderWith: (path: string, file: string, text: string) =>
      inFolder(path, (folder, name) => makeWith(folder, name, { file, text, mode })),
    rename: (path: string, to: string) =>
      inFolder(path, (folder, name) => could(() => folder.rename(name, to), ['ENOENT', ...FULL])),
    remove: (path: string) => inFolder(path, (folder, name) => folder.removeFile(name)),
    writeAndReadBack: (prefix: string, text: string) => writeAndReadBack(root, prefix, text),
  }
}

/** Folders whose names are read at the same time: each is a wait for the disk, or for the server. */
const AT_ONCE = 4

/** The first bytes of a file as text; undefined where there is none. */
export const headOf = (folder: OpenedFolder, name: string, limit: number): string | undefined =>
  bytesOf(folder, name, limit)?.toString('utf8')

function bytesOf(folder: OpenedFolder, name: string, limit: number): Buffer | undefined {
  using file = folder.fileIfThere(name)
  return file?.head(limit)
}

/** The same, undefined also where something else stands in its place: that is written over. */
function headIfFile(folder: OpenedFolder, name: string, limit: number): string | undefined {
  using file = folder.plainFile(name)
  return file?.head(limit).toString('utf8')
}

/** Bytes of a file that is read together with those of other folders: whoever writes to a share can fill them all. */
const SMALL = 1_000_000

const limitsOfSmall = (folder: OpenedFolder, limits: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(limits).filter(([name]) => (folder.look(name)?.size ?? 0) <= SMALL))

/** Looks from within the folder, which halves the time: each way through a descriptor is four folders long. */
function filesIn(folder: OpenedFolder, names = folder.names()): SentFiles {
  const files: string[] = []
  const [bytes, modifiedAt]: [number[], number[]] = [[], []]
  process.chdir(folder.path)
  try {
    for (const name of names) {
      const stat = lstatSync(name, { throwIfNoEntry: false })
      if (!stat?.isFile()) continue
      files.push(name)
      bytes.push(stat.size)
      modifiedAt.push(Math.floor(stat.mtimeMs))
    }
  } finally {
    process.chdir('/') // or the share could not be unmounted
  }
  return { names: Buffer.from(files.join('/')), bytes: Float64Array.from(bytes), modifiedAt: Float64Array.from(modifiedAt) }
}

/** The files of a folder, the first bytes of some, and what says whose it is; null where that cannot be read anew. */
function lookAt(folder: OpenedFolder, limits: Readonly<Record<string, number>>, isNow = false) {
  const isFresh = !isNow || unlessItFails(() => refresh(folder)) !== null
  const names = folder.names()
  const claims = isFresh ? writtenClaimsIn(folder, names) : null
  return { files: filesIn(folder, names), texts: textsIn(folder, limits), claims }
}

/**
 * Makes a file in a folder and removes it: a client of NFS or sshfs may show a listing of half a minute ago (acdirmax
 * in nfs(5), dcache_timeout in sshfs), but not once it has changed the folder itself. On a full one it shows what it
 * may.
 */
function refresh(folder: OpenedFolder): true {
  const name = unfinished()
  if (could(() => folder.create(name)[Symbol.dispose](), FULL)) folder.removeFile(name)
  return true
}

/** Of a file as its server has it: what this machine remembers of writing it is forgotten first (`nocache`). */
function hashOf(folder: OpenedFolder, name: string, limit: number): string | undefined {
  using file = folder.file(name)
  spawnSync('dd', ['iflag=nocache', 'count=0'], { stdio: [file.descriptor, 'ignore', 'ignore'] })
  const bytes = file.head(limit + 1)
  return bytes.length > limit ? undefined : createHash('sha256').update(bytes).digest('hex')
}

/** Null for what fails: who wants it is told when it is asked for by itself. */
function unlessItFails<Result>(work: () => Result | undefined): Result | null {
  try {
    return work() ?? null
  } catch {
    return null
  }
}

/** The first bytes of files, null for one that is not there. One that cannot be read is left out: who wants it asks. */
function textsIn(
  folder: OpenedFolder,
  limits: Readonly<Record<string, number>>,
): readonly (readonly [string, Uint8Array | null])[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    try {
      return [[name, bytesOf(folder, name, limit) ?? null] as const]
    } catch {
      return []
    }
  })
}

/** Writes over what is as it is known to be, and removes another file; else gives what is there. */
function exchange(
  folder: OpenedFolder,
  name: string,
  known: Known,
  { remove, text }: { remove: string; text: string },
): { readonly isDone: boolean; readonly read: number; readonly text?: string | null; readonly claims?: WrittenClaims } {
  if (known.claims !== null) {
    refresh(folder)
    const claims = writtenClaimsIn(folder)
    if (hashOfClaims(claims) !== known.claims) return { isDone: false, read: 0, claims }
  }
  const found = headIfFile(folder, name, known.limit) ?? null
  const read = found === null ? 0 : Buffer.byteLength(found)
  const isKnown = known.hash === (found === null ? null : createHash('sha256').update(found).digest('hex'))
  if (!isKnown) return { isDone: false, read, text: found }
  folder.write(name, text)
  folder.removeFile(remove)
  return { isDone: true, read }
}

function createIn(folder: OpenedFolder, name: string, text: string): void {
  using file = folder.create(name, 0o644)
  file.write(text)
}

function makeWith(
  around: OpenedFolder,
  name: string,
  { file, text, mode }: { file: string; text: string; mode: number },
): boolean {
  const first = unfinished()
  try {
    return could(() => {
      around.makeFolder(first, mode)
      using made = around.folder(first)
      createIn(made, file, text)
      around.rename(first, name)
    }, ['EEXIST', 'ENOTEMPTY', 'ENOTDIR', ...FULL])
  } catch (error) {
    // SFTP has one word for most failures, which sshfs gives as EPERM
    if ((error as NodeJS.ErrnoException).code === 'EPERM' && around.look(name)) return false
    throw error
  } finally {
    using left = around.folderIfThere(first)
    left?.removeFile(file)
    if (left) around.removeFolder(first)
  }
}

const FULL = ['ENOSPC', 'EDQUOT']

/** Whether it could be done: not for one of these reasons. */
function could(work: () => void, reasons: readonly string[]): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (reasons.includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

function writeAndReadBack(root: OpenedFolder, prefix: string, text: string): string {
  const name = `${prefix}${randomBytes(8).toString('hex')}`
  using made = root.create(name)
  try {
    made.write(text)
    return headOf(root, name, 10 * text.length) ?? ''
  } finally {
    root.removeFile(name)
  }
}

import { randomBytes } from 'node:crypto'
import { type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FolderStat } from '../core/mount-check.ts'
import { OpenedFolder, unfinished } from '../host/opened-folder.ts'
import { IDENTITY, IDENTITY_LIMIT, type SharePlace } from './share-place.ts'

/** A file of a folder on a share. */
export interface ShareFile {
  readonly name: string
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

/** What the methods of ShareFiles do, by relative paths without links. @param mode of new folders */
function operationsIn(root: OpenedFolder, mode: number) {
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
    names,
    namesNow: (path: string, prefix: string) => {
      atFolder(path, refresh)
      return names(path, prefix)
    },
    held: (paths: readonly string[], limit: number) =>
      paths.map(path => inFolder(path, (around, name) => filesWithText(around, name, limit))),
    namesBelow: (prefix: string) =>
      root
        .names()
        .filter(name => root.look(name)?.isDirectory())
        .map(name => [name, names(name, prefix)] as const),
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

/** What can be asked of the process that works on shares. */
export type ShareOperations = ReturnType<typeof operationsIn> & { readonly stat: () => ReturnType<typeof statOf> }

/** One line to the process. */
export interface ShareRequest<Name extends keyof ShareOperations = keyof ShareOperations> {
  readonly place: SharePlace
  readonly operation: Name
  readonly args: Parameters<ShareOperations[Name]>
}

/** One line back; no answer stands for undefined. */
export type ShareReply =
  | { readonly answer?: unknown; readonly failure?: never }
  | { readonly answer?: never; readonly failure: { readonly message: string; readonly code?: string; readonly isGone: boolean } }

function replyTo({ place, operation, args }: ShareRequest): ShareReply {
  try {
    if (operation === 'stat') return { answer: statOf(place.base) }
    using root = openArchive(place)
    const operations = operationsIn(root, place.isLocal ? 0o700 : 0o777)
    return { answer: (operations[operation] as (...args: unknown[]) => unknown)(...args) }
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    return { failure: { message, isGone: error instanceof Gone, ...(code === undefined ? {} : { code }) } }
  }
}

/** The archive is not where it was: what is there now is another, or none. */
class Gone extends Error {}

/** Opens the archive's folder. @throws {Gone} when it is known which it is, and another or none is there */
function openArchive({ base, way, identity }: SharePlace): OpenedFolder {
  if (identity === undefined) return open(base, way)
  let found: string | undefined
  let root: OpenedFolder | undefined
  try {
    root = open(base, way)
    found = headOf(root, IDENTITY, IDENTITY_LIMIT)?.trim()
  } catch (error) {
    root?.[Symbol.dispose]()
    throw new Gone(`can no longer be read (${(error as Error).message}) in`)
  }
  if (found === identity) return root
  root[Symbol.dispose]()
  throw new Gone('is no longer in')
}

function open(base: string, way: string): OpenedFolder {
  if (way === '') return OpenedFolder.openNamed(base)
  using around = OpenedFolder.openNamed(base)
  return around.folder(way)
}

/** What the folder of the share itself is like, and the one around it; undefined where there is none. */
function statOf(path: string): { readonly found: FolderStat; readonly around: FolderStat } | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && { found: folderStat(found), around: folderStat(statSync(join(path, '..'))) }
}

const folderStat = (stat: Stats): FolderStat => ({
  device: stat.dev,
  owner: stat.uid,
  group: stat.gid,
  links: stat.nlink,
  size: stat.size,
  isFolder: stat.isDirectory(),
})

function headOf(folder: OpenedFolder, name: string, limit: number): string | undefined {
  using file = folder.fileIfThere(name)
  return file?.head(limit).toString('utf8')
}

const filesIn = (folder: OpenedFolder): readonly ShareFile[] =>
  folder.names().flatMap(name => {
    const stat = folder.look(name)
    return stat?.isFile() ? [{ name, bytes: stat.size, modifiedAt: Math.floor(stat.mtimeMs) }] : []
  })

/** The plain files of a folder with their first bytes; none where there is no folder of that name. */
function filesWithText(around: OpenedFolder, folder: string, limit: number): readonly (readonly [name: string, text: string])[] {
  using held = around.plainFolder(folder)
  const names = held?.names() ?? []
  return names.flatMap(name => {
    using file = held?.plainFile(name)
    return file ? [[name, file.head(limit).toString('utf8')] as const] : []
  })
}

/**
 * Makes a file in a folder and removes it: a client of NFS or sshfs may show a listing of half a minute ago (acdirmax
 * in nfs(5), dcache_timeout in sshfs), but not once it has changed the folder itself. On a full one it shows what it
 * may.
 */
function refresh(folder: OpenedFolder): void {
  const name = unfinished()
  if (could(() => folder.create(name)[Symbol.dispose](), FULL)) folder.removeFile(name)
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

/**
 * The process that works on shares: a request a line on standard input, a reply a line on standard output. It ends with
 * its input. Nothing stays open between two requests, so that the share can be unmounted.
 */
for await (const line of createInterface(process.stdin)) process.stdout.write(`${JSON.stringify(replyTo(JSON.parse(line)))}\n`)

import { randomBytes } from 'node:crypto'
import { type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FolderStat } from '../core/mount-check.ts'
import { OpenedFolder, unfinished } from '../host/opened-folder.ts'
import {
  IDENTITY,
  IDENTITY_LIMIT,
  type ShareAnswers,
  type ShareFile,
  type SharePlace,
  type ShareReply,
  type ShareRequest,
  type ShareWork,
} from './share-work.ts'

function replyTo({ place, work }: ShareRequest): ShareReply {
  try {
    if (work.do === 'stat') return { answer: statOf(place.base) }
    using root = opened(place)
    return { answer: perform(root, work, place.isLocal ? 0o700 : 0o777) }
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    return { failure: { message, ...(code === undefined ? {} : { code }), ...(error instanceof Gone ? { isGone: true } : {}) } }
  }
}

/** The archive is not where it was: what is there now is another, or none. */
class Gone extends Error {}

/**
 * Opens the archive's folder, and looks in it whether it is the one. @throws {Gone} when it was known, and is not there
 */
function opened({ base, way, identity }: SharePlace): OpenedFolder {
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

type WorkInside = Exclude<ShareWork, { do: 'stat' }>

function statOf(path: string): ShareAnswers['stat'] {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? { found: folderStat(found), around: folderStat(statSync(join(path, '..'))) } : null
}

const folderStat = (stat: Stats): FolderStat => ({
  device: stat.dev,
  owner: stat.uid,
  group: stat.gid,
  links: stat.nlink,
  size: stat.size,
  isFolder: stat.isDirectory(),
})

/** @param mode of folders that are made */
function perform(root: OpenedFolder, work: WorkInside, mode: number): ShareAnswers[keyof ShareAnswers] {
  switch (work.do) {
    case 'read':
      return inFolder(root, work.path, (folder, name) => headOf(folder, name, work.limit))
    case 'list':
      return listed(root, work.path)
    case 'names':
      return namesIn(root, work.path, work.prefix)
    case 'names-below':
      return namesBelow(root, work.prefix)
    case 'write':
      inFolder(root, work.path, (folder, name) => folder.write(name, work.text))
      return null
    case 'create':
      return inFolder(root, work.path, (folder, name) => created(folder, name, work.text))
    case 'make-folder':
      inFolder(root, work.path, (folder, name) => folder.folderMade(name, mode)[Symbol.dispose]())
      return null
    case 'make-folder-with':
      return inFolder(root, work.path, (folder, name) => madeWith(folder, name, work, mode))
    case 'rename':
      return inFolder(root, work.path, (folder, name) => could(() => folder.rename(name, work.to), ['ENOENT']))
    case 'remove':
      inFolder(root, work.path, (folder, name) => folder.removeFile(name))
      return null
    case 'prove-writable':
      return provenWritable(root, work.prefix, work.text)
  }
}

/** Opens the folder that a path lies in, and works there. */
function inFolder<Result>(root: OpenedFolder, path: string, work: (folder: OpenedFolder, name: string) => Result): Result {
  const way = dirname(path)
  if (way === '.') return work(root, path)
  using folder = root.folder(way)
  return work(folder, basename(path))
}

function headOf(folder: OpenedFolder, name: string, limit: number): string | null {
  using file = folder.fileIfThere(name)
  return file?.head(limit).toString('utf8') ?? null
}

function listed(root: OpenedFolder, path: string): readonly ShareFile[] | null {
  return atFolder(root, path, folder =>
    folder.names().flatMap(name => {
      const stat = folder.look(name)
      return stat?.isFile() ? [{ name, bytes: stat.size, modifiedAt: Math.floor(stat.mtimeMs) }] : []
    }),
  )
}

const namesIn = (root: OpenedFolder, path: string, prefix: string): readonly string[] =>
  atFolder(root, path, folder => folder.names().filter(name => name.startsWith(prefix))) ?? []

/** Opens a folder and works there; null where there is none. */
function atFolder<Result>(root: OpenedFolder, path: string, work: (folder: OpenedFolder) => Result): Result | null {
  if (path === '.') return work(root)
  using folder = root.folderIfThere(path)
  return folder ? work(folder) : null
}

function namesBelow(root: OpenedFolder, prefix: string): ShareAnswers['names-below'] {
  const folders = root.names().filter(name => root.look(name)?.isDirectory())
  return folders.map(name => [name, namesIn(root, name, prefix)] as const)
}

function created(folder: OpenedFolder, name: string, text: string): boolean {
  try {
    using file = folder.create(name, 0o644)
    file.write(text)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function madeWith(around: OpenedFolder, folder: string, { name, text }: { name: string; text: string }, mode: number): boolean {
  const first = unfinished()
  try {
    return could(() => {
      around.makeFolder(first, mode)
      using made = around.folder(first)
      created(made, name, text)
      around.rename(first, folder)
    }, ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'])
  } finally {
    using left = around.folderIfThere(first)
    left?.removeFile(name)
    if (left) around.removeFolder(first)
  }
}

/** Whether it could be done: not for one of these reasons, nor where the share is full. */
function could(work: () => void, reasons: readonly string[]): boolean {
  try {
    work()
    return true
  } catch (error) {
    if ([...reasons, 'ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

function provenWritable(root: OpenedFolder, prefix: string, text: string): string {
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
 * The process that works on shares, for `share-files.ts`: a request a line on standard input, a reply a line on
 * standard output. It ends with its input. Nothing stays open between two requests, so that the share can be unmounted.
 */
for await (const line of createInterface(process.stdin)) process.stdout.write(`${JSON.stringify(replyTo(JSON.parse(line)))}\n`)

import { type Stats, statSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FolderStat } from '../core/path.ts'
import { firstError, messageOf } from '../core/wording.ts'
import { diskOf } from '../host/disk.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { headOf, operationsIn } from './share-operations.ts'
import { IDENTITY, IDENTITY_LIMIT, type SharePlace } from './share-place.ts'

/** What can be asked of the process that works on shares. */
export type ShareOperations = ReturnType<typeof operationsIn> & {
  readonly stat: () => ReturnType<typeof statOf>
  readonly disk: () => ReturnType<typeof diskOf>
}

/** One line to the process. */
export interface ShareRequest<Name extends keyof ShareOperations = keyof ShareOperations> {
  readonly place: SharePlace
  readonly operation: Name
  readonly args: Parameters<ShareOperations[Name]>
}

/** One message back; no answer stands for undefined. */
export type ShareReply =
  | { readonly answer?: unknown; readonly failure?: never }
  | { readonly answer?: never; readonly failure: { readonly message: string; readonly code?: string; readonly isGone: boolean } }

async function replyTo({ place, operation, args }: ShareRequest): Promise<ShareReply> {
  try {
    if (operation === 'stat') return { answer: statOf(place.base) }
    if (operation === 'disk') return { answer: diskOf(join(place.base, place.way)) }
    using root = openArchive(place)
    const operations = operationsIn(root, place.isLocal ? 0o700 : 0o777)
    return { answer: await (operations[operation] as (...args: unknown[]) => unknown)(...args) }
  } catch (thrown) {
    const first = firstError(thrown)
    const error = LOST.includes(-((first as NodeJS.ErrnoException).errno ?? 0)) ? (lossOf(place) ?? first) : first
    const [message, code] = [named(messageOf(error)), (error as NodeJS.ErrnoException).code]
    return { failure: { message, isGone: error instanceof Gone, ...(code === undefined ? {} : { code: named(code) }) } }
  }
}

const { EIO, ENOTCONN, ESTALE } = constants.errno

/** What the kernel says when a share goes away in the middle of something, or when a disk fails. */
const LOST = [EIO, ENOTCONN, ESTALE]

/** Node has no name for what NFS says of what its server no longer has. */
const UNNAMED = `Unknown system error -${ESTALE}`
const named = (text: string): string =>
  text.replaceAll(`${UNNAMED}: ${UNNAMED}`, 'ESTALE: stale file handle').replaceAll(UNNAMED, 'ESTALE')

/** That the archive is gone, if it is: that says more than what could not be done there. */
function lossOf(place: SharePlace): Gone | undefined {
  try {
    openArchive(place)[Symbol.dispose]()
  } catch (error) {
    if (error instanceof Gone) return error
  }
  return undefined
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
    throw new Gone(`can no longer be read (${messageOf(error)}) in`)
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

/**
 * The process that works on shares: a request a line on standard input, a message for each reply. It ends with its
 * input. Nothing stays open between two requests, so that the share can be unmounted.
 */
for await (const line of createInterface(process.stdin)) process.send?.(await replyTo(JSON.parse(line)))

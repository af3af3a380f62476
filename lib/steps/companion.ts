import { constants, lstatSync } from 'node:fs'
import { chmod, type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Shell } from '../engine/shell.ts'

/** The folder in a site's folder in which Holdfast puts what belongs to the site but lies elsewhere: its database, certificates and web server files. */
export const COMPANION = '.holdfast'

/**
 * A site's companion folder, held open. The site's folder can belong to somebody who may rename things in it at any moment, so all work is done
 * through the open descriptor: `path` names it for this process and its commands, whatever its name leads to now (S41).
 */
export interface Companion extends AsyncDisposable {
  readonly path: string
}

/**
 * Opens a site's companion folder, made when it is missing; a dry run that finds none gets its name instead, since it makes nothing.
 * @throws when it is a link, or not a folder that only this user can enter: somebody else made it
 */
export async function openCompanion(siteFolder: string, shell: Shell): Promise<Companion> {
  const path = join(siteFolder, COMPANION)
  let isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined
  if (!isThere) {
    await shell.act(`make the folder ${path}`, async () => {
      await makeFolder(path)
      isThere = true
    })
  }
  if (!isThere) return { path, [Symbol.asyncDispose]: async () => {} }
  const handle = await openFolder(path)
  const here = `/proc/${process.pid}/fd/${handle.fd}`
  const stat = await handle.stat()
  const me = process.geteuid?.() ?? stat.uid
  if (stat.uid !== me) {
    await handle.close()
    throw new Error(
      `${path} belongs to user ${stat.uid}, wanted user ${me}: somebody else made it; look at what is in it and remove it`,
    )
  }
  if ((stat.mode & 0o077) !== 0) await chmod(here, 0o700)
  return { path: here, [Symbol.asyncDispose]: () => handle.close() }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

async function openFolder(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    throw new Error(
      `${path} is no folder (${(error as NodeJS.ErrnoException).code}): somebody else made it; look at what it is and remove it`,
    )
  }
}

import { join } from 'node:path'
import type { Shell } from '../engine/shell.ts'
import { WrongKind } from '../host/opened-file.ts'
import { OpenedFolder } from '../host/opened-folder.ts'

/** The folder in a site's folder in which Holdfast puts what belongs to the site but lies elsewhere: its database, certificates and web server files. */
export const COMPANION = '.holdfast'

/**
 * A site's companion folder, held open. The site's folder can belong to somebody who may rename things in it at any moment, so all work is done
 * through the open descriptor: `path` names it for this process and its commands, whatever its name leads to now (S41).
 */
export interface Companion extends Disposable {
  readonly path: string
  /** Undefined in a dry run that finds none. */
  readonly opened: OpenedFolder | undefined
}

/**
 * Opens a site's companion folder, made when it is missing; a dry run that finds none gets its name instead, since it makes nothing.
 * @throws when it is a link, or not a folder that only this user can enter: somebody else made it
 */
export async function openCompanion(siteFolder: string, shell: Shell): Promise<Companion> {
  const path = join(siteFolder, COMPANION)
  using site = OpenedFolder.open(siteFolder)
  let opened = companionIn(site)
  if (!opened)
    await shell.act(`make the folder ${path}`, () => {
      opened = site.folderMade(COMPANION)
    })
  if (!opened) return { path, opened, [Symbol.dispose]: () => {} }
  try {
    settle(opened)
  } catch (error) {
    opened[Symbol.dispose]()
    throw error
  }
  const { path: here } = opened
  return { path: here, opened, [Symbol.dispose]: () => opened?.[Symbol.dispose]() }
}

function companionIn(site: OpenedFolder): OpenedFolder | undefined {
  try {
    return site.folderIfThere(COMPANION)
  } catch (error) {
    if (!(error instanceof WrongKind)) throw error
    throw new Error(`${error.message}: somebody else made it; look at what it is and remove it`)
  }
}

function settle(opened: OpenedFolder): void {
  const { uid, mode } = opened.stat()
  const me = process.geteuid?.() ?? uid
  if (uid !== me)
    throw new Error(
      `${opened.name} belongs to user ${uid}, wanted user ${me}: somebody else made it; look at what is in it and remove it`,
    )
  if ((mode & 0o077) !== 0) opened.setMode(0o700)
}

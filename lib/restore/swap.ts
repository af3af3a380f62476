import { dirname, join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import type { DatabaseAccess } from '../core/database-access.ts'
import { isWithin } from '../core/path.ts'
import type { Exchange, Transaction } from '../core/restore-journal.ts'
import { WrongKind } from '../host/opened-file.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { HostContext, Site } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { moveDatabases } from './database-exchange.ts'
import { moveExchange, planExchange } from './exchange.ts'
import { updatePending } from './journal.ts'
import { assertNoMounts, type Bases, openNearest } from './place.ts'
import type { Scope } from './recovery.ts'
import type { Restoring } from './transaction.ts'

/**
 * Exchanges the files and the databases of a site, the journal first.
 * @param named what the configuration that goes live names and is not known to be let in, where that is known
 */
export async function exchangeAll(context: HostContext, planned: Transaction, named?: readonly DatabaseAccess[]): Promise<void> {
  assertNoMounts(context.host, planned.exchanges)
  const transaction = updatePending(context.host, { ...planned, phase: 'swapping' })
  for (const exchange of transaction.exchanges) await moveExchange(context.host, exchange, 'exchanged', context.shell)
  await moveDatabases(context, transaction, 'exchanged', named)
}

export function siteExchanges(host: Host, site: Site, restoring: Restoring, scope: Scope): Exchange[] {
  if (scope.paths.length > 0) return pathExchanges(host, site.folder, restoring.tree, scope.paths)
  return scope.files ? [planExchange(host, site.folder, restoring.tree)] : []
}

/** Single files and folders of the live site. Several may share a folder that is gone: they come with it. */
function pathExchanges(host: Host, folder: string, tree: string, paths: readonly string[]): Exchange[] {
  const places = paths.map(path => {
    const place = placeOfPath(host, folder, path)
    copyOwnerToMadeFolders(host, folder, tree, place, path)
    return place
  })
  return [...new Set(places)].map(place => planExchange(host, join(folder, place), join(tree, place)))
}

/**
 * What has to change places so that a path of a site comes back: the path itself or, where folders on the way to it are
 * gone, the uppermost of those, so that an undo takes them away with it. Relative to the site's folder.
 * @throws {BadInput} when the path cannot be where it was: the site's folder is gone, or no folder on the way is one
 */
export function placeOfPath(host: Bases, folder: string, path: string): string {
  try {
    using nearest = openNearest(host, join(folder, path))
    const place = nearest.shown.slice(folder.length + 1)
    if (place === '') throw new BadInput(`${folder} is gone: bring the site back as a whole first, or use --into`)
    return place
  } catch (error) {
    if (!(error instanceof WrongKind)) throw error
    const there = error.path.slice(folder.length + 1)
    throw new BadInput(`${path}: ${there} is no folder now but ${error.found}; bring that back instead, or use --into`)
  }
}

/** Gives folders that only hold a path owner and rights of the folder around them: the set brings the path alone. */
function copyOwnerToMadeFolders(host: Bases, folder: string, tree: string, place: string, path: string): void {
  using around = openNearest(host, join(folder, place))
  using root = OpenedFolder.open(tree)
  const { uid, gid, mode } = around.folder.stat()
  for (let made = dirname(path); isWithin(made, place); made = dirname(made)) {
    using opened = root.folder(made)
    opened.setOwner(uid, gid)
    opened.setMode(mode & 0o7777)
  }
}

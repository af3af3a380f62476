import { join } from 'node:path'
import type { Exchange, Transaction } from '../core/restore-journal.ts'
import type { HostContext } from '../host/host-context.ts'
import type { Site } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { moveDatabase } from './database-exchange.ts'
import { moveExchange, planExchange } from './exchange.ts'
import { updatePending } from './journal.ts'
import { assertNoMounts } from './mounts.ts'
import { copyOwnerToMadeFolders, placeOfPath } from './path-place.ts'
import type { Scope } from './scope.ts'
import type { Restoring } from './transaction.ts'

/** Exchanges the files and the database of a site, the journal first. */
export async function exchangeAll(context: HostContext, planned: Transaction): Promise<void> {
  assertNoMounts(context.host, planned.exchanges)
  const transaction = updatePending(context.host, { ...planned, phase: 'swapping' })
  for (const exchange of transaction.exchanges) await moveExchange(context.host, exchange, 'exchanged', context.shell)
  if (transaction.database) await moveDatabase(context, transaction, 'exchanged')
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

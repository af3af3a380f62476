import { join } from 'node:path'
import type { Exchange, Transaction } from '../../core/restore-journal.ts'
import type { Step } from '../../engine/step.ts'
import type { HostContext } from '../../host/host-context.ts'
import type { Site } from '../../host/site.ts'
import type { Host } from '../../inventory/schema.ts'
import { moveDatabase } from '../../restore/database-exchange.ts'
import { moveExchange, planExchange } from '../../restore/exchange.ts'
import { pendingOf, updatePending } from '../../restore/journal.ts'
import { assertNoMounts } from '../../restore/mounts.ts'
import { copyOwnerToMadeFolders, placeOfPath } from '../../restore/path-place.ts'
import type { Proposal } from '../../restore/proposal.ts'
import { type Scope, whatOf } from '../../restore/scope.ts'
import type { Restored, Restoring, Swapped } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'
import type { Asked } from './ask-site.ts'

/** What was restored is ready to go live: files and database were checked, its marker says whose the site is, and what is the system's was read while nobody else could reach it. */
type Staged = {
  restoring: Restoring
  scope: Scope
  restored: Restored
  databaseChecked: boolean
  markerSet: true
  proposal: Proposal
}

/**
 * Phase (e): what was restored and what is live change places: files by exchange, tables by one statement. Before the first of them the journal says so; until
 * the end everything can be put back.
 */
export const swapIn: Step<Needs<'host' | 'secrets' | 'site'> & Staged & Asked, Swapped> = {
  name: 'swap',
  title: ({ site }) => `Swap in ${site.name}`,
  run: async ({ host, secrets, site, restoring, scope }, shell) => {
    await shell.act(`exchange the live ${whatOf(scope)} of ${site.name} with what was restored`, async () => {
      const context = { host, secrets, shell }
      await exchangeAll(context, { ...pendingOf(host, site.name), exchanges: siteExchanges(host, site, restoring, scope) })
    })
    return { swapped: true }
  },
}

/** Exchanges the files and the database of a site, the journal first. */
export async function exchangeAll(context: HostContext, planned: Transaction): Promise<void> {
  assertNoMounts(context.host, planned.exchanges)
  const transaction = updatePending(context.host, { ...planned, phase: 'swapping' })
  for (const exchange of transaction.exchanges) await moveExchange(context.host, exchange, 'exchanged', context.shell)
  if (transaction.database) await moveDatabase(context, transaction, 'exchanged')
}

function siteExchanges(host: Host, site: Site, restoring: Restoring, scope: Scope): Exchange[] {
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

import { join } from 'node:path'
import type { Exchange, Transaction } from '../../core/restore-journal.ts'
import type { Step } from '../../engine/step.ts'
import type { Hands } from '../../host/hands.ts'
import type { Site } from '../../host/site.ts'
import type { Host } from '../../inventory/schema.ts'
import { bringDatabase } from '../../restore/database-exchange.ts'
import { bringExchange, planExchange } from '../../restore/exchange.ts'
import { pendingOf, updatePending } from '../../restore/journal.ts'
import { assertNoMounts } from '../../restore/mounts.ts'
import { placeOfPath, settleMadeFolders } from '../../restore/path-place.ts'
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
  markerSettled: true
  proposal: Proposal
}

/**
 * Phase (e): what was restored and what is live change places: files by exchange, tables by one statement. Before the first of them the journal says so; until
 * the end everything can be put back.
 */
export const swapIn: Step<Needs<'host' | 'secrets' | 'site'> & Staged & Asked, Swapped> = {
  name: 'swap',
  title: ({ site }) => `Put ${site.name} in place`,
  run: async ({ host, secrets, site, restoring, scope }, shell) => {
    await shell.act(`exchange the live ${whatOf(scope)} of ${site.name} with what was restored`, async () => {
      const hands = { host, secrets, shell }
      await exchangeAll(hands, { ...pendingOf(host, site.name), exchanges: siteExchanges(host, site, restoring, scope) })
    })
    return { swapped: true }
  },
}

/** Exchanges the files and the database of a site, the journal first. */
export async function exchangeAll(hands: Hands, planned: Transaction): Promise<void> {
  assertNoMounts(hands.host, planned.exchanges)
  const transaction = updatePending(hands.host, { ...planned, phase: 'swapping' })
  for (const exchange of transaction.exchanges) await bringExchange(hands.host, exchange, 'exchanged', hands.shell)
  if (transaction.database) await bringDatabase(hands, transaction, 'exchanged')
}

function siteExchanges(host: Host, site: Site, restoring: Restoring, scope: Scope): Exchange[] {
  if (scope.paths.length > 0) return pathExchanges(host, site.folder, restoring.tree, scope.paths)
  return scope.files ? [planExchange(host, site.folder, restoring.tree)] : []
}

/** Single files and folders of the live site. Several may share a folder that is gone: they come with it. */
function pathExchanges(host: Host, folder: string, tree: string, paths: readonly string[]): Exchange[] {
  const places = paths.map(path => {
    const place = placeOfPath(host, folder, path)
    settleMadeFolders(host, folder, tree, place, path)
    return place
  })
  return [...new Set(places)].map(place => planExchange(host, join(folder, place), join(tree, place)))
}

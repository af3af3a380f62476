import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Exchange, Transaction } from '../../core/restore-journal.ts'
import { CommandFailed } from '../../engine/process.ts'
import type { Step } from '../../engine/step.ts'
import type { Needs, Site } from '../facts.ts'
import { isWithin } from '../site-files.ts'
import { bringDatabase } from './database-exchange.ts'
import { bringExchange, planExchange } from './exchange.ts'
import type { Hands } from './hands.ts'
import { updatePending } from './journal.ts'
import { assertNoMounts } from './refuse-mounts.ts'
import { reloadIfTouched, touchesWebServer } from './reload.ts'
import { type Scope, whatOf } from './scope.ts'
import { pendingOf, type Restoring } from './transaction.ts'

/**
 * Phase (e), and the second half of (f): what was restored and what is live change places: files by exchange, tables by one statement, then the web
 * server reads its configuration again. Before the first of them the journal says so; until the end everything can be put back.
 */
export const swapIn: Step<Needs<'host' | 'secrets' | 'site'> & { restoring: Restoring; scope: Scope }, void> = {
  name: 'swap',
  title: ({ site }) => `Put ${site.name} in place`,
  run: async ({ host, secrets, site, restoring, scope }, shell) => {
    await shell.act(`exchange the live ${whatOf(scope)} of ${site.name} with what was restored`, async () => {
      const hands = { host, secrets, shell }
      const pending = pendingOf(host, site.name)
      const system = await withoutBrokenWebServer(hands, pending)
      await exchangeAll(hands, { ...pending, exchanges: [...siteExchanges(site, restoring, scope), ...system] })
    })
  },
}

/** Exchanges all that a restore plans, the journal first. */
export async function exchangeAll(hands: Hands, planned: Transaction): Promise<void> {
  assertNoMounts(planned.exchanges)
  const transaction = updatePending(hands.host, { ...planned, phase: 'swapping' })
  for (const exchange of transaction.exchanges) await bringExchange(exchange, 'exchanged', hands.shell)
  if (transaction.database) await bringDatabase(hands, transaction, 'exchanged')
  await reloadIfTouched(hands, transaction)
}

function siteExchanges(site: Site, restoring: Restoring, scope: Scope): Exchange[] {
  if (scope.paths.length > 0) return scope.paths.map(path => pathExchange(site.folder, restoring.tree, path))
  return scope.files ? [planExchange(site.folder, restoring.tree)] : []
}

/** One file or folder of the live site. Its parent is made where it is gone; a parent that is a link out of the site is refused. */
function pathExchange(folder: string, tree: string, path: string): Exchange {
  const live = join(folder, path)
  // the way is looked at before anything is made on it: a link could lead the new folder out
  if (!isWithin(realpathSync(nearestThere(dirname(live))), realpathSync(folder)))
    throw new Error(`${path}: a link on the way to it leads out of the site`)
  mkdirSync(dirname(live), { recursive: true })
  return planExchange(live, join(tree, path))
}

/** The folder itself or, where it is gone, the nearest above it that is there. A dangling link is there. */
function nearestThere(folder: string): string {
  return lstatSync(folder, { throwIfNoEntry: false }) ? folder : nearestThere(dirname(folder))
}

/** A configuration that fails its test before anything was changed is not the restore's to judge: it then leaves the web server alone. */
async function withoutBrokenWebServer({ host, shell }: Hands, pending: Transaction): Promise<readonly Exchange[]> {
  if (!host.webServer || !touchesWebServer({ host }, pending)) return pending.exchanges
  try {
    await shell.with({ timeout: 60 }).ask(String)`${host.webServer.test}`
    return pending.exchanges
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    shell.note(
      'problem',
      `the web server's configuration fails its test as it is, so certificates and configuration of the set stay out of it: ${error.message}`,
    )
    return []
  }
}

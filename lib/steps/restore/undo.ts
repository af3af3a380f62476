import { join } from 'node:path'
import { formatAge } from '../../core/age.ts'
import { BadInput } from '../../core/bad-input.ts'
import type { Transaction } from '../../core/restore-journal.ts'
import type { Hold, Step } from '../../engine/step.ts'
import { quoteName } from '../../wordpress/account-sql.ts'
import type { Needs } from '../facts.ts'
import { adminOf } from './admin.ts'
import { saveDefinitions } from './definitions.ts'
import { planExchange } from './exchange.ts'
import { readJournal, updatePending } from './journal.ts'
import { exchangeAll } from './swap.ts'
import { pendingOf, type Restoring, restoringOf, takeBackPending } from './transaction.ts'

type Undoes = Needs<'host' | 'secrets' | 'request' | 'site'>

/** The last restore of the site, whose keep is to become live again. @throws {BadInput} when nothing is kept */
export const chooseKept: Step<Needs<'host' | 'site'>, { kept: Transaction }> = {
  name: 'choose',
  title: ({ site }) => `Find what is kept of ${site.name}`,
  run: async ({ host, site }, shell) => {
    const journal = readJournal(host, site.name)
    if (journal.pending)
      throw new Error(`a restore of ${site.name} was interrupted and could not be taken back: nothing can be undone before it is`)
    const kept = journal.kept.at(-1)
    if (!kept)
      throw new BadInput(
        `nothing to undo: no restore of ${site.name} keeps what it replaced (kept for ${host.keepPrevious} days, until the next success)`,
      )
    shell.note(
      'info',
      `the restore of ${formatAge(shell.now() - kept.startedAt)} ago kept what it replaced, in ${kept.holdings[0]}`,
    )
    return { kept }
  },
}

/** An undo, all or nothing like the restore that it undoes: whatever stops it half-way, the site is as the restore left it. */
export const undoTransaction: Hold<Undoes & { kept: Transaction }, { restoring: Restoring }> = {
  name: 'restore',
  title: ({ site }) => `Swap ${site.name} back`,
  up: async ({ host, request, site, kept }) => {
    const restoring = {
      ...restoringOf(host, site.name, kept.startedAt),
      id: kept.id,
      holding: kept.holdings[0]!,
      tree: join(kept.holdings[0]!, 'tree'),
    }
    if (!request.dryRun) updatePending(host, { ...kept, task: 'undo', phase: 'preparing', point: undefined, tidied: false })
    return { restoring }
  },
  down: async ({ host, secrets, request, site }, shell) => {
    if (!request.dryRun) await takeBackPending({ host, secrets, shell }, site.name)
  },
}

/** Exchanges what is live with what is kept. What was live is then kept: an undo can be undone. */
export const swapBack: Step<Undoes & { kept: Transaction }, void> = {
  name: 'swap',
  title: ({ site }) => `Put back what was kept of ${site.name}`,
  run: async ({ host, secrets, site, kept }, shell) => {
    await shell.act(`exchange the live ${site.name} with what is kept in ${kept.holdings[0]}`, async () => {
      const hands = { host, secrets, shell }
      const exchanges = kept.exchanges.map(({ live, held }) => planExchange(live, held))
      const { database } = kept
      // the side that is held now is described by the file that was saved when it was live
      const turned = database && {
        ...database,
        madeLive: false,
        liveDefinitions: database.heldDefinitions,
        heldDefinitions: database.liveDefinitions,
      }
      if (turned) {
        await adminOf(host, shell).run(
          `CREATE TABLE IF NOT EXISTS ${quoteName(turned.held)}.${quoteName(turned.marker)} (restored INT);`,
        )
        await saveDefinitions(hands, turned.live, turned.liveDefinitions)
      }
      await exchangeAll(hands, { ...pendingOf(host, site.name), exchanges, database: turned })
    })
  },
}

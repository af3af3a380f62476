import { join } from 'node:path'
import { formatAge } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import type { Transaction } from '../core/restore-journal.ts'
import { counted } from '../core/wording.ts'
import { adminOf } from '../database/admin.ts'
import { contentsOf } from '../database/contents.ts'
import { readLive } from '../database/definitions.ts'
import { saveDefinitions } from '../database/definitions-file.ts'
import { quoteName } from '../database/sql.ts'
import type { Owes, Pays } from '../engine/recipe.ts'
import type { Hold, Step } from '../engine/step.ts'
import { type HostContext, placeOf } from '../host/site.ts'
import { keepProposal } from '../restore/approvals.ts'
import { identityAt, planExchange } from '../restore/exchange.ts'
import { pendingOf, readJournal, updatePending } from '../restore/journal.ts'
import { NO_PROPOSAL } from '../restore/proposal.ts'
import { type Recovery, type Scope, WHOLE } from '../restore/recovery.ts'
import { exchangeAll } from '../restore/swap.ts'
import { exchangeSystemFiles, isOfSystem, oneSiteAtATime } from '../restore/system-exchange.ts'
import { putBackOrTell, type Restoring, restoringOf, type Swapped, TO_PUT_BACK } from '../restore/transaction.ts'
import type { Needs } from '../store/facts.ts'
import type { Asked, Insisting } from './restore.ts'

type Undoes = Needs<'host' | 'secrets' | 'request' | 'site'>

export const chooseLocalSite: Step<Needs<'host' | 'request' | 'localSites'>, Needs<'site'>> = {
  name: 'choose-local-site',
  title: 'Find the site',
  run: async ({ host, request, localSites }) => {
    const [name = ''] = request.only
    const local = localSites.find(site => site.name === name)
    return {
      site: {
        ...placeOf(host, name),
        local,
        role: { role: 'primary', owner: host.name, reason: 'an undo asks no archive', choices: [] },
      },
    }
  },
}

/** The last restore of the site, whose keep is to become live again. @throws {BadInput} when nothing is kept */
export const chooseKept: Step<
  Needs<'host' | 'site' | 'request'> & { recovery: Recovery },
  { kept: Transaction; point: undefined } & Insisting
> = {
  name: 'choose-kept',
  title: ({ site }) => `Find kept versions of ${site.name}`,
  run: async ({ host, site, request, recovery }, shell) => {
    const journal = readJournal(host, site.name)
    if (journal.pending)
      throw new Error(
        `a restore of ${site.name} was interrupted and could not be rolled back: nothing can be undone before it is`,
      )
    const older = journal.kept.slice(0, -1)
    const kept = recovery.kept === undefined ? journal.kept.at(-1) : journal.kept.find(({ id }) => id === recovery.kept)
    if (!kept && journal.kept.length > 0)
      throw new BadInput(`--kept ${recovery.kept}: wanted one of ${journal.kept.map(({ id }) => id).join(', ')}`)
    if (!kept)
      throw new BadInput(
        `nothing to undo: no restore of ${site.name} keeps what it replaced (kept for ${counted(host.keepPrevious, 'day')})`,
      )
    const inWords = (one: Transaction): string =>
      `the ${one.task === 'undo' ? 'undo' : 'restore'} of ${formatAge(shell.now() - one.startedAt)} ago kept what it replaced, in ${one.holdings[0]}`
    shell.note('info', inWords(kept))
    for (const one of older.toReversed().filter(each => each !== kept))
      shell.note(
        'info',
        `${inWords(one)}; to bring that back: ${request.command('recover', '--site', site.name, '--undo', '--kept', one.id)}`,
      )
    return { kept, point: undefined, insists: true }
  },
}

/** All or nothing, like the restore that it undoes: whatever stops it half-way, the site is as the restore left it. */
export const undoTransaction: Hold<
  Undoes & { kept: Transaction },
  { restoring: Restoring; scope: Scope } & Owes<'exchange' | 'commit'>
> = {
  name: 'undo',
  title: ({ site }) => `Undo the restore of ${site.name}`,
  up: async ({ host, request, site, kept }) => {
    const restoring = {
      ...restoringOf(host, site.name, kept.startedAt),
      id: kept.id,
      holding: kept.holdings[0]!,
      tree: join(kept.holdings[0]!, 'tree'),
    }
    if (!request.dryRun) updatePending(host, { ...kept, task: 'undo', phase: 'preparing', point: undefined, tidied: false })
    return { restoring, scope: WHOLE }
  },
  patience: TO_PUT_BACK,
  down: async ({ host, secrets, request, site }, shell) => {
    if (!request.dryRun) await putBackOrTell({ host, secrets, shell }, site.name)
  },
}

/** @throws when what was kept is not there any more: an exchange with nothing would take the live site away */
async function refuseLost({ host, shell }: HostContext, { site, exchanges, databases }: Transaction): Promise<void> {
  const lost = exchanges
    .filter(({ held, liveWas }) => liveWas !== null && identityAt(host, held) === null)
    .map(({ held }) => held)
  const admin = adminOf({ host, shell })
  const all = [...lost]
  for (const { held } of databases) if (!(await contentsOf(admin, held))) all.push(`the database ${held}`)
  if (all.length > 0) throw new Error(`what was kept of ${site} is gone, and it is left as it is now: ${all.join(', ')}`)
}

/** Exchanges what is live with what is kept. What was live is then kept: an undo can be undone. */
export const swapBack: Step<Undoes & Asked & { kept: Transaction }, Swapped & Pays<'exchange'>> = {
  name: 'swap-back',
  title: ({ site }) => `Swap in the kept version of ${site.name}`,
  run: async ({ host, secrets, site, kept }, shell) => {
    await shell.act(`exchange the live ${site.name} with what is kept in ${kept.holdings[0]}`, async () => {
      const context = { host, secrets, shell }
      await refuseLost(context, kept)
      const all = kept.exchanges.map(({ live, held }) => planExchange(host, live, held))
      const { true: system = [], false: exchanges = [] } = Object.groupBy(
        all,
        ({ live }) => String(isOfSystem(host, live)) as 'true' | 'false',
      )
      // the side that is held now is described by the file that was saved when it was live
      const databases = kept.databases.map(database => ({
        ...database,
        madeLive: false,
        liveDefinitions: database.heldDefinitions,
        heldDefinitions: database.liveDefinitions,
      }))
      const admin = adminOf({ host, shell })
      for (const { live, held, marker, liveDefinitions, tables } of databases) {
        await admin.run(`CREATE TABLE IF NOT EXISTS ${quoteName(held)}.${quoteName(marker)} (restored INT);`)
        saveDefinitions(await readLive(admin, live, tables), liveDefinitions)
      }
      await exchangeAll(context, { ...pendingOf(host, site.name), exchanges, databases })
      // what waited was brought by the restore that is undone
      keepProposal(host, site.name, NO_PROPOSAL)
      const why = await oneSiteAtATime(() => exchangeSystemFiles(context, site.name, system))
      if (why !== undefined)
        shell.note('problem', `certificates and web server configuration stay as they are now, what was kept of them too: ${why}`)
    })
    return { swapped: true }
  },
}

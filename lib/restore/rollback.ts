import { dirname } from 'node:path'
import type { Transaction } from '../core/restore-journal.ts'
import { adminOf } from '../database/admin.ts'
import { contentsOf } from '../database/contents.ts'
import { dropAccountSql, quoteName } from '../database/sql.ts'
import { CommandFailed } from '../engine/process.ts'
import type { HostContext } from '../host/site.ts'
import { removeTree } from '../host/special-files.ts'
import { moveDatabases } from './database-exchange.ts'
import { moveExchange } from './exchange.ts'
import { updatePending } from './journal.ts'
import { type Bases, mountsIn, openPlace } from './place.ts'
import { oneSiteAtATime, reloadIfTouched } from './system-exchange.ts'

/**
 * Rolls back a restore, from whatever point it reached. Doing it twice changes nothing.
 * @throws when something cannot be put back (the database server is down): the journal keeps it for the next run
 */
export async function rollBack(context: HostContext, transaction: Transaction): Promise<void> {
  if (transaction.phase === 'swapping') {
    await oneSiteAtATime(() => putBack(context, transaction))
    // from here on what it made is removed: whoever goes on after a kill must not look for it again
    updatePending(context.host, { ...transaction, phase: 'preparing' })
  }
  if (transaction.task === 'undo') await dropMarker(context, transaction)
  else await deleteKept(context, transaction)
}

/**
 * Rolls back a recovery that was live when it was killed, nobody knows for how long: what was written since is nobody's
 * to delete, so that side is kept as by an undo. Gives the entry for the journal.
 */
export async function rollBackAndKeep(context: HostContext, transaction: Transaction): Promise<Transaction> {
  await oneSiteAtATime(() => putBack(context, transaction))
  await dropAccounts(context, transaction)
  const scratch = { ...transaction.scratch, accounts: [] }
  const safety = 'an interrupted recovery had put it live'
  return {
    ...transaction,
    task: 'undo',
    phase: 'kept',
    startedAt: context.shell.now(),
    point: undefined,
    scratch,
    tidied: true,
    safety,
  }
}

async function dropAccounts({ host, shell }: HostContext, { scratch }: Transaction): Promise<void> {
  if (scratch.accounts.length === 0) return
  await adminOf({ host, shell }).run(scratch.accounts.map(dropAccountSql).join('\n'))
}

async function putBack(context: HostContext, transaction: Transaction): Promise<void> {
  for (const exchange of transaction.exchanges.toReversed()) await moveExchange(context.host, exchange, 'original', context.shell)
  await moveDatabases(context, transaction, 'original')
  try {
    await reloadIfTouched(context, transaction.exchanges)
  } catch (error) {
    // its files are as they were: a web server that is not well for another reason must not keep the site from being so
    if (!(error instanceof CommandFailed)) throw error
    context.shell.note(
      'problem',
      `the web server has not read its configuration again, which is as it was before: ${error.message}`,
    )
  }
}

async function dropMarker({ host, shell }: HostContext, { databases }: Transaction): Promise<void> {
  const admin = adminOf({ host, shell })
  for (const { held, marker } of databases) {
    if ((await contentsOf(admin, held))?.table.includes(marker))
      await admin.run(`DROP TABLE ${quoteName(held)}.${quoteName(marker)};`)
  }
}

/** Removes what a restore holds: folders, databases, accounts. @throws before, when something is mounted in a folder */
export async function deleteKept({ host, shell }: HostContext, transaction: Transaction): Promise<void> {
  const [mount] = transaction.holdings.flatMap(holding => mountsIn(host, holding))
  if (mount !== undefined)
    throw new Error(
      `${mount} is a mount, in what an earlier restore of ${transaction.site} keeps: it is not deleted before that is unmounted`,
    )
  const { scratch, phase } = transaction
  const madeLive = transaction.databases.filter(one => one.madeLive && phase !== 'kept').map(({ live }) => live)
  const databases = [...scratch.databases, ...madeLive]
  if (databases.length > 0 || scratch.accounts.length > 0) {
    const drops = databases.flatMap(name => [name, `${name}_x`]).map(name => `DROP DATABASE IF EXISTS ${quoteName(name)};`)
    // an account first: what it still does may hold its database
    const accounts = scratch.accounts.map(dropAccountSql)
    await adminOf({ host, shell }).run([...accounts, ...drops].join('\n'))
  }
  for (const holding of transaction.holdings) {
    // processes of the site may still be at work in its former folder
    using place = openPlace(host, holding)
    if (place?.folder.look(place.name)) await removeTree(place.folder, place.name, shell)
    for (const folder of [dirname(holding), dirname(dirname(holding))]) removeEmpty(host, folder)
  }
}

/** Removes a folder of ours that nothing is left in. */
function removeEmpty(host: Bases, folder: string): void {
  if (!folder.includes('/.holdfast')) return
  try {
    using place = openPlace(host, folder)
    place?.folder.removeFolder(place.name)
  } catch {
    // another restore keeps something in it
  }
}

import { join } from 'node:path'
import type { DatabaseAccess } from '../../core/database-access.ts'
import { adminOf } from '../../database/admin.ts'
import { claimDatabase } from '../../database/claims.ts'
import { contentsOf } from '../../database/contents.ts'
import { readSides, saveDefinitions } from '../../database/definitions.ts'
import { importAccount, importDump } from '../../database/import.ts'
import type { LeftOut } from '../../database/importable-statement.ts'
import { assertOwnServer } from '../../database/own-server.ts'
import { quoteName, quoteText } from '../../database/sql.ts'
import type { Step } from '../../engine/step.ts'
import { DUMP, openDump } from '../../host/companion.ts'
import type { HostContext } from '../../host/host-context.ts'
import { assertRoomToImport } from '../../restore/disk-space.ts'
import { pendingOf, updatePending } from '../../restore/journal.ts'
import type { Scope } from '../../restore/scope.ts'
import type { Restoring } from '../../restore/transaction.ts'
import { refuseUnowned } from '../../restore/unowned.ts'
import type { Needs } from '../../store/facts.ts'

type ShadowNeeds = Needs<'host' | 'secrets' | 'site'> & { restoring: Restoring; access: DatabaseAccess }

/** Phase (c): the dump in a database of its own, through an account that reaches that one and no other (S41). */
export const importShadow: Step<ShadowNeeds & { scope: Scope }, { imported: true }> = {
  name: 'import',
  title: 'Import the database beside the live one',
  run: async ({ host, secrets, site, restoring, access, scope }, shell) => {
    const context = { host, secrets, shell }
    await assertOwnServer(context, access)
    await refuseUnowned(context, site.name, access)
    await refuseUnreadable(context, access)
    await claimDatabase(host, site, access, 'own', shell)
    await shell.act(`import ${DUMP} into ${restoring.shadow}`, async () => {
      await assertRoomToImport(context, restoring, pendingOf(host, site.name).task === 'recover' ? scope : undefined)
      using dump = openDump(restoring.tree)
      if (!dump) throw new Error(`the restored tree has no database dump (${DUMP}) any more`)
      const scratch = { databases: [restoring.shadow], accounts: [importAccount(host, restoring.shadow)] }
      updatePending(host, { ...pendingOf(host, site.name), scratch })
      const leftOut = await importDump(context, {
        dump: dump.path,
        beside: join(restoring.holding, 'import.sql'),
        database: restoring.shadow,
        of: access.database,
      })
      updatePending(host, { ...pendingOf(host, site.name), scratch: { ...scratch, accounts: [] } })
      const kept = await planExchange(context, site.name, restoring, access, leftOut)
      for (const { kind, name, why } of leftOut.filter(one => !kept.includes(one.name)))
        shell.note('problem', `the ${kind} ${name} is not brought back: ${why}`)
    })
    return { imported: true }
  },
}

/** A table without its files cannot change places with the restored one. @throws when the live database has such tables: it names them and what to type */
async function refuseUnreadable(context: HostContext, { database }: DatabaseAccess): Promise<void> {
  const unopened = `SELECT table_name FROM information_schema.tables WHERE table_schema = ${quoteText(database)} AND table_type <> 'VIEW' AND engine IS NULL;`
  const lost = (await adminOf(context).rows(unopened)).map(([name]) => name!)
  if (lost.length === 0) return
  const tables = lost.map(table => `${quoteName(database)}.${quoteName(table)}`).join(', ')
  throw new Error(
    `the live database has tables that the server cannot open, so they cannot be kept: ${lost.join(', ')}. If nothing can save them, drop them and recover again: DROP TABLE ${tables};`,
  )
}

/**
 * Writes down which databases will change places, with what each defines besides its tables, and marks the new one.
 * @returns views that could not be imported and stay as they are live
 */
async function planExchange(
  context: HostContext,
  site: string,
  restoring: Restoring,
  access: DatabaseAccess,
  leftOut: readonly LeftOut[],
): Promise<readonly string[]> {
  const admin = adminOf(context)
  const sides = { live: access.database, held: restoring.shadow }
  const { isLive, live, set, keptViews } = await readSides(admin, sides, leftOut)
  const madeLive = !isLive
  const exchange = {
    ...sides,
    marker: `holdfast_${restoring.id}`,
    liveDefinitions: join(restoring.holding, 'former.json'),
    heldDefinitions: join(restoring.holding, 'restored.json'),
    madeLive,
  }
  updatePending(context.host, { ...pendingOf(context.host, site), database: exchange })
  if (madeLive) await admin.run(`CREATE DATABASE ${quoteName(access.database)} CHARACTER SET utf8mb4;`)
  saveDefinitions(set, exchange.heldDefinitions)
  saveDefinitions(live, exchange.liveDefinitions)
  await admin.run(`CREATE TABLE ${quoteName(exchange.held)}.${quoteName(exchange.marker)} (restored INT);`)
  return keptViews
}

/** What every WordPress database has rows in. */
const CORE = ['options', 'users', 'posts']

/** Phase (d): the database that was imported is that of a WordPress site: its core tables are there, and hold rows. */
export const checkShadow: Step<ShadowNeeds & { imported: true }, { databaseChecked: boolean }> = {
  name: 'check-database',
  title: 'Check the database',
  run: async ({ host, restoring, access }, shell) => {
    await shell.act(`look for the core tables in ${restoring.shadow}`, async () => {
      const admin = adminOf({ host, shell })
      const tables = (await contentsOf(admin, restoring.shadow))?.table ?? []
      const missing = CORE.map(name => `${access.tablePrefix}${name}`).filter(name => !tables.includes(name))
      if (missing.length > 0) throw new Error(`the imported database has no table ${missing.join(', ')}`)
      const options = `${quoteName(restoring.shadow)}.${quoteName(`${access.tablePrefix}options`)}`
      const rows = await admin.ask<number>(`SELECT COUNT(*) FROM ${options};`)
      if (rows === 0) throw new Error(`the imported database is empty: ${access.tablePrefix}options has no row`)
      shell.note('info', `${tables.length - 1} tables`)
    })
    return { databaseChecked: true }
  },
}

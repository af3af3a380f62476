import { adminOf } from '../database/admin.ts'
import { contentsOf } from '../database/contents.ts'
import { quoteName } from '../database/sql.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import type { SumsAsMade } from '../restore/database-look.ts'
import { pendingOf } from '../restore/journal.ts'
import type { RestoredDatabase } from '../restore/transaction.ts'
import { sumsAsMade } from '../restore/unseen-tables.ts'
import type { Needs } from '../store/facts.ts'
import type { ImportNeeds } from './restore-data.ts'

/** What every WordPress database has rows in. */
const CORE = ['options', 'users', 'posts']

/** Phase (d): the database that was imported is that of a WordPress site: its core tables are there, and hold rows. */
export const checkDatabase: Step<ImportNeeds & { imported: true }, { databaseChecked: boolean } & Made> = {
  name: 'check-database',
  title: 'Check the database',
  run: async ({ host, site, databases }, shell) => {
    let made = {}
    for (const database of databases)
      await shell.act(`look for the core tables in ${database.staged}`, async () => {
        await checkTables({ host, shell }, database)
        if (pendingOf(host, site.name).task === 'replica') made = { ...made, ...(await sumsAsMade({ host, shell }, database)) }
      })
    return { databaseChecked: true, made }
  },
}

/** Of the tables that were imported for a replica. */
export type Made = { readonly made: SumsAsMade }

async function checkTables(
  context: Needs<'host'> & { shell: Shell },
  { access, staged, tables: wanted }: RestoredDatabase,
): Promise<void> {
  const admin = adminOf(context)
  const tables = (await contentsOf(admin, staged))?.table ?? []
  const missing = (wanted ?? CORE.map(name => `${access.tablePrefix}${name}`)).filter(name => !tables.includes(name))
  if (missing.length > 0) throw new Error(`the imported database has no table ${missing.join(', ')}`)
  const options = `${access.tablePrefix}options`
  if (wanted && !wanted.includes(options)) return
  const rows = await admin.ask<number>(`SELECT COUNT(*) FROM ${quoteName(staged)}.${quoteName(options)};`)
  if (rows === 0) throw new Error(`the imported database is empty: ${options} has no row`)
  context.shell.note('info', `${tables.length - 1} tables`)
}

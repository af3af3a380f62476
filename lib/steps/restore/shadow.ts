import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseAccess } from '../../core/database-access.ts'
import { Secret } from '../../core/secret.ts'
import { type Admin, adminOf, contentsOf } from '../../database/admin.ts'
import { claimDatabase } from '../../database/claims.ts'
import { saveDefinitions } from '../../database/definitions.ts'
import { writeImportable } from '../../database/import-stream.ts'
import { IMPORT_OPTIONS } from '../../database/make-definitions.ts'
import { withOptionFile } from '../../database/option-file.ts'
import { accountHost, dropAccountSql, escapePattern, quoteName, quoteText } from '../../database/sql.ts'
import { connectOption, importLimits } from '../../database/time-limits.ts'
import type { CommandFailed } from '../../engine/process.ts'
import type { Condition, Step } from '../../engine/step.ts'
import type { Hands } from '../../host/hands.ts'
import { COMPANION } from '../companion.ts'
import { DUMP } from '../db-dump.ts'
import type { Needs } from '../facts.ts'
import type { Restored } from './files.ts'
import { refuseForeign } from './foreign.ts'
import { updatePending } from './journal.ts'
import { assertRoomToImport } from './look-for-room.ts'
import type { Scope } from './scope.ts'
import { pendingOf, type Restoring } from './transaction.ts'

/** Applies when the restored site has a database. */
export const hasDatabase: Condition<{ restored: Restored }, { access: DatabaseAccess }> = ({ restored }) =>
  restored.access === undefined ? 'there is no database to bring back' : { access: restored.access }

type ShadowNeeds = Needs<'host' | 'secrets' | 'site'> & { restoring: Restoring; access: DatabaseAccess }

/** Phase (c): the dump in a database of its own, through an account that reaches that one and no other (S41). */
export const importShadow: Step<ShadowNeeds & { scope: Scope }, void> = {
  name: 'import',
  title: 'Import the database beside the live one',
  run: async ({ host, secrets, site, restoring, access, scope }, shell) => {
    await refuseForeign({ host, secrets, shell }, site.name, access)
    await refuseUnreadable({ host, secrets, shell }, access)
    await claimDatabase(host, site, access, shell)
    await shell.act(`import ${DUMP} into ${restoring.shadow}`, async () => {
      const hands = { host, secrets, shell }
      await assertRoomToImport(hands, restoring, pendingOf(host, site.name).task === 'recover' ? scope : undefined)
      const account = {
        ...access,
        user: restoring.shadow,
        database: restoring.shadow,
        password: new Secret(randomBytes(24).toString('hex')),
      }
      const scratch = { databases: [restoring.shadow], accounts: [`${account.user}@${accountHost(access)}`] }
      updatePending(host, { ...pendingOf(host, site.name), scratch })
      const admin = adminOf(host, shell)
      await admin.run(shadowSql(account, await charsetOf(admin, access.database)))
      const importable = join(restoring.holding, 'import.sql')
      await writeImportable(join(restoring.tree, COMPANION, DUMP), importable)
      const client = shell.with({
        stdin: () => open(importable),
        ...importLimits(host),
        explain: failure => new Error(`the dump cannot be imported: ${sentence(failure)}${hintFor(failure.stderr)}`),
      })
      await withOptionFile(
        host,
        account,
        option =>
          client.act`${host.database.clientProgram} ${option} ${connectOption(host)} ${IMPORT_OPTIONS} ${account.database}`,
      )
      await rm(importable)
      await admin.run(dropAccountSql(scratch.accounts[0]!))
      updatePending(host, { ...pendingOf(host, site.name), scratch: { ...scratch, accounts: [] } })
      await planExchange(hands, site.name, restoring, access)
    })
  },
}

/** A table without its files cannot change places with the restored one. @throws when the live database has such tables: it names them and what to type */
async function refuseUnreadable({ host, shell }: Hands, { database }: DatabaseAccess): Promise<void> {
  const lost = await adminOf(host, shell).ask<readonly string[]>(
    `SELECT COALESCE(JSON_ARRAYAGG(table_name), '[]') FROM information_schema.tables WHERE table_schema = ${quoteText(database)} AND table_type <> 'VIEW' AND engine IS NULL;`,
  )
  if (lost.length === 0) return
  const tables = lost.map(table => `${quoteName(database)}.${quoteName(table)}`).join(', ')
  throw new Error(
    `the live database has tables that the server cannot open, so they cannot be kept: ${lost.join(', ')}. If nothing can save them, drop them and recover again: DROP TABLE ${tables};`,
  )
}

/** A view on another database, or triggers on a server that logs changes: the site's own rights are not enough, and will not be. */
const hintFor = (said: string): string =>
  /ERROR (1142|1419) /.test(said)
    ? '. --files-only brings back the files, --into the dump too, for an administrator to look at'
    : ''

const sentence = ({ stderr, how }: CommandFailed): string => stderr.trim().split('\n').at(-1) || `the client ${how}`

function shadowSql(account: DatabaseAccess, charset: string): Secret {
  const name = `${quoteText(account.user)}@${quoteText(accountHost(account))}`
  return new Secret(
    [
      `CREATE DATABASE ${quoteName(account.database)} ${charset};`,
      `CREATE USER ${name} IDENTIFIED BY ${quoteText(account.password.reveal())};`,
      `GRANT ALL PRIVILEGES ON ${quoteName(escapePattern(account.database))}.* TO ${name};`,
    ].join('\n'),
  )
}

/** How the live database sorts and encodes, for what a dump does not say. */
async function charsetOf(admin: Admin, database: string): Promise<string> {
  const row = `SELECT JSON_ARRAY(default_character_set_name, default_collation_name) FROM information_schema.schemata WHERE schema_name = ${quoteText(database)}`
  const found = await admin.ask<readonly [string, string] | null>(`SELECT COALESCE((${row}), 'null');`)
  return found === null ? 'CHARACTER SET utf8mb4' : `CHARACTER SET ${found[0]} COLLATE ${found[1]}`
}

/** Writes down which databases will change places, with what each defines besides its tables, and marks the new one. */
async function planExchange(hands: Hands, site: string, restoring: Restoring, access: DatabaseAccess): Promise<void> {
  const admin = adminOf(hands.host, hands.shell)
  const madeLive = (await contentsOf(admin, access.database)) === undefined
  const exchange = {
    live: access.database,
    held: restoring.shadow,
    marker: `holdfast_${restoring.id}`,
    liveDefinitions: join(restoring.holding, 'former.json'),
    heldDefinitions: join(restoring.holding, 'restored.json'),
    madeLive,
  }
  updatePending(hands.host, { ...pendingOf(hands.host, site), database: exchange })
  if (madeLive) await admin.run(`CREATE DATABASE ${quoteName(access.database)} CHARACTER SET utf8mb4;`)
  await saveDefinitions(admin, exchange.held, 'set', exchange.heldDefinitions)
  await saveDefinitions(admin, exchange.live, 'live', exchange.liveDefinitions)
  await admin.run(`CREATE TABLE ${quoteName(exchange.held)}.${quoteName(exchange.marker)} (restored INT);`)
}

/** What every WordPress database has rows in. */
const CORE = ['options', 'users', 'posts']

/** Phase (d): the database that was imported is that of a WordPress site: its core tables are there, and hold rows. */
export const checkShadow: Step<ShadowNeeds, void> = {
  name: 'check-database',
  title: 'Check the database',
  run: async ({ host, restoring, access }, shell) => {
    await shell.act(`look for the core tables in ${restoring.shadow}`, async () => {
      const admin = adminOf(host, shell)
      const tables = (await contentsOf(admin, restoring.shadow))?.table ?? []
      const missing = CORE.map(name => `${access.tablePrefix}${name}`).filter(name => !tables.includes(name))
      if (missing.length > 0) throw new Error(`the imported database has no table ${missing.join(', ')}`)
      const options = `${quoteName(restoring.shadow)}.${quoteName(`${access.tablePrefix}options`)}`
      const rows = await admin.ask<number>(`SELECT COUNT(*) FROM ${options};`)
      if (rows === 0) throw new Error(`the imported database is empty: ${access.tablePrefix}options has no row`)
      shell.note('info', `${tables.length - 1} tables`)
    })
  },
}

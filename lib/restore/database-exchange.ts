import type { DatabaseAccess, DatabaseClaim } from '../core/database-access.ts'
import type { DatabaseExchange, Transaction } from '../core/restore-journal.ts'
import { Secret } from '../core/secret.ts'
import { type Admin, adminOf, asksTogether } from '../database/admin.ts'
import { OWN_SERVER, recordedClaims } from '../database/claims.ts'
import { type Contents, contentsOf, ofTables } from '../database/contents.ts'
import { dropSql } from '../database/definitions.ts'
import { makeDefinitions } from '../database/make-definitions.ts'
import { openOwnServer } from '../database/own-server.ts'
import { accountHost, accountName, escapePattern, quoteName, quoteText } from '../database/sql.ts'
import { type HostContext, placeOf } from '../host/site.ts'
import { accessesOf, accountFor, databasesIn } from './database-access.ts'
import { readJournal, writeJournal } from './journal.ts'

/**
 * Brings the tables of a restore's databases to one of their two ends, by one RENAME TABLE over all of them, which the
 * server does wholly or not at all (MariaDB 10.6: atomic DDL). Views, triggers, routines and events then follow from
 * their files. Doing it twice changes nothing.
 * @param named what the live configuration names, where that is known; else it is read
 */
export async function moveDatabases(
  context: HostContext,
  transaction: Transaction,
  end: 'original' | 'exchanged',
  named?: readonly DatabaseAccess[],
): Promise<void> {
  const { databases, site } = transaction
  if (databases.length === 0) return
  const admin = adminOf(context)
  const together = asksTogether(admin)
  const sides: Side[] = []
  for (const exchange of databases) {
    const [live, held] = await Promise.all([contentsOf(together, exchange.live), contentsOf(together, exchange.held)])
    if (!live || !held)
      throw new Error(`the database ${live ? exchange.held : exchange.live} is gone: its tables cannot be exchanged`)
    const moving = exchange.tables && [...exchange.tables, exchange.marker]
    sides.push({ exchange, live: moving ? ofTables(live, moving) : live, held: moving ? ofTables(held, moving) : held })
  }
  // the marker moves with the restored tables: where it is, they are
  const isThere = ({ exchange, live }: Side): boolean => live.table.includes(exchange.marker) === (end === 'exchanged')
  await admin.run(
    [
      // before the first drop: it too waits for whoever is using the table
      'SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60;',
      ...sides.flatMap(({ exchange, live, held }) => [...dropSql(exchange.live, live), ...dropSql(exchange.held, held)]),
      ...renameSql(sides.filter(side => !isThere(side))),
    ].join('\n'),
  )
  for (const { live, held } of databases) {
    const defaults = await sequenceDefaults(admin, [live, held])
    if (defaults !== '') await admin.run(defaults)
  }
  const accesses = named ?? (await liveAccesses(context, transaction))
  for (const access of accesses) await ensureAccount(context, site, access)
  for (const { live: database, heldDefinitions, liveDefinitions } of databases) {
    const file = end === 'exchanged' ? heldDefinitions : liveDefinitions
    await makeDefinitions(
      context,
      { file, database, site },
      async () => accesses.find(one => one.database === database) ?? (await accountFor(context, transaction, database)),
    )
  }
}

/** An exchange, and what of its two databases changes places, as it is now. */
interface Side {
  readonly exchange: DatabaseExchange
  readonly live: Contents
  readonly held: Contents
}

/** Every table of each two databases becomes the other's, by way of a third: both may have one of that name. */
function renameSql(sides: readonly Side[]): string[] {
  const rename = (from: string, to: string) => (table: string) =>
    `${quoteName(from)}.${quoteName(table)} TO ${quoteName(to)}.${quoteName(table)}`
  const wayOf = ({ held }: DatabaseExchange): string => `${held}_x`
  const moves = sides.flatMap(({ exchange, live: { table: mine }, held: { table: theirs } }) => {
    const { live, held } = exchange
    const way = wayOf(exchange)
    return [...mine.map(rename(live, way)), ...theirs.map(rename(held, live)), ...mine.map(rename(way, held))]
  })
  const ways = sides.map(({ exchange }) => quoteName(wayOf(exchange)))
  return [
    ...ways.map(way => `DROP DATABASE IF EXISTS ${way}; CREATE DATABASE ${way};`),
    ...(moves.length === 0 ? [] : [`RENAME TABLE ${moves.join(', ')};`]),
    ...ways.map(way => `DROP DATABASE ${way};`),
  ]
}

/** What the live configuration names; one that does not say it names no account to be made. */
async function liveAccesses(context: HostContext, { site }: Transaction): Promise<readonly DatabaseAccess[]> {
  const place = placeOf(context.host, site)
  return accessesOf(await databasesIn(context, place, place.folder).catch(() => []))
}

/**
 * Makes sure that the live configuration can log in to its database: a replica may never have had the account, or
 * another password. An account that works is left as it is; so is one that is not recorded as the site's, since whoever
 * writes the configuration could name any (S41).
 */
async function ensureAccount(context: HostContext, site: string, access: DatabaseAccess): Promise<void> {
  if ('address' in (await openOwnServer(context, access))) return
  const isIt = (one: DatabaseClaim): boolean => one.database === access.database && one.user === access.user
  const recorded = recordedClaims(context.host, site).find(isIt)
  if (recorded && recorded.server !== OWN_SERVER) return
  if (!recorded) {
    const named = `its configuration names the database "${access.database}" and the account "${access.user}"`
    return context.shell.note(
      'problem',
      `${site}: ${named}, which are not recorded as its own: no account is made or changed for it`,
    )
  }
  const admin = adminOf(context)
  const account = `${access.user}@${accountHost(access)}`
  const exists = await admin.ask<number>(
    `SELECT COUNT(*) FROM mysql.user WHERE user = ${quoteText(access.user)} AND host = ${quoteText(accountHost(access))};`,
  )
  const journal = readJournal(context.host, site)
  if (exists === 0 && journal.pending) {
    const scratch = { ...journal.pending.scratch, accounts: [...journal.pending.scratch.accounts, account] }
    writeJournal(context.host, site, { ...journal, pending: { ...journal.pending, scratch } })
  }
  const identified = `${accountName(account)} IDENTIFIED BY ${quoteText(access.password.reveal())}`
  const grant = `GRANT ALL PRIVILEGES ON ${quoteName(escapePattern(access.database))}.* TO ${accountName(account)};`
  await admin.run(new Secret(`CREATE USER IF NOT EXISTS ${identified}; ALTER USER ${identified}; ${grant}`))
}

/**
 * SQL for columns that take their default from a sequence, to take it from the one beside them: a renamed table goes on
 * to name the sequence where it was.
 */
async function sequenceDefaults(admin: Admin, [one, two]: readonly [string, string]): Promise<string> {
  const rows = await admin.rows(
    `SELECT table_schema, table_name, column_name, column_default FROM information_schema.columns WHERE table_schema IN (${quoteText(one)}, ${quoteText(two)}) AND column_default LIKE '%val(%';`,
  )
  const statements = rows.flatMap(([database = '', table = '', column = '', value = '']) => {
    const [from, to] = [database === one ? two : one, database].map(name => `(${quoteName(name)}.`) as [string, string]
    const place = `${quoteName(database)}.${quoteName(table)} ALTER COLUMN ${quoteName(column)}`
    return value.includes(from) ? [`ALTER TABLE ${place} SET DEFAULT (${value.replaceAll(from, to)});`] : []
  })
  return statements.join('\n')
}

import { join } from 'node:path'
import type { DatabaseExchange, Transaction } from '../core/restore-journal.ts'
import { Secret } from '../core/secret.ts'
import { type Admin, adminOf } from '../database/admin.ts'
import { recordedClaim } from '../database/claims.ts'
import { contentsOfEach } from '../database/contents.ts'
import { dropSql } from '../database/definitions.ts'
import { makeDefinitions } from '../database/make-definitions.ts'
import { openOwnServer } from '../database/own-server.ts'
import { accountHost, accountName, escapePattern, quoteName, quoteText } from '../database/sql.ts'
import type { HostContext } from '../host/site.ts'
import { accessFrom, accountFor } from './database-access.ts'
import { readJournal, writeJournal } from './journal.ts'

/**
 * Brings the tables of a restore's two databases to one of their two ends, by one RENAME TABLE, which the server does
 * wholly or not at all (MariaDB 10.6: atomic DDL). Views, triggers, routines and events then follow from their files.
 * Doing it twice changes nothing.
 */
export async function moveDatabase(context: HostContext, transaction: Transaction, end: 'original' | 'exchanged'): Promise<void> {
  const exchange = transaction.database!
  const admin = adminOf(context)
  const [live, held] = await contentsOfEach(admin, [exchange.live, exchange.held])
  if (!live || !held)
    throw new Error(`the database ${live ? exchange.held : exchange.live} is gone: its tables cannot be exchanged`)
  // the marker moves with the restored tables: where it is, they are
  const standing = live.table.includes(exchange.marker) ? 'exchanged' : 'original'
  await admin.run(
    [
      // before the first drop: it too waits for whoever is using the table
      'SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60;',
      ...dropSql(exchange.live, live),
      ...dropSql(exchange.held, held),
      ...(standing === end ? [] : renameSql(exchange, live.table, held.table)),
    ].join('\n'),
  )
  const defaults = await sequenceDefaults(admin, [exchange.live, exchange.held])
  if (defaults !== '') await admin.run(defaults)
  await ensureAccount(context, transaction)
  const file = end === 'exchanged' ? exchange.heldDefinitions : exchange.liveDefinitions
  const { live: database } = exchange
  await makeDefinitions(context, { file, database, site: transaction.site }, () => accountFor(context, transaction))
}

/** Every table of each database becomes the other's, by way of a third: both may have one of that name. */
function renameSql({ live, held }: DatabaseExchange, mine: readonly string[], theirs: readonly string[]): string[] {
  const way = `${held}_x`
  const rename = (from: string, to: string) => (table: string) =>
    `${quoteName(from)}.${quoteName(table)} TO ${quoteName(to)}.${quoteName(table)}`
  const moves = [...mine.map(rename(live, way)), ...theirs.map(rename(held, live)), ...mine.map(rename(way, held))]
  return [
    `DROP DATABASE IF EXISTS ${quoteName(way)};`,
    `CREATE DATABASE ${quoteName(way)};`,
    ...(moves.length === 0 ? [] : [`RENAME TABLE ${moves.join(', ')};`]),
    `DROP DATABASE ${quoteName(way)};`,
  ]
}

/**
 * Makes sure that the live configuration can log in to its database: a replica may never have had the account, or
 * another password. One that works is left as it is; so is one that is not recorded as the site's: a configuration
 * could name any (S41).
 */
async function ensureAccount(context: HostContext, { site }: Transaction): Promise<void> {
  // a configuration that does not say it names no account to be made
  const access = await accessFrom(context, site, join(context.host.vhosts, site)).catch(() => undefined)
  if (!access || 'address' in (await openOwnServer(context, access))) return
  const recorded = recordedClaim(context.host, site)
  if (recorded?.database !== access.database || recorded.user !== access.user) {
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
export async function sequenceDefaults(admin: Admin, [one, two]: readonly [string, string]): Promise<string> {
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

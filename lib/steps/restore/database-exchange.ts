import type { DatabaseExchange, Transaction } from '../../core/restore-journal.ts'
import { adminOf } from '../../database/admin.ts'
import { contentsOfEach } from '../../database/contents.ts'
import { dropSql } from '../../database/definitions.ts'
import { makeDefinitions } from '../../database/make-definitions.ts'
import { sequenceDefaults } from '../../database/sequence-defaults.ts'
import { quoteName } from '../../database/sql.ts'
import type { Hands } from '../../host/hands.ts'
import { ensureAccount } from './ensure-account.ts'
import { accountFor } from './live-access.ts'

/**
 * Brings the tables of a restore's two databases to one of their two ends, by one RENAME TABLE over all of them, which the server does wholly or not
 * at all (MariaDB 10.6: atomic DDL). Views, triggers, routines and events then follow from their files.
 * Doing it twice changes nothing.
 */
export async function bringDatabase(hands: Hands, transaction: Transaction, end: 'original' | 'exchanged'): Promise<void> {
  const exchange = transaction.database!
  const admin = adminOf(hands)
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
  await ensureAccount(hands, transaction)
  const file = end === 'exchanged' ? exchange.heldDefinitions : exchange.liveDefinitions
  const { live: database } = exchange
  await makeDefinitions(hands, { file, database, site: transaction.site }, () => accountFor(hands, transaction))
}

/** Every table of each database becomes the other's, by way of a third database, since both may have one of that name. */
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

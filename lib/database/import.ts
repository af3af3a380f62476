import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { Secret } from '../core/secret.ts'
import { CommandFailed } from '../engine/process.ts'
import type { HostContext } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { type Admin, adminOf, asksTogether } from './admin.ts'
import { ownAddress, siteAccount } from './client.ts'
import { lastMomentOf } from './history-rows.ts'
import { importFailure } from './import-failure.ts'
import { writeImportable } from './importable.ts'
import type { LeftOut } from './importable-statement.ts'
import { withPackets } from './packets.ts'
import { accountName, dropAccountSql, escapePattern, quoteName, quoteText } from './sql.ts'
import { connectOption, importLimits } from './time-limits.ts'

/**
 * How a client reads SQL that is not ours: no client commands, no local files, no second try; comments are part of what
 * they stand in.
 */
export const IMPORT_OPTIONS = [
  '--binary-mode',
  '--local-infile=0',
  '--comments',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
]

/** A dump, and the database that is made from it. */
export interface Import {
  /** The files that it consists of, in their order. */
  readonly dump: readonly string[]
  /** Where its importable form is while it is read; a path in a folder that only this user can enter. */
  readonly beside: string
  /** A database that does not exist yet; the account that fills it has the same name. */
  readonly database: string
  /**
   * The database that the dump was made of. What is here of it says how it sorts and encodes where the dump does not.
   */
  readonly of: string
}

/**
 * The account that fills such a database, as `user@host`: to be written down before it is made, since a kill leaves it.
 */
export const importAccount = (host: Host, database: string): string =>
  `${database}@${ownAddress(host).kind === 'tcp' ? '%' : 'localhost'}`

/**
 * Makes a database from a dump, through an account that reaches that one and no other, and is gone afterwards (S41).
 * @returns what could not be imported, and was left out
 */
export async function importDump(context: HostContext, { dump, beside, database, of }: Import): Promise<readonly LeftOut[]> {
  const admin = adminOf(context)
  const account = importAccount(context.host, database)
  const password = new Secret(randomBytes(24).toString('hex'))
  const together = asksTogether(admin)
  const [{ charset, packet }, last] = await Promise.all([settingsFor(together, of), lastMomentOf(together)])
  await admin.run(importSql(database, account, password, charset))
  const { longest, leftOut } = await writeImportable(dump, beside, of, last)
  await withPackets(admin, { longest, has: packet, user: database }, () => runImport(context, database, password, beside))
  await rm(beside)
  await admin.run(dropAccountSql(account))
  return leftOut
}

async function runImport(context: HostContext, database: string, password: Secret, importable: string): Promise<void> {
  const { host } = context
  const client = siteAccount(context, { user: database, password }, ownAddress(host))
  const words = client.words(host.database.clientProgram, [connectOption(host), ...IMPORT_OPTIONS, `--database=${database}`])
  try {
    await client.shell.with({ stdin: () => open(importable), onLine: () => {}, ...importLimits(host) }).act`${words}`
  } catch (error) {
    throw error instanceof CommandFailed ? await importFailure(error, importable) : error
  }
}

function importSql(database: string, account: string, password: Secret, charset: string): Secret {
  return new Secret(
    [
      `CREATE DATABASE ${quoteName(database)} ${charset};`,
      `CREATE USER ${accountName(account)} IDENTIFIED BY ${quoteText(password.reveal())};`,
      `GRANT ALL PRIVILEGES ON ${quoteName(escapePattern(database))}.* TO ${accountName(account)};`,
    ].join('\n'),
  )
}

/** How a database sorts and encodes, and how long a statement the server takes. */
async function settingsFor(admin: Admin, database: string): Promise<{ charset: string; packet: number }> {
  const [[packet] = [], row] = await admin.rows(
    `SELECT @@GLOBAL.max_allowed_packet; SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = ${quoteText(database)};`,
  )
  const charset = row === undefined ? 'CHARACTER SET utf8mb4' : `CHARACTER SET ${row[0]} COLLATE ${row[1]}`
  return { charset, packet: Number(packet) }
}

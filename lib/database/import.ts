import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { Secret } from '../core/secret.ts'
import type { CommandFailed } from '../engine/process.ts'
import type { Hands } from '../host/hands.ts'
import type { Host } from '../inventory/schema.ts'
import { type Admin, adminOf } from './admin.ts'
import { ownAddress, siteAccount } from './client.ts'
import { writeImportable } from './import-stream.ts'
import { accountName, dropAccountSql, escapePattern, quoteName, quoteText } from './sql.ts'
import { connectOption, importLimits } from './time-limits.ts'

/** How a client reads SQL that is not ours: no client commands, no local files, no second try. */
export const IMPORT_OPTIONS = ['--binary-mode', '--local-infile=0', '--default-character-set=utf8mb4', '--max-allowed-packet=1G']

/** A dump, and the database that is made from it. */
export interface Import {
  readonly dump: string
  /** Where its importable form is while it is read; a path in a folder that only this user can enter. */
  readonly beside: string
  /** A database that does not exist yet; the account that fills it has the same name. */
  readonly database: string
  /** The database whose character set is taken for what the dump does not say. */
  readonly like: string
}

/** The account that fills such a database, as `user@host`: to be written down before it is made, since a kill leaves it. */
export const importAccount = (host: Host, database: string): string =>
  `${database}@${ownAddress(host).kind === 'tcp' ? '%' : 'localhost'}`

/** Makes a database from a dump, through an account that reaches that one and no other, and is gone afterwards (S41). */
export async function importDump(hands: Hands, { dump, beside, database, like }: Import): Promise<void> {
  const { host } = hands
  const admin = adminOf(hands)
  const account = importAccount(host, database)
  const password = new Secret(randomBytes(24).toString('hex'))
  await admin.run(importSql(database, account, password, await charsetOf(admin, like)))
  await writeImportable(dump, beside)
  const client = siteAccount(hands, { user: database, password }, ownAddress(host))
  const words = client.words(host.database.clientProgram, [connectOption(host), ...IMPORT_OPTIONS, `--database=${database}`])
  const importing = client.shell.with({
    stdin: () => open(beside),
    ...importLimits(host),
    explain: failure => new Error(`the dump cannot be imported: ${sentence(failure)}${hintFor(failure.stderr)}`),
  })
  await importing.act`${words}`
  await rm(beside)
  await admin.run(dropAccountSql(account))
}

/** A view on another database, or triggers on a server that logs changes: the site's own rights are not enough, and will not be. */
const hintFor = (said: string): string =>
  /ERROR (1142|1419) /.test(said)
    ? '. --files-only brings back the files, --into the dump too, for an administrator to look at'
    : ''

const sentence = ({ stderr, how }: CommandFailed): string => stderr.trim().split('\n').at(-1) || `the client ${how}`

function importSql(database: string, account: string, password: Secret, charset: string): Secret {
  return new Secret(
    [
      `CREATE DATABASE ${quoteName(database)} ${charset};`,
      `CREATE USER ${accountName(account)} IDENTIFIED BY ${quoteText(password.reveal())};`,
      `GRANT ALL PRIVILEGES ON ${quoteName(escapePattern(database))}.* TO ${accountName(account)};`,
    ].join('\n'),
  )
}

/** How a database sorts and encodes. */
async function charsetOf(admin: Admin, database: string): Promise<string> {
  const [row] = await admin.rows(
    `SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = ${quoteText(database)};`,
  )
  return row === undefined ? 'CHARACTER SET utf8mb4' : `CHARACTER SET ${row[0]} COLLATE ${row[1]}`
}

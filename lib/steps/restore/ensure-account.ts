import { join } from 'node:path'
import type { DatabaseAccess } from '../../core/database-access.ts'
import type { Transaction } from '../../core/restore-journal.ts'
import { Secret } from '../../core/secret.ts'
import { adminOf } from '../../database/admin.ts'
import { withOptionFile } from '../../database/option-file.ts'
import { accountHost, accountName, escapePattern, quoteName, quoteText } from '../../database/sql.ts'
import { CommandFailed } from '../../engine/process.ts'
import type { Hands } from '../../host/hands.ts'
import { readJournal, writeJournal } from './journal.ts'
import { accessFrom } from './live-access.ts'

/**
 * Makes sure that the configuration that is live now can log in to its database: a replica may never have had the account, and a password may have
 * changed since. An account that works is left as it is.
 */
export async function ensureAccount(hands: Hands, { site }: Transaction): Promise<void> {
  // a configuration that does not say it names no account to be made
  const access = await accessFrom(hands, site, join(hands.host.vhosts, site)).catch(() => undefined)
  if (!access || (await canLogIn(hands, access))) return
  const admin = adminOf(hands.host, hands.shell)
  const account = `${access.user}@${accountHost(access)}`
  const exists = await admin.ask<number>(
    `SELECT COUNT(*) FROM mysql.user WHERE user = ${quoteText(access.user)} AND host = ${quoteText(accountHost(access))};`,
  )
  const journal = readJournal(hands.host, site)
  if (exists === 0 && journal.pending) {
    const scratch = { ...journal.pending.scratch, accounts: [...journal.pending.scratch.accounts, account] }
    writeJournal(hands.host, site, { ...journal, pending: { ...journal.pending, scratch } })
  }
  const identified = `${accountName(account)} IDENTIFIED BY ${quoteText(access.password.reveal())}`
  const grant = `GRANT ALL PRIVILEGES ON ${quoteName(escapePattern(access.database))}.* TO ${accountName(account)};`
  await admin.run(new Secret(`CREATE USER IF NOT EXISTS ${identified}; ALTER USER ${identified}; ${grant}`))
}

/** Whether an account, with the password of a configuration, reaches its database. */
export async function canLogIn({ host, shell }: Hands, access: DatabaseAccess): Promise<boolean> {
  try {
    const client = shell.with({ input: 'SELECT 1;', onLine: () => {} })
    await withOptionFile(host, access, option => client.ask(String)`${host.database.clientProgram} ${option} ${access.database}`)
    return true
  } catch (error) {
    // 1045 and 1698 access denied, 1044 no right to the database; a server that is down is another matter
    if (error instanceof CommandFailed && /ERROR (104[45]|1698)\b/.test(error.stderr)) return false
    throw error
  }
}

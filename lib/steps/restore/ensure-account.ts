import { join } from 'node:path'
import type { Transaction } from '../../core/restore-journal.ts'
import { Secret } from '../../core/secret.ts'
import { adminOf } from '../../database/admin.ts'
import { recordedClaim } from '../../database/claims.ts'
import { openOwnServer } from '../../database/own-server.ts'
import { accountHost, accountName, escapePattern, quoteName, quoteText } from '../../database/sql.ts'
import type { Hands } from '../../host/hands.ts'
import { readJournal, writeJournal } from './journal.ts'
import { accessFrom } from './live-access.ts'

/**
 * Makes sure that the configuration that is live now can log in to its database: a replica may never have had the account, and a password may have
 * changed since. An account that works is left as it is; so is one that is not recorded as the site's, since whoever writes the configuration could name any (S41).
 */
export async function ensureAccount(hands: Hands, { site }: Transaction): Promise<void> {
  // a configuration that does not say it names no account to be made
  const access = await accessFrom(hands, site, join(hands.host.vhosts, site)).catch(() => undefined)
  if (!access || 'address' in (await openOwnServer(hands, access))) return
  const recorded = recordedClaim(hands.host, site)
  if (recorded?.database !== access.database || recorded.user !== access.user) {
    const named = `its configuration names the database "${access.database}" and the account "${access.user}"`
    return hands.shell.note(
      'problem',
      `${site}: ${named}, which are not recorded as its own: no account is made or changed for it`,
    )
  }
  const admin = adminOf(hands)
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

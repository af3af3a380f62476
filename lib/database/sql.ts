import type { DatabaseAccess } from '../core/database-access.ts'

/** A name in backticks. */
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** A text in single quotes, for a session with the default sql_mode, in which backslashes escape. */
export const quoteText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`

/**
 * In a GRANT, `_` and `%` of a database name stand for any character and any text: unescaped, `a_b` would open `axb`
 * too.
 */
export const escapePattern = (database: string): string => database.replace(/[\\_%]/g, '\\$&')

/** The host by which the server knows who comes from here. */
export function accountHost({ address }: DatabaseAccess): string {
  if (address.kind !== 'tcp') return 'localhost'
  if (['127.0.0.1', '::1'].includes(address.host)) return address.host
  throw new Error(
    `its database is on ${address.host}: make the database and its account there first, they cannot be made from here`,
  )
}

/**
 * Statements that drop an account, and first end what it does: a statement of it may last for days, and hold locks for
 * as long.
 */
export const dropAccountSql = (account: string): string =>
  `KILL USER ${accountName(account)}; DROP USER IF EXISTS ${accountName(account)};`

/** `user@host` as SQL. */
export function accountName(account: string): string {
  const at = account.lastIndexOf('@')
  return `${quoteText(account.slice(0, at))}@${quoteText(account.slice(at + 1))}`
}

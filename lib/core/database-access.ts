import type { Secret } from './secret.ts'

/** Where a database server listens. `default`: the socket of this host's own server. */
export type DatabaseAddress =
  | { readonly kind: 'default' }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** How a WordPress site reaches its database (S14). */
export interface DatabaseAccess {
  readonly database: string
  readonly user: string
  readonly password: Secret
  readonly address: DatabaseAddress
  readonly tablePrefix: string
  /** DB_CHARSET; undefined when it is not set, empty, or not to be told without running the program. */
  readonly charset: string | undefined
}

/** A database that is a file of SQLite: its path in the site's folder. */
export interface SqliteFile {
  readonly sqlite: string
}

/** Where a WordPress keeps its data. */
export type SiteData = DatabaseAccess | SqliteFile

/** An address as people write it. */
export const addressText = (address: DatabaseAddress): string =>
  address.kind === 'tcp' ? `${address.host}:${address.port}` : address.kind === 'socket' ? address.path : 'localhost'

const DEFAULT_PORT = 3306
const IPV6 = /^\[?([0-9a-fA-F:]+)(?:\]:(\d+))?/
const NAME = /^([^:/]*)(?::(\d+))?/

/**
 * Reads DB_HOST as `wpdb::parse_db_host()` splits it and mysqlnd then connects: the host `localhost` (or none) is a
 * socket whatever the port says, every other host is TCP whatever the socket says. Undefined when it names no address.
 * Source: wp-includes/class-wpdb.php; php-src ext/mysqlnd/mysqlnd_connection.c, `get_scheme`.
 */
export function parseDatabaseHost(text: string): DatabaseAddress | undefined {
  const colon = text.indexOf(':/')
  const [address, path] = colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
  const found = (address.split(':').length > 2 ? IPV6 : NAME).exec(address)
  if (text === '' || !found) return undefined
  const host = found[1] ?? ''
  if (host === '' || host.toLowerCase() === 'localhost') return socketAddress(path)
  return tcpAddress(host, Number(found[2] ?? 0) || DEFAULT_PORT)
}

function socketAddress(path: string | undefined): DatabaseAddress | undefined {
  if (path === undefined) return { kind: 'default' }
  return /\p{Cc}/u.test(path) ? undefined : { kind: 'socket', path }
}

/** A host that starts with '-' or holds a space is no host, and could pass for an option of a client. */
const tcpAddress = (host: string, port: number): DatabaseAddress | undefined =>
  /^[\p{L}\p{N}_:][\p{L}\p{N}_.:-]*$/u.test(host) && port <= 65535 ? { kind: 'tcp', host, port } : undefined

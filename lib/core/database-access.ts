import type { Secret } from './secret.ts'

/** Where a database server listens. `default`: the socket of this host's own server. */
export type DatabaseAddress =
  | { readonly kind: 'default' }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

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

export type SiteData = DatabaseAccess | SqliteFile

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

export interface FoundDump {
  readonly name: string
  readonly database: string | undefined
}

/**
 * Which dump is that of which database: the first that says so. The site's own one can have another name here than
 * where it was dumped: it takes the first dump that is of none of the others.
 * @param own the site's own database, if it is among them @param dumps that of the site's own one first
 */
export function dumpsByDatabase(
  databases: readonly string[],
  own: string | undefined,
  dumps: readonly FoundDump[],
): ReadonlyMap<string, string> {
  const named = databases.map(database => [database, dumps.find(dump => dump.database === database)?.name] as const)
  const [first] = dumps
  const isFree = first !== undefined && !databases.includes(first.database ?? '')
  const found = named.map(
    ([database, name]) => [database, name ?? (database === own && isFree ? first.name : undefined)] as const,
  )
  return new Map(found.filter((pair): pair is readonly [string, string] => pair[1] !== undefined))
}

/** Which database and account a site uses, recorded at its first backup or replay on a host. */
export interface DatabaseClaim {
  /** Where the server is, as text: `localhost`, a socket, `host:port`. */
  readonly server: string
  readonly database: string
  readonly user: string
  /** Further ones of the same site: of other domains, or of further WordPresses in its folder. */
  readonly more?: readonly Omit<DatabaseClaim, 'more'>[] | undefined
}

export type DatabaseClaims = Readonly<Record<string, DatabaseClaim>>

/** What speaks against a site's claim to a database and account (S41), if anything: they are another site's. */
export function claimConflict(site: string, claim: DatabaseClaim, recorded: DatabaseClaims): string | undefined {
  for (const [other, theirs] of Object.entries(recorded)) {
    if (other === site) continue
    const there = [theirs, ...(theirs.more ?? [])].filter(({ server }) => server === claim.server)
    if (there.some(({ database }) => database === claim.database))
      return `its database "${claim.database}" is recorded as that of site "${other}"`
    if (there.some(({ user }) => user === claim.user))
      return `its database account "${claim.user}" is recorded as that of site "${other}"`
  }
  return undefined
}

export const isSameClaim = (one: DatabaseClaim, other: DatabaseClaim): boolean =>
  one.server === other.server && one.database === other.database && one.user === other.user

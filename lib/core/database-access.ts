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

/** An address as people write it. */
export const addressText = (address: DatabaseAddress): string =>
  address.kind === 'tcp' ? `${address.host}:${address.port}` : address.kind === 'socket' ? address.path : 'localhost'

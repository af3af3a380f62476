import { existsSync } from 'node:fs'
import type { DatabaseAccess, DatabaseAddress } from '../core/database-access.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { Host } from '../inventory/schema.ts'

/** Somebody who speaks to a database server by its client programs. */
export interface DatabaseClient {
  /** What runs them. It knows the password, which is in no word of theirs. */
  readonly shell: Shell
  /** The words of a program: itself in its sandbox, who logs in and where, then its own options. */
  readonly words: (program: string, options: readonly string[]) => readonly string[]
  /** Whether a program that asks is kept for the next question. A site's account may have few connections. */
  readonly isKept: boolean
}

/** A row of a dump can be large, and is held more than once. Bytes. */
const LIMITS = { memory: 16 * 1024 ** 3 }

/** Rows come in larger pieces: a client writes 4096 bytes at once into a pipe, and Node reserves 64 KB for each. */
const AT_ONCE = ['stdbuf', '--output=65536', '--']

/**
 * The administrator of this host's database server, who is known by the socket or by the option file of the inventory:
 * it logs in at the socket or address that the inventory names, and nowhere else (S41).
 */
export function administrator({ host, shell }: { readonly host: Host; readonly shell: Shell }): DatabaseClient {
  const { adminOptionFile } = host.database
  const address = ownAddress(host)
  const who = adminOptionFile === undefined ? '--no-defaults' : `--defaults-file=${adminOptionFile}`
  const reads = [...placesOf(address), ...(adminOptionFile === undefined ? [] : [adminOptionFile])]
  const sandbox = { reads, network: address.kind === 'tcp', limits: LIMITS }
  const words = (program: string, options: readonly string[]): string[] => {
    const own = [program, who, ...wayTo(address), ...options]
    return sandboxed(own, sandbox).toSpliced(-own.length, 0, ...AT_ONCE)
  }
  return { shell, words, isKept: true }
}

/**
 * A site's own account, at a server of this host or, as the site's configuration says, anywhere. Its programs have the
 * rights of nobody: a server that the site chose can ask them for anything, and a socket that it chose can be
 * anybody's.
 */
export function siteAccount(
  { shell }: { readonly shell: Shell },
  { user, password }: Pick<DatabaseAccess, 'user' | 'password'>,
  address: Exclude<DatabaseAddress, { kind: 'default' }>,
): DatabaseClient {
  const sandbox = { reads: placesOf(address), network: address.kind === 'tcp', user: 'unused', limits: LIMITS } as const
  // the server need not prove who it is, nor speak TLS: WordPress does not ask for that either
  const login = ['--no-defaults', ...wayTo(address), '--loose-ssl-verify-server-cert=0', `--user=${user}`]
  return {
    shell: shell.with({ env: { MYSQL_PWD: password } }),
    words: (program, options) => sandboxed([program, ...login, ...options], sandbox),
    isKept: false,
  }
}

/** Where this host's own server is, as the inventory says. */
export function ownAddress({ database: { host, port, socket } }: Host): Exclude<DatabaseAddress, { kind: 'default' }> {
  return host === undefined ? { kind: 'socket', path: socket } : { kind: 'tcp', host, port }
}

function wayTo(address: Exclude<DatabaseAddress, { kind: 'default' }>): string[] {
  if (address.kind === 'tcp') return ['--protocol=tcp', `--host=${address.host}`, `--port=${address.port}`]
  return ['--protocol=socket', '--host=localhost', `--socket=${address.path}`]
}

/** The client itself says best that a socket is not there. */
const placesOf = (address: DatabaseAddress): string[] =>
  address.kind === 'socket' && existsSync(address.path) ? [address.path] : []

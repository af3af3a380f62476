import { existsSync, statSync } from 'node:fs'
import { isIP, isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { addressText, type DatabaseAccess, type DatabaseAddress } from '../core/database-access.ts'
import type { HostContext } from '../host/site.ts'
import { adminOf, QueryFailed, queriesOf } from './admin.ts'
import { ownAddress, siteAccount } from './client.ts'
import { quoteName } from './sql.ts'

type Settled = Exclude<DatabaseAddress, { kind: 'default' }>

/** What a server says of itself that another one says otherwise. An account needs no right to see it. */
const IDENTITY = ['hostname', 'port', 'datadir', 'socket', 'pid_file', 'server_uid', 'server_uuid']
const SHOW_IDENTITY = `SHOW GLOBAL VARIABLES WHERE variable_name IN (${IDENTITY.map(name => `'${name}'`).join(', ')});`

/** Begins to speak to this host's own server, where one seems to be, for the questions that come. */
export function prepareServer(context: Pick<HostContext, 'host' | 'shell'>): void {
  const own = ownAddress(context.host)
  if (own.kind === 'socket' && existsSync(own.path)) adminOf(context).prepare()
}

/**
 * This host's own server: its version and its databases. Undefined where none answers: a host may have static sites
 * only.
 */
export async function serverHere(context: Pick<HostContext, 'host' | 'shell'>) {
  const own = ownAddress(context.host)
  if (own.kind === 'socket' && !existsSync(own.path)) return undefined
  const names = 'SELECT schema_name FROM information_schema.schemata ORDER BY 1;'
  const rows = await adminOf(context)
    .rows(`SELECT VERSION(); ${names}`)
    .catch(() => undefined)
  const [[version] = [], ...databases] = rows ?? []
  return version === undefined ? undefined : { version, databases: databases.map(([name]) => name!) }
}

/**
 * Whether the server that a site's configuration names is this host's own one, by what both say of themselves. A server
 * that lies gains nothing: this host's own one is only ever spoken to where the inventory says, and there the site's
 * account must be good.
 * @throws when nothing answers there, or nothing that lets the account in
 */
export async function isOnOwnServer(context: HostContext, access: DatabaseAccess): Promise<boolean> {
  const { address } = access
  if (address.kind === 'default' || (await isOwnAddress(context, address))) return true
  const theirs = await queriesOf(context.host, siteAccount(context, access, address)).rows(SHOW_IDENTITY)
  return JSON.stringify(theirs) === JSON.stringify(await adminOf(context).rows(SHOW_IDENTITY))
}

/**
 * @throws when a site's database is on another server than this host's own, where nothing of it can be made from here
 */
export async function assertOwnServer(context: HostContext, access: DatabaseAccess): Promise<void> {
  const isOwn = await isOnOwnServer(context, access).catch(error => {
    if (!(error instanceof QueryFailed)) throw error
    return false
  })
  if (isOwn) return
  throw new Error(
    `its database is at ${addressText(access.address)}, which is not this host's database server: it cannot be restored from here. --files-only restores the files, --into the dump too`,
  )
}

/** Whether an address leads to this host's own server, without asking what is there. */
export async function isOwnAddress(context: HostContext, address: Settled): Promise<boolean> {
  const own = ownAddress(context.host)
  if (JSON.stringify(own) === JSON.stringify(address)) return true
  return address.kind === 'socket' ? isSameSocket(own, address) : own.kind === 'socket' && (await isListening(context, address))
}

/** Where a site's account was let in, or what the server said when it was not. */
export type Opened = { readonly address: Settled } | { readonly refused: string }

/**
 * Tries whether this host's own server lets a site's account in to its database: at the address of the inventory, then
 * at that of the site's configuration where it is surely this very server's, since an account can be good for who comes
 * from there only.
 * @param access a database of the empty name stands for none
 */
export async function openOwnServer(context: HostContext, access: DatabaseAccess): Promise<Opened> {
  const { address } = access
  const first = await tryLogin(context, access, ownAddress(context.host))
  if ('address' in first || address.kind !== 'tcp' || !(await isListening(context, address))) return first
  return await tryLogin(context, access, address)
}

/**
 * 1045 and 1698: access denied; 1044: no right to the database; 1049: no such database; 1130: not from there. A server
 * that is down is another matter.
 */
const REFUSALS = /^(?:104[459]|1130|1698) \(\w+\)[^:]*: (.*)/

async function tryLogin(context: HostContext, access: DatabaseAccess, address: Settled): Promise<Opened> {
  const use = access.database === '' ? '' : `USE ${quoteName(access.database)};`
  try {
    await queriesOf(context.host, siteAccount(context, access, address)).rows(`${use} SELECT 1;`)
    return { address }
  } catch (error) {
    const said = error instanceof QueryFailed ? REFUSALS.exec(error.said)?.[1] : undefined
    if (said === undefined) throw error
    return { refused: said }
  }
}

async function isListening(context: HostContext, address: Extract<DatabaseAddress, { kind: 'tcp' }>): Promise<boolean> {
  const rows = await adminOf(context).rows(
    "SHOW GLOBAL VARIABLES WHERE variable_name IN ('port', 'bind_address', 'skip_networking');",
  )
  return listensAt(Object.fromEntries(rows), address, ownIps())
}

const ownIps = (): string[] => Object.values(networkInterfaces()).flatMap(each => (each ?? []).map(({ address }) => address))

function isSameSocket(one: DatabaseAddress, other: DatabaseAddress): boolean {
  const [a, b] = [one, other].map(each => (each.kind === 'socket' ? statSync(each.path, { throwIfNoEntry: false }) : undefined))
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}

/** What a server says of where it listens: its variables of these names. */
export interface Listening {
  readonly port?: string
  readonly bind_address?: string
  readonly skip_networking?: string
}

const LOOPBACK = ['127.0.0.1', '::1']

/**
 * Whether an address is one at which a server of this machine listens by its own word. The kernel lets nobody else
 * listen there too, so that it is no other program's. A name is none: what it leads to is decided elsewhere.
 * @param ownIps the addresses of this machine's network interfaces
 */
export function listensAt(
  server: Listening,
  address: Extract<DatabaseAddress, { kind: 'tcp' }>,
  ownIps: readonly string[],
): boolean {
  const { port, bind_address: bound = '', skip_networking: off } = server
  if (off !== 'OFF' || Number(port) !== address.port || isIP(address.host) === 0) return false
  if (!LOOPBACK.includes(address.host) && !ownIps.includes(address.host)) return false
  const all = isIPv4(address.host) ? ['', '*', '0.0.0.0'] : ['', '*', '::']
  return bound.split(',').some(each => all.includes(each.trim()) || each.trim() === address.host)
}

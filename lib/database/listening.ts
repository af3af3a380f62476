import { isIP, isIPv4 } from 'node:net'
import type { DatabaseAddress } from '../core/database-access.ts'

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

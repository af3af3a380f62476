import { networkInterfaces } from 'node:os'
import { publicFirst } from '../core/addresses.ts'
import type { Host } from '../inventory/schema.ts'

/** The addresses under which visitors reach this host: as the inventory says or, where it does not, its interfaces'. */
export function addressesOf({ addresses }: Pick<Host, 'addresses'>): readonly string[] {
  if (addresses.length > 0) return addresses
  const interfaces = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  return publicFirst(interfaces.filter(({ internal }) => !internal).map(({ address }) => address))
}

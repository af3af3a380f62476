import { Resolver } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { type AddressRecord, type DomainRecords, publicFirst } from '../core/dns-advice.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'

/** A site may name very many domains. */
const MOST_DOMAINS = 50
/** Milliseconds for which one name server is waited, and how often it is asked. */
const WAIT = { timeout: 2000, tries: 2 } as const

/** What domains resolve to, by the inventory's name servers or each domain's own, which know of changes at once. */
export async function lookUpDomains(
  { nameServers }: Pick<Host, 'nameServers'>,
  domains: readonly string[],
  shell: Shell,
): Promise<readonly DomainRecords[]> {
  const usual = new Resolver(WAIT)
  if (nameServers.length > 0) usual.setServers(nameServers)
  const asked = { usual, hasOwn: nameServers.length === 0, authorities: new Map<string, Promise<Resolver | undefined>>() }
  const cancel = (): void => usual.cancel()
  shell.stop.addEventListener('abort', cancel, { once: true })
  const found = await shell.look(`ask name servers for ${domains.join(', ')}`, () =>
    Promise.all(domains.slice(0, MOST_DOMAINS).map(domain => lookUp(asked, domain))),
  )
  shell.stop.removeEventListener('abort', cancel)
  if (shell.stop.aborted) throw shell.stop.reason
  return found
}

interface Asked {
  readonly usual: Resolver
  readonly hasOwn: boolean
  readonly authorities: Map<string, Promise<Resolver | undefined>>
}

async function lookUp(asked: Asked, domain: string): Promise<DomainRecords> {
  try {
    const own = asked.hasOwn ? await authorityOf(asked, domain) : undefined
    const resolver = own ?? asked.usual
    const [alias] = await resolver.resolveCname(domain).catch(none)
    // a name server answers for its own zones only, and the other name may be in none of them
    const where = alias === undefined ? resolver : asked.usual
    const [A, AAAA] = await Promise.all([
      where.resolve4(domain, { ttl: true }).catch(none),
      where.resolve6(domain, { ttl: true }).catch(none),
    ])
    return { domain, A: recordsIn(A), AAAA: recordsIn(AAAA), alias: alias?.toLowerCase().replace(/\.$/, '') }
  } catch (error) {
    return { domain, A: [], AAAA: [], problem: messageOf(error) }
  }
}

const recordsIn = (records: readonly { address: string; ttl: number }[]): AddressRecord[] =>
  records.map(({ address, ttl }) => ({ address, ttl })).toSorted((a, b) => (a.address < b.address ? -1 : 1))

/** No such name, or nothing of this kind under it. @throws any other failure */
function none(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') return []
  throw error
}

/** Who answers for the zone that a domain is in; undefined where that is not found, and somebody else is asked. */
async function authorityOf({ usual, authorities }: Asked, domain: string): Promise<Resolver | undefined> {
  const labels = domain.replace(/^\*\./, '').split('.')
  for (let from = 0; from < labels.length - 1; from += 1) {
    const zone = labels.slice(from).join('.')
    if (!authorities.has(zone)) authorities.set(zone, authorityOfZone(usual, zone))
    const found = await authorities.get(zone)
    if (found) return found
  }
  return undefined
}

async function authorityOfZone(usual: Resolver, zone: string): Promise<Resolver | undefined> {
  try {
    const names = (await usual.resolveNs(zone)).toSorted().slice(0, 3)
    const addresses = (await Promise.all(names.map(name => usual.resolve4(name).catch(() => [])))).flat()
    if (addresses.length === 0) return undefined
    const resolver = new Resolver(WAIT)
    resolver.setServers(addresses)
    await resolver.resolveSoa(zone) // one that no firewall lets through is none
    return resolver
  } catch {
    return undefined
  }
}

/** The addresses under which visitors reach this host: as the inventory says or, where it does not, its interfaces'. */
export function addressesOf({ addresses }: Pick<Host, 'addresses'>): readonly string[] {
  if (addresses.length > 0) return addresses
  const interfaces = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  return publicFirst(interfaces.filter(({ internal }) => !internal).map(({ address }) => address))
}

import { formatAge } from './age.ts'

/** An address that a domain name resolves to. `ttl`: seconds for which others may cache it, where that is known. */
export interface AddressRecord {
  readonly address: string
  readonly ttl?: number | undefined
}

export interface DomainRecords {
  readonly domain: string
  readonly A: readonly AddressRecord[]
  readonly AAAA: readonly AddressRecord[]
  /** The name that it is another name for (CNAME). */
  readonly alias?: string | undefined
  readonly problem?: string | undefined
}

/** What is to be changed of a domain so that its visitors come to this host. */
export interface DnsAdvice {
  readonly domain: string
  /** Whether all that it resolves to is this host; undefined where nobody knows. */
  readonly isHere: boolean | undefined
  readonly changes: readonly string[]
}

/** Whether all of these domains are known to resolve, and none of them to this host in any part. */
export const leadsElsewhere = (found: readonly DomainRecords[], here: readonly string[]): boolean =>
  found.length > 0 &&
  found.every(({ A, AAAA, problem }) => {
    const all = [...A, ...AAAA]
    return problem === undefined && all.length > 0 && !all.some(({ address }) => isAmong(here, address))
  })

const TYPES = ['A', 'AAAA'] as const
type RecordType = (typeof TYPES)[number]

/** Which records of a site's domains to change, from what to what. @param here this host's public addresses */
export function dnsAdvice(found: readonly DomainRecords[], here: readonly string[]): readonly DnsAdvice[] {
  const domains = found.map(({ domain }) => domain)
  return found.map(records => adviceOf(records, here, domains))
}

function adviceOf(records: DomainRecords, here: readonly string[], domains: readonly string[]): DnsAdvice {
  const { domain, alias, problem } = records
  if (problem !== undefined) return { domain, isHere: undefined, changes: [`${domain}: its addresses are not known: ${problem}`] }
  const all = [...records.A, ...records.AAAA].map(({ address }) => address)
  if (all.length > 0 && all.every(address => isAmong(here, address))) return { domain, isHere: true, changes: [] }
  if (here.length === 0) return { domain, isHere: false, changes: [`${domain}: ${NO_ADDRESS}`] }
  if (alias !== undefined && domains.includes(alias)) return { domain, isHere: false, changes: [] }
  const changes = TYPES.flatMap(type => changesOf(type, records, here))
  const via = `${domain} is another name for ${alias} (CNAME), which is none of the site's: change it there, or instead of it `
  return { domain, isHere: false, changes: alias === undefined ? changes : [via + here.map(ofType).join(' and ')] }
}

const NO_ADDRESS = 'this host knows no address of its own: say it in the inventory, addresses'

function changesOf(type: RecordType, records: DomainRecords, here: readonly string[]): string[] {
  const wanted = here.filter(address => typeOf(address) === type)
  const from = records[type].map(({ address }) => address)
  if (from.length > 0 && from.every(address => isAmong(here, address))) return []
  // a host that has both kinds of addresses serves who knows one
  const hasOther = TYPES.some(other => other !== type && records[other].length > 0)
  if (from.length === 0 && (wanted.length === 0 || hasOther)) return []
  const ttl = Math.max(0, ...records[type].map(record => record.ttl ?? 0))
  const kept = ttl > 0 ? `; others may remember the former for ${formatAge(ttl * 1000)} (its TTL)` : ''
  const change =
    from.length === 0
      ? `add ${wanted.join(' and ')}`
      : wanted.length === 0
        ? `remove ${from.join(' and ')}, this host has none of this kind`
        : `from ${from.join(' and ')} to ${wanted.join(' and ')}`
  return [`${records.domain} ${type}: ${change}${kept}`]
}

const typeOf = (address: string): RecordType => (address.includes(':') ? 'AAAA' : 'A')
const ofType = (address: string): string => `${typeOf(address)} ${address}`

/** IPv6 has several ways to write an address. */
const isAmong = (here: readonly string[], address: string): boolean => here.some(each => spelled(each) === spelled(address))

const spelled = (address: string): string =>
  (address.includes(':') && URL.parse(`http://[${address.split('%')[0]}]`)?.hostname) || address

/** What to do, and that a private address of this host reaches no visitor. Nothing once all domains point here. */
export function dnsText(advice: readonly DnsAdvice[], here: readonly string[]): readonly string[] {
  if (advice.every(({ isHere }) => isHere)) return []
  const changes = advice.flatMap(each => each.changes)
  const hint = here.length > 0 && here.every(isPrivate) ? [`${here.join(' and ')} is a private address: ${BEHIND}`] : []
  const waits = advice.filter(({ isHere }) => isHere === false).map(({ domain }) => domain)
  return [...(changes.length > 0 ? changes : [`${waits.join(' and ')}: they follow the others`]), ...hint]
}

const BEHIND = 'say the one that visitors know in the inventory, addresses'

/** Addresses that only their own link knows. */
const LINK_LOCAL = /^(fe[89ab][0-9a-f]:|169\.254\.)/i
/** Addresses that no visitor from elsewhere reaches (RFC 1918, 4193, 6598, and the loopback). */
const PRIVATE =
  /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd][0-9a-f]{2}:)/i

const isPrivate = (address: string): boolean => PRIVATE.test(address)

/** The public ones of a host's addresses or, where it has none, those of its own network. */
export function publicFirst(addresses: readonly string[]): readonly string[] {
  const known = [...new Set(addresses.filter(address => !LINK_LOCAL.test(address)))]
  const outside = known.filter(address => !isPrivate(address))
  return outside.length > 0 ? outside : known
}

import { isAmong } from './domain-name.ts'
import type { Verdict } from './finding.ts'
import { type Demand, type Disk, filesAmount, importableAmount, roomToRestore, tablesAmount } from './room.ts'
import type { TreeSize } from './set-record.ts'
import type { SiteNeeds } from './site-needs.ts'

/** What a host can run, as its nightly run writes it into the archive. Absent: not there, or not known. Times in ms. */
export interface HostCard {
  readonly host: string
  readonly time: number
  readonly holdfast: string
  /** The newest that is installed, as Debian lays it out: `8.2`. */
  readonly php?: { readonly version: string; readonly extensions: readonly string[] } | undefined
  /** As the server says it: `10.11.6-MariaDB-0+deb12u1`. */
  readonly mariadb?: { readonly version: string } | undefined
  readonly webServer?: WebServerCard | undefined
  readonly room: { readonly files?: Disk | undefined; readonly database?: Disk | undefined }
  readonly users: readonly string[]
  /** Those under which visitors may reach it. */
  readonly addresses: readonly string[]
  readonly databases: readonly DatabaseCard[]
  readonly certified: readonly string[]
  readonly sites: { readonly owned: readonly string[]; readonly replicated: readonly string[] }
  /** What its last finished run came to, which is not the one that wrote the card. */
  readonly lastRun?: { readonly time: number; readonly verdict: Verdict } | undefined
}

export interface WebServerCard {
  readonly kind: 'apache' | 'nginx'
  readonly version?: string | undefined
  /** Apache's, by their names in `mods-enabled`. */
  readonly modules: readonly string[]
}

/** A database on its server; its site where one is recorded, and that site's account. */
export interface DatabaseCard {
  readonly name: string
  readonly site?: string | undefined
  readonly user?: string | undefined
}

export interface Lacks {
  /** The site cannot run there: the move is refused. */
  readonly missing: readonly string[]
  /** It probably can: a warning. */
  readonly differs: readonly string[]
}

export function lacksFor(needs: MoveNeeds, card: HostCard): Lacks {
  const found = [lackOfPhp, lackOfServer, lackOfWebServer, lackOfRoom, takenNames, lackOfAccounts, lackOfCertificates]
  const lacks = found.map(look => look(needs, card))
  return { missing: lacks.flatMap(({ missing = [] }) => missing), differs: lacks.flatMap(({ differs = [] }) => differs) }
}

function lackOfPhp({ php = [], phpVersion }: SiteNeeds, card: HostCard): Partial<Lacks> {
  if (php.length === 0 && phpVersion === undefined) return {}
  if (!card.php) return { missing: [`no PHP is known there, ${phpVersion ?? 'some'} is needed`] }
  const { version, extensions } = card.php
  return {
    missing: php.filter(name => !extensions.includes(name)).map(name => `PHP's extension ${name} is not loaded there`),
    differs: phpVersion === undefined || phpVersion === version ? [] : [`PHP ${version} there, ${phpVersion} here`],
  }
}

/** The release series of a database server, by its product: `MariaDB`, 10 and 11 of `10.11.6-MariaDB-0+deb12u1`. */
function seriesOf(version: string) {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? []
  const product = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL'
  return { product, series: [Number(major), Number(minor)] as const, name: `${product} ${/^[\d.]*/.exec(version)![0]}` }
}

/** A dump of a newer series has collations and column types that an older server does not know. */
function lackOfServer({ database, databaseVersion }: MoveNeeds, { mariadb }: HostCard): Partial<Lacks> {
  if (!database) return {}
  if (!mariadb) return { missing: ['no database server answers there'] }
  if (databaseVersion === undefined || databaseVersion === mariadb.version) return {}
  const [here, there] = [seriesOf(databaseVersion), seriesOf(mariadb.version)]
  const text = `${there.name} there, ${here.name} here`
  if (here.product !== there.product) return { missing: [text] }
  const older = there.series[0] - here.series[0] || there.series[1] - here.series[1]
  if (older < 0) return { missing: [`${text}: an older one cannot be relied on to take its dump`] }
  return older === 0 ? {} : { differs: [text] }
}

function lackOfWebServer({ webServer, modules = [] }: SiteNeeds, { webServer: there }: HostCard): Partial<Lacks> {
  if (webServer === undefined) return {}
  if (!there) return { missing: [`no web server is named in its inventory, ${webServer} serves the site here`] }
  if (there.kind !== webServer)
    return { differs: [`${there.kind} there, ${webServer} here: its web server configuration does not come along`] }
  if (webServer !== 'apache') return {}
  return {
    missing: modules
      .filter(name => !there.modules.includes(name))
      .map(name => `Apache's module ${name} is not switched on there`),
  }
}

/** The restored site stands beside what is there until it takes its place. */
function lackOfRoom({ size }: MoveNeeds, { room }: HostCard): Partial<Lacks> {
  if (!size) return {}
  const on = (disk: Disk | undefined, of: Omit<Demand, 'disk'>): Demand[] => (disk ? [{ disk, ...of }] : [])
  const { dump } = size
  const stage = [
    ...on(room.files, filesAmount(size)),
    ...(dump ? [...on(room.files, importableAmount(dump)), ...on(room.database, tablesAmount(dump))] : []),
  ]
  const { refusal, doubt } = roomToRestore([stage])
  return { missing: refusal === undefined ? [] : [refusal], differs: doubt === undefined ? [] : [doubt] }
}

function takenNames({ site, databases }: MoveNeeds, card: HostCard): Partial<Lacks> {
  const others = card.databases.filter(each => each.site !== undefined && each.site !== site)
  const missing = databases.flatMap(({ name, user }) => [
    ...others.filter(other => other.name === name).map(other => `the database "${name}" there is that of site "${other.site}"`),
    ...others.filter(other => other.user === user).map(other => `the account "${user}" there is that of site "${other.site}"`),
  ])
  const free = card.databases.filter(each => each.site === undefined && databases.some(({ name }) => name === each.name))
  return {
    missing: [...new Set(missing)],
    differs: free.map(({ name }) => `a database "${name}" is there already, of no site that is known: it is replaced`),
  }
}

function lackOfAccounts({ users }: MoveNeeds, card: HostCard): Partial<Lacks> {
  const unknown = users.filter(name => !card.users.includes(name))
  return { differs: unknown.map(name => `no account ${name} there, which owns files here: they keep its number`) }
}

function lackOfCertificates({ certificates, domains }: MoveNeeds, { certified }: HostCard): Partial<Lacks> {
  if (!certificates) return {}
  const without = domains.filter(domain => !isAmong(certified, domain))
  return { differs: without.map(domain => `no certificate for ${domain} there yet: it comes with the backup`) }
}

/** What a site needs of the host that it is to move to: also what only its owner knows, on the day of the move. */
export interface MoveNeeds extends SiteNeeds {
  readonly site: string
  /** The version of its database server, as that says it: `10.11.6-MariaDB-0+deb12u1`. */
  readonly databaseVersion: string | undefined
  /** Its own databases and their accounts. */
  readonly databases: readonly { readonly name: string; readonly user: string }[]
  /** Names of the accounts that own its files. */
  readonly users: readonly string[]
  readonly domains: readonly string[]
  readonly size: TreeSize | undefined
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { certificateNames, coversOnly, isDomainName, overlaps } from '../core/domain-name.ts'
import { isWithin } from '../core/path.ts'
import { renewalSettings } from '../core/renewal-settings.ts'
import type { SitePlace } from '../host/site.ts'
import { commonWebServerFiles, type WebServerFile, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import { namesIn } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import type { Approvals } from './approvals.ts'
import { type Lineage, lineagesHere } from './lineage.ts'
import type { Piece } from './proposal.ts'

/** What is to be done with the lineages that a set brings. */
export interface CertificatePlan {
  /** Those to be put in place, each with its files and links. */
  readonly put: readonly { readonly lineage: Lineage; readonly pieces: readonly Piece[] }[]
  /** Names of all lineages here that are the site's own, those among them. */
  readonly own: readonly string[]
  /** What stays out, and why. */
  readonly remarks: readonly string[]
}

/**
 * Decides about the lineages of a set: one is put in place when it is for names that the site alone answers to here,
 * and this host has none of its name, or one of the site's that ends earlier.
 */
export function planCertificates(
  host: Host,
  site: SitePlace,
  brought: readonly Lineage[],
  names: SiteNames & { readonly claimed: readonly string[] },
  approvals: Approvals,
): CertificatePlan {
  const here = lineagesHere(host.certificates)
  const isOwn = (name: string): boolean => {
    const present = here.find(({ lineage }) => lineage === name)
    return present !== undefined && (approvals.lineages.includes(name) || coversOnly(present.subjectAltName, names.known))
  }
  const remarks: string[] = []
  const put = brought.filter(({ name, subjectAltName, validTo }) => {
    const why = refusalOf(subjectAltName, names)
    const present = here.find(({ lineage }) => lineage === name)
    const isTaken = !isOwn(name) && (present !== undefined || existsSync(join(host.certificates, 'live', name)))
    if (why !== undefined) remarks.push(`certificate ${name} is left out: ${why}`)
    else if (isTaken)
      remarks.push(`certificate ${name} is left out: this host has one of that name that is not known as the site's`)
    return why === undefined && !isTaken && !(present && present.validTo >= validTo)
  })
  const pieces = put.map(lineage => {
    const renewal = renewalOf(host, site, lineage)
    if (typeof renewal === 'string') remarks.push(`certificate ${lineage.name} is not renewed by this host: ${renewal}`)
    return { lineage, pieces: [...lineagePieces(host, lineage), ...(typeof renewal === 'object' ? [renewal] : [])] }
  })
  const own = [...here.map(({ lineage }) => lineage).filter(isOwn), ...put.map(({ name }) => name)]
  return { put: pieces, own: [...new Set(own)], remarks }
}

/** What a site brings along must not speak for another (S41). */
function refusalOf(
  subjectAltName: string,
  { known, claimed, objection }: SiteNames & { readonly claimed: readonly string[] },
): string | undefined {
  const domains = [...known, ...claimed.filter(name => objection(name) === undefined)].flatMap(spelledOut)
  if (!coversOnly(subjectAltName, domains)) return "it is not for the site's own domains alone"
  return certificateNames(subjectAltName)
    .map(objection)
    .find(why => why !== undefined)
}

/** nginx's `.example.org` is two names for a certificate. */
const spelledOut = (name: string): string[] => (name.startsWith('.') ? [name.slice(1), `*${name}`] : [name])

/** As certbot lays a lineage out: the first version in `archive`, links to it in `live`. */
function lineagePieces(host: Host, { name, certificate, key, chain }: Lineage): Piece[] {
  const files = {
    cert: { text: certificate, mode: 0o644 },
    privkey: { text: key, mode: 0o600 },
    ...(chain === '' ? {} : { chain: { text: chain, mode: 0o644 } }),
    fullchain: { text: `${certificate}${chain}`, mode: 0o644 },
  }
  const entries = Object.entries(files)
  const archived = entries.map(([part, file]) => [`${part}1.pem`, { kind: 'file' as const, ...file }])
  const links = entries.map(([part]) => [`${part}.pem`, { kind: 'link' as const, target: `../../archive/${name}/${part}1.pem` }])
  return [
    { kind: 'folder', to: join(host.certificates, 'archive', name), entries: Object.fromEntries(archived) },
    { kind: 'folder', to: join(host.certificates, 'live', name), entries: Object.fromEntries(links) },
  ]
}

/** Settings for its renewal, or why there are none. Those that are here already are the administrator's. */
function renewalOf(host: Host, site: SitePlace, { name, renewal, subjectAltName }: Lineage): Piece | string | undefined {
  const to = join(host.certificates, 'renewal', `${name}.conf`)
  if (renewal === undefined || existsSync(to)) return undefined
  const made = renewalSettings(renewal, {
    lineage: name,
    certificates: host.certificates,
    siteFolder: site.folder,
    names: certificateNames(subjectAltName),
    webServer: host.webServer?.kind,
    accounts: accountsHere(host.certificates),
  })
  return 'text' in made ? { kind: 'file', to, text: made.text, mode: 0o644 } : made.why
}

/** The accounts that this host has with servers of certificates: folders of certbot's, `accounts/HOST/PATH/ID`. */
function accountsHere(certificates: string): ReadonlyMap<string, readonly string[]> {
  const accounts = join(certificates, 'accounts')
  const found = namesIn(accounts).map(
    server => [`https://${server}/directory`, namesIn(join(accounts, server, 'directory'))] as const,
  )
  return new Map(found.map(([server, ids]) => [server, ids.filter(id => /^[0-9a-f]{32}$/.test(id))]))
}

/** Which names a site may answer to on a host, by what the host itself knows, and not by what a set says. */
export interface SiteNames {
  /** Names that the inventory or the configuration in force gives to the site. */
  readonly known: readonly string[]
  /** Why a name is not the site's to answer to; undefined for one that is its own, or nobody's. */
  readonly objection: (name: string) => string | undefined
}

/** A name of others, and what says so. */
interface Taken {
  readonly name: string
  readonly by: string
}

export function siteNames(host: Host, site: SitePlace, approvals: Pick<Approvals, 'lineages'>): SiteNames {
  const files = webServerFiles(host)
  const own = webServerFilesOf(files, site)
  const isOwn = (file: WebServerFile, roots: readonly string[]): boolean =>
    roots.length > 0 ? roots.some(root => isWithin(root, site.folder)) : own.includes(file)
  const hosts = [...files, ...commonWebServerFiles(host)].flatMap(file =>
    file.hosts.map(vhost => ({ file, vhost, isOwn: isOwn(file, vhost.roots) })),
  )
  const served = hosts.filter(each => each.isOwn).flatMap(({ vhost }) => vhost.domains)
  const known = [...new Set([...site.settings.domains.map(name => name.toLowerCase()), ...served])]
  const taken: Taken[] = [
    ...hosts
      .filter(each => !each.isOwn)
      .flatMap(({ file, vhost }) => [...vhost.domains, ...vhost.patterns].map(name => ({ name, by: `${file.name} here` }))),
    ...Object.entries(host.sites)
      .filter(([name]) => name !== site.name)
      .flatMap(([name, { domains }]) => domains.map(domain => ({ name: domain.toLowerCase(), by: `${name} in the inventory` }))),
    ...lineagesHere(host.certificates)
      .filter(({ lineage, subjectAltName }) => !approvals.lineages.includes(lineage) && !coversOnly(subjectAltName, known))
      .flatMap(({ lineage, subjectAltName }) =>
        certificateNames(subjectAltName).map(name => ({ name, by: `the certificate ${lineage} here` })),
      ),
  ]
  const objection = (name: string): string | undefined => {
    if (!isDomainName(name)) return `${name} is no plain domain name`
    if (known.includes(name)) return undefined
    const other = taken.find(each => /[~$]/.test(each.name) || overlaps(name, each.name))
    if (other === undefined) return undefined
    const what = other.name === name ? '' : `, by ${other.name}`
    return `${name} may be another's: ${other.by} is for it${what}`
  }
  return { known, objection }
}

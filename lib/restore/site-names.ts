import { certificateNames, coversOnly, isDomainName, overlaps } from '../core/domain-name.ts'
import { isWithin } from '../core/path.ts'
import type { SitePlace } from '../host/site.ts'
import { commonWebServerFiles, type WebServerFile, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import type { Approvals } from './approvals.ts'
import { lineagesHere } from './lineage.ts'

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

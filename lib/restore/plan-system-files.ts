import { isWithin } from '../core/path.ts'
import type { SitePlace } from '../host/site.ts'
import { commonWebServerFiles, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import type { SiteRights } from '../web-server/site-rights.ts'
import { type VirtualHost, virtualHosts } from '../web-server/virtual-hosts.ts'
import { readApprovals } from './approvals.ts'
import { type CertificatePlan, planCertificates } from './plan-certificates.ts'
import { type ConfigurationPlan, planConfiguration } from './plan-configuration.ts'
import type { Proposal } from './proposal.ts'
import { siteNames } from './site-names.ts'

/** What is to be done with all that a set brings for the system. */
export interface SystemPlan {
  readonly certificates: CertificatePlan
  readonly configuration: ConfigurationPlan
}

const NO_CONFIGURATION: ConfigurationPlan = { put: [], waiting: [], remarks: [] }

/** Decides by what this host itself knows of the site: what the set says of it may be a stranger's. */
export function planSystemFiles(host: Host, site: SitePlace, proposal: Proposal): SystemPlan {
  const { files, lineages } = proposal
  const approvals = readApprovals(host, site.name)
  const names = siteNames(host, site, approvals)
  const claimed = [
    ...(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(site.name) ? [site.name.toLowerCase()] : []),
    ...claimedNames(host, site, files),
  ]
  const certificates = planCertificates(host, site, lineages, { ...names, claimed }, approvals)
  const { webServer } = host
  if (!webServer) return { certificates, configuration: NO_CONFIGURATION }
  const rights: SiteRights = {
    folder: site.folder,
    certificates: host.certificates,
    lineages: certificates.own,
    nameObjection: names.objection,
    ...inUse(host, site),
  }
  return { certificates, configuration: planConfiguration(webServer, site, proposal, rights, approvals) }
}

/** Names in the virtual hosts of a set that have their root in the site. */
function claimedNames(host: Host, site: SitePlace, files: Proposal['files']): string[] {
  const isOwn = ({ roots }: VirtualHost): boolean => roots.length > 0 && roots.every(root => isWithin(root, site.folder))
  return files
    .flatMap(({ text }) => virtualHosts(host.webServer?.kind ?? 'apache', text).filter(isOwn))
    .flatMap(({ domains }) => domains)
}

/** Ports on which the web server listens, and sockets that run this site's code already: its own, and those for all. */
function inUse(host: Host, site: SitePlace): Pick<SiteRights, 'ports' | 'sockets'> {
  const [common, enabled] = [commonWebServerFiles(host), webServerFiles(host)]
  const own = [...common, ...webServerFilesOf(enabled, site)].map(({ text }) => text).join('\n')
  const all = [...common, ...enabled].map(({ text }) => text).join('\n')
  const uncommented = (text: string): string => text.replace(/^\s*#.*$/gm, '')
  const sockets = [...uncommented(own).matchAll(/\bunix:(\/[^\s|;"']+)/g)].map(match => match[1]!)
  const ports = [...uncommented(all).matchAll(/\blisten\s+(?:\S*:)?(\d{1,5})[\s;]/gi)].map(match => Number(match[1]))
  return { sockets: [...new Set(sockets)], ports: [...new Set([80, 443, ...ports])] }
}

import { readlinkSync } from 'node:fs'
import { join, normalize } from 'node:path'
import type { Shell } from '../../engine/shell.ts'
import type { Host } from '../../inventory/schema.ts'
import { type VirtualHost, virtualHosts } from '../../web-server/virtual-hosts.ts'
import { webServerFiles } from '../domains.ts'
import type { SitePlace } from '../facts.ts'
import { isWithin } from '../site-files.ts'
import { WEB_SERVER } from '../web-server.ts'
import { exists, namesIn, type Piece, plainText } from './brought.ts'

/** The parts of a site's file: the link that puts it in force, and the file that it leads to. */
const PARTS = ['sites-available', 'sites-enabled']

/** The web server files of a set that are to be put in place: those that serve this site alone, in the set and here, and differ from what is here. */
export function webServerPieces(host: Host, site: SitePlace, companion: string, shell: Shell): Piece[] {
  const { webServer } = host
  if (!webServer) return []
  return namesIn(join(companion, WEB_SERVER, 'sites-enabled')).flatMap(name => {
    const refusal = refusalOf(host, site, companion, name)
    if (refusal !== undefined) {
      shell.note('warning', `web server file ${name} ${refusal}: left out`)
      return []
    }
    return PARTS.map(part => ({ from: join(companion, WEB_SERVER, part, name), to: join(webServer.folder, part, name) })).filter(
      ({ from, to }) => exists(from) && (!exists(to) || plainText(from) !== plainText(to)),
    )
  })
}

/** Domains that the set's own web server files name for this site, less those that other sites on this host answer to. */
export function broughtDomains(host: Host, site: SitePlace, companion: string, shell: Shell): string[] {
  const names = namesIn(join(companion, WEB_SERVER, 'sites-enabled'))
  const own = names.map(name => broughtHosts(host, companion, name)).filter(hosts => servesOnly(hosts, site))
  const brought = own.flatMap(hosts => hosts.flatMap(vhost => vhost.domains))
  const others = domainsOfOthers(host, site)
  const taken = brought.filter(domain => others.has(domain))
  if (taken.length > 0) shell.note('warning', `its set claims ${taken.join(', ')}, which other sites here answer to: left out`)
  return brought.filter(domain => !others.has(domain))
}

/** Why a file of the set may not be put in force; undefined when it may. */
function refusalOf(host: Host, site: SitePlace, companion: string, name: string): string | undefined {
  const here = webServerFiles(host).find(file => file.name === name)?.hosts ?? []
  const brought = broughtHosts(host, companion, name)
  if (!servesOnly(brought, site) || (here.length > 0 && !servesOnly(here, site))) return 'does not serve this site alone'
  const target = linkTarget(join(companion, WEB_SERVER, 'sites-enabled', name))
  const available = join('sites-available', name)
  if (target !== undefined && target !== join('..', available) && target !== join(host.webServer!.folder, available))
    return `is a link to ${target}`
  const others = domainsOfOthers(host, site)
  const taken = brought.flatMap(vhost => vhost.domains).find(domain => others.has(domain))
  if (taken !== undefined) return `answers to ${taken}, as another site here does`
  const path = broughtText(companion, name)
    .match(/\/[^\s"'<>;]*/g)
    ?.find(each => isOfOther(normalize(each), host, site))
  return path === undefined ? undefined : `names ${path}, which is another site's`
}

const isOfOther = (path: string, host: Host, site: SitePlace): boolean =>
  isWithin(path, host.vhosts) && path !== host.vhosts && !isWithin(path, site.folder)

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function broughtText(companion: string, name: string): string {
  const texts = PARTS.map(part => plainText(join(companion, WEB_SERVER, part, name)))
  return texts.find(text => text !== undefined) ?? ''
}

function broughtHosts(host: Host, companion: string, name: string): VirtualHost[] {
  return virtualHosts(host.webServer?.kind ?? 'apache', broughtText(companion, name))
}

function servesOnly(hosts: readonly VirtualHost[], site: SitePlace): boolean {
  const roots = hosts.flatMap(vhost => vhost.roots)
  return roots.length > 0 && roots.every(root => isWithin(root, site.folder))
}

function domainsOfOthers(host: Host, site: SitePlace): ReadonlySet<string> {
  const served = webServerFiles(host)
    .flatMap(file => file.hosts)
    .filter(vhost => !vhost.roots.some(root => isWithin(root, site.folder)))
    .flatMap(vhost => vhost.domains)
  const listed = Object.entries(host.sites).filter(([name]) => name !== site.name)
  return new Set([...served, ...listed.flatMap(([, settings]) => settings.domains.map(domain => domain.toLowerCase()))])
}

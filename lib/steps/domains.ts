import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../inventory/schema.ts'
import { type VirtualHost, virtualHosts } from '../web-server/virtual-hosts.ts'
import type { SitePlace } from './facts.ts'
import { isWithin } from './site-files.ts'

/** One file of the web server's configuration that is in force. */
export interface WebServerFile {
  /** Its name in `sites-enabled`. */
  readonly name: string
  readonly hosts: readonly VirtualHost[]
}

/** The enabled site files of the web server, as far as they can be read. None without a web server. */
export function webServerFiles({ webServer }: Host): WebServerFile[] {
  if (!webServer) return []
  const folder = join(webServer.folder, 'sites-enabled')
  return namesIn(folder).flatMap(name => {
    try {
      return [{ name, hosts: virtualHosts(webServer.kind, readFileSync(join(folder, name), 'utf8')) }]
    } catch {
      return [] // a broken link or a folder: not in force
    }
  })
}

/** Those that serve this site and no other. */
export function webServerFilesOf(files: readonly WebServerFile[], site: SitePlace): WebServerFile[] {
  const rootsOf = (file: WebServerFile): string[] => file.hosts.flatMap(host => host.roots)
  return files.filter(file => rootsOf(file).length > 0 && rootsOf(file).every(root => isWithin(root, site.folder)))
}

/**
 * A site's own domains, in small letters: those of the inventory and of the virtual hosts whose document root lies in its folder. A site that
 * has neither and is named like a domain has that one.
 */
export function domainsOf(host: Host, site: SitePlace): string[] {
  const served = webServerFiles(host)
    .flatMap(file => file.hosts)
    .filter(vhost => vhost.roots.some(root => isWithin(root, site.folder)))
    .flatMap(vhost => vhost.domains)
  const domains = new Set([...site.settings.domains.map(domain => domain.toLowerCase()), ...served])
  if (domains.size === 0 && /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(site.name)) domains.add(site.name.toLowerCase())
  return [...domains]
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

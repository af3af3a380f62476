import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { isWithin } from '../core/path.ts'
import type { Host } from '../inventory/schema.ts'
import { saidMode } from '../web-server/mode-page.ts'
import { type VirtualHost, virtualHosts, type WebServerKind } from '../web-server/virtual-hosts.ts'
import { OpenedFile } from './opened-file.ts'
import type { SitePlace } from './site.ts'
import { namesIn, textIfThere } from './whole-file.ts'

/** One file of the web server's configuration that is in force. */
export interface WebServerFile {
  /** Where it is: beside the enabled ones as long as another mode of a site is in its place; see site-mode. */
  readonly path: string
  readonly name: string
  readonly text: string
  readonly modified: Date
  /** Nobody but root can write it: an administrator did. */
  readonly isRoots: boolean
  readonly hosts: readonly VirtualHost[]
}

const LARGEST = 4_000_000

/** The enabled site files of the web server, as far as they can be read. None without a web server. */
export const webServerFiles = ({ webServer }: Host): WebServerFile[] =>
  webServer
    ? namesIn(join(webServer.folder, 'sites-enabled')).flatMap(name => fileAt(webServer.kind, name, enabledPath(webServer, name)))
    : []

/** The folder beside `sites-enabled` for what is replaced for a while: links to `../sites-available` hold in it. */
export const REPLACED = 'holdfast-replaced'

export function enabledPath({ folder }: NonNullable<Host['webServer']>, name: string): string {
  const [enabled, replaced] = ['sites-enabled', REPLACED].map(each => join(folder, each, name)) as [string, string]
  const isReplaced = lstatSync(replaced, { throwIfNoEntry: false }) && saidMode(textIfThere(enabled) ?? '') !== undefined
  return isReplaced ? replaced : enabled
}

/** The web server's files that belong to no site: what they name is said for all of them. */
export function commonWebServerFiles({ webServer }: Host): WebServerFile[] {
  if (!webServer) return []
  const { kind, folder } = webServer
  const [main, more] = kind === 'apache' ? ['apache2.conf', 'conf-enabled'] : ['nginx.conf', 'conf.d']
  return [...fileAt(kind, main, join(folder, main)), ...filesIn(kind, join(folder, more))]
}

/** Apache's modules that are switched on, by their names in `mods-enabled`. */
export const enabledModules = ({ kind, folder }: NonNullable<Host['webServer']>): string[] =>
  kind === 'apache' ? namesIn(join(folder, 'mods-enabled')).flatMap(name => /^(.+)\.load$/.exec(name)?.[1] ?? []) : []

const filesIn = (kind: WebServerKind, folder: string): WebServerFile[] =>
  namesIn(folder).flatMap(name => fileAt(kind, name, join(folder, name)))

/** None for a broken link, a folder, a pipe that somebody put where a link leads: not in force. */
function fileAt(kind: WebServerKind, name: string, path: string): WebServerFile[] {
  try {
    using file = OpenedFile.openNamed(path)
    const text = file.text(LARGEST)
    const { mtime: modified, uid, mode } = file.stat
    const isRoots = uid === process.geteuid?.() && (mode & 0o022) === 0
    return [{ path, name, text, modified, isRoots, hosts: virtualHosts(kind, text) }]
  } catch {
    return []
  }
}

export function webServerFilesOf(files: readonly WebServerFile[], site: SitePlace): WebServerFile[] {
  const rootsOf = (file: WebServerFile): string[] => file.hosts.flatMap(host => host.roots)
  return files.filter(file => rootsOf(file).length > 0 && rootsOf(file).every(root => isWithin(root, site.folder)))
}

/**
 * A site's own domains, in small letters: of the inventory, and of virtual hosts with their root in its folder;
 * else its name, where that is like a domain.
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

import { lstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { claimsIn } from '../core/marker.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { Host, SiteSettings } from '../inventory/schema.ts'
import type { LocalSite, Needs, SitePlace } from './facts.ts'

/** Finds the sites on this host: every folder of the vhosts root with a `SITE` in it, or with a marker. */
export const findSites: Step<Needs<'host'>, Needs<'localSites'>> = {
  name: 'find-sites',
  title: ({ host }) => `Find the sites in ${host.vhosts}`,
  run: async ({ host }, shell) => {
    const localSites = isWithoutSites(host) ? [] : sitesIn(host.vhosts)
    shell.note('info', `${localSites.length} found`)
    return { localSites }
  },
}

/** A desktop keeps no sites, and replicates none, unless it has a folder for them. */
export const isWithoutSites = ({ desktop, vhosts }: Host): boolean =>
  desktop !== undefined && lstatSync(vhosts, { throwIfNoEntry: false }) === undefined

/** A name that can be a folder's on every host and a part of a log's line. Names with a dot in front are Holdfast's own. */
export function isSiteName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\u0000-\u001f\u007f]/.test(name)
}

function sitesIn(folder: string): LocalSite[] {
  using vhosts = opened(folder)
  const names = vhosts.names().filter(name => isSiteName(name))
  return names.map(name => look(vhosts, name)).filter(site => site !== undefined)
}

function opened(folder: string): OpenedFolder {
  try {
    return OpenedFolder.openNamed(folder)
  } catch (error) {
    throw new BadInput(`vhosts: cannot list ${folder}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Reads a site's folder once: what is found of it is of one and the same listing. */
function look(vhosts: OpenedFolder, name: string): LocalSite | undefined {
  // a link is no site: what it points to is, if it lies here, and is none of ours if it does not
  using site = vhosts.plainFolder(name)
  if (!site) return undefined
  const claims = claimsIn(site.names())
  using root = site.plainFolder('SITE')
  if (!root && claims.length === 0) return undefined
  return { name, folder: join(vhosts.name, name), claims, wpConfig: configIn(site) }
}

/** The `wp-config.php` of a site's folder; WordPress looks one level above its root too. Undefined for a static site. */
export function wpConfigIn(folder: string): string | undefined {
  using site = OpenedFolder.openIfThere(folder)
  return site && configIn(site)
}

const CONFIG = 'wp-config.php'

function configIn(site: OpenedFolder): string | undefined {
  using root = site.plainFolder('SITE')
  if (isFileOrLink(root?.look(CONFIG))) return join(site.name, 'SITE', CONFIG)
  return isFileOrLink(site.look(CONFIG)) ? join(site.name, CONFIG) : undefined
}

const isFileOrLink = (stat: Stats | undefined): boolean => stat !== undefined && (stat.isFile() || stat.isSymbolicLink())

const NO_SETTINGS: SiteSettings = { domains: [], env: [], exclude: [] }

/** Where a site of this name is, or would be, on a host. */
export function placeOf(host: Host, name: string): SitePlace {
  // a site may be named like a property that every object has
  return { name, folder: join(host.vhosts, name), settings: Object.hasOwn(host.sites, name) ? host.sites[name]! : NO_SETTINGS }
}

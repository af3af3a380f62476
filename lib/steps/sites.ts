import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { claimsIn } from '../core/marker.ts'
import type { Step } from '../engine/step.ts'
import type { Host, SiteSettings } from '../inventory/schema.ts'
import type { LocalSite, Needs, SitePlace } from './facts.ts'

/** Finds the sites on this host: every folder of the vhosts root with a `SITE` in it, or with a marker. */
export const findSites: Step<Needs<'host'>, Needs<'localSites'>> = {
  name: 'find-sites',
  title: ({ host }) => `Find the sites in ${host.vhosts}`,
  run: async ({ host }, shell) => {
    const names = isWithoutSites(host) ? [] : foldersIn(host.vhosts).filter(name => isSiteName(name))
    const localSites = names.map(name => look(join(host.vhosts, name), name)).filter(site => site !== undefined)
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

function foldersIn(folder: string): string[] {
  try {
    // a link is no site: what it points to is, if it lies here, and is none of ours if it does not
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name)
      .toSorted()
  } catch (error) {
    throw new BadInput(`vhosts: cannot list ${folder}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function look(folder: string, name: string): LocalSite | undefined {
  const names = readdirSync(folder)
  const claims = claimsIn(names)
  if (!isKind(join(folder, 'SITE'), 'isDirectory') && claims.length === 0) return undefined
  return { name, folder, claims, wpConfig: wpConfigIn(folder) }
}

/** The `wp-config.php` of a site's folder; WordPress looks one level above its root too. Undefined for a static site. */
export function wpConfigIn(folder: string): string | undefined {
  const places = [join(folder, 'SITE', 'wp-config.php'), join(folder, 'wp-config.php')]
  return places.find(path => isKind(path, 'isFile') || isKind(path, 'isSymbolicLink'))
}

function isKind(path: string, kind: 'isDirectory' | 'isFile' | 'isSymbolicLink'): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.[kind]() ?? false
}

const NO_SETTINGS: SiteSettings = { domains: [], env: [], exclude: [] }

/** Where a site of this name is, or would be, on a host. */
export function placeOf(host: Host, name: string): SitePlace {
  // a site may be named like a property that every object has
  return { name, folder: join(host.vhosts, name), settings: Object.hasOwn(host.sites, name) ? host.sites[name]! : NO_SETTINGS }
}

import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { claimsIn } from '../core/marker.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { isSiteName, type LocalSite } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { configIn } from '../restore/database-access.ts'
import type { Needs } from '../store/facts.ts'

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

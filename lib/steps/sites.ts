import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { claimsIn } from '../core/marker.ts'
import { messageOf } from '../core/message.ts'
import { listed } from '../core/wording.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { webRootIn } from '../host/opened-web-root.ts'
import { isSiteName, type LocalSite } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'
import { configsIn } from '../wordpress/find-config.ts'

/** Finds the sites on this host: every folder of the vhosts root with a `SITE` in it, or with a marker. */
export const findSites: Step<Needs<'host'>, Needs<'localSites'>> = {
  name: 'find-sites',
  title: ({ host }) => `Find the sites in ${host.vhosts}`,
  run: async ({ host }, shell) => {
    const { sites, oddNames } = isWithoutSites(host) ? { sites: [], oddNames: [] } : sitesIn(host.vhosts)
    shell.note('info', `${sites.length} found`)
    for (const { name, unreadable } of sites) if (unreadable) shell.note('problem', `${name}: ${unreadable}`)
    if (oddNames.length > 0)
      shell.note(
        'warning',
        `no site can have such a name, with control characters or other than UTF-8, and what is in it is left alone: ${listed(oddNames)}`,
      )
    return { localSites: sites }
  },
}

/** A desktop keeps no sites, and replicates none, unless it has a folder for them. */
export const isWithoutSites = ({ desktop, vhosts }: Host): boolean =>
  desktop !== undefined && lstatSync(vhosts, { throwIfNoEntry: false }) === undefined

/** @returns the sites, and the names of folders that no site can have */
function sitesIn(folder: string): { sites: LocalSite[]; oddNames: string[] } {
  using vhosts = opened(folder)
  const visible = vhosts.names().filter(name => !name.startsWith('.'))
  const isOdd = (name: string): boolean => !isSiteName(name) || (name.includes('\ufffd') && vhosts.look(name) === undefined)
  const { odd = [], plain = [] } = Object.groupBy(visible, name => (isOdd(name) ? 'odd' : 'plain'))
  return { sites: plain.map(name => lookOrTell(vhosts, name)).filter(site => site !== undefined), oddNames: odd }
}

/** One folder that cannot be looked into never stops the others: what is there belongs to nobody that is known. */
function lookOrTell(vhosts: OpenedFolder, name: string): LocalSite | undefined {
  try {
    return look(vhosts, name)
  } catch (error) {
    const unreadable = `its folder cannot be looked into: ${messageOf(error)}`
    return { name, folder: join(vhosts.name, name), claims: [], wpConfig: undefined, unreadable }
  }
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
  const folder = join(vhosts.name, name)
  const claims = claimsIn(site.names())
  const root = webRootIn(site, folder)
  if (root.kind !== 'folder' && claims.length === 0) return undefined
  const [wpConfig, ...otherConfigs] = configsIn(site, folder)
  return { name, folder, claims, wpConfig, otherConfigs, ...(root.kind === 'refused' ? { refused: root.why } : {}) }
}

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { claimsIn } from '../core/marker.ts'
import { isSiteName, type Site } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesOf } from '../restore/lineage.ts'
import { wpConfigIn } from '../wordpress/find-config.ts'

/** A site as setup sees it. */
export interface FoundSite {
  readonly name: string
  readonly kind: 'WordPress' | 'static'
  /** As the nightly run will know them without any setting. */
  readonly domains: readonly string[]
  /** Its Let's Encrypt lineages. */
  readonly certificates: readonly string[]
  /** Hosts that its markers name. */
  readonly claims: readonly string[]
}

/** The sites in a vhosts root, and the folders there that are none. */
export function sitesIn(
  root: string,
  vhosts: string,
  webServer: Host['webServer'],
): { sites: readonly FoundSite[]; notSites: readonly string[] } {
  const folder = join(root, vhosts)
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []
  const names = entries.filter(entry => entry.isDirectory() && isSiteName(entry.name)).map(entry => entry.name)
  const isSite = (name: string): boolean => {
    const inside = readdirSync(join(folder, name))
    return inside.includes('SITE') || claimsIn(inside).length > 0
  }
  const { true: sites = [], false: notSites = [] } = Object.groupBy(names.toSorted(), name => (isSite(name) ? 'true' : 'false'))
  return { sites: sites.map(name => siteOf(root, vhosts, name, webServer)), notSites }
}

function siteOf(root: string, vhosts: string, name: string, webServer: Host['webServer']): FoundSite {
  const here = join(root, vhosts, name)
  // the web server's configuration names the machine's own paths, whatever root it is looked at from
  const site = { name, folder: join(vhosts, name), settings: { domains: [], env: [], exclude: [] } } as unknown as Site
  const domains = domainsOf({ webServer } as Host, site)
  return {
    name,
    kind: wpConfigIn(here) === undefined ? 'static' : 'WordPress',
    domains,
    certificates: lineagesOf(join(root, '/etc/letsencrypt'), domains),
    claims: claimsIn(readdirSync(here)),
  }
}

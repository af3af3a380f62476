import { realpathSync } from 'node:fs'
import { isWithin } from '../core/path.ts'
import type { SitePlace } from '../host/site.ts'
import { webServerFiles } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'

/** The folders by which virtual hosts serve a site: its own, and what leads into it by links. */
export function rootsOf(host: Host, { folder }: SitePlace): string[] {
  const named = webServerFiles(host).flatMap(file => file.hosts.flatMap(each => each.roots))
  const others = named.filter(root => !isWithin(root, folder) && isWithin(real(root), real(folder)))
  return [...new Set([folder, ...others.map(root => root.replace(/\/+$/, ''))])]
}

/** Whether it is known that something serves the site on this host. */
export const isServed = (host: Host, site: SitePlace): boolean =>
  site.settings.check?.url !== undefined ||
  webServerFiles(host).some(file =>
    file.hosts.some(each => each.roots.some(root => rootsOf(host, site).some(own => isWithin(root, own)))),
  )

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

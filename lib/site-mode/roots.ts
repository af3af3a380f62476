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

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

import { readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { findWebRoot, type Kind, type WebRoot } from '../core/web-root.ts'
import type { OpenedFolder } from './opened-folder.ts'

/**
 * Where the web root of a site's folder is, which is held open. @param live what that folder is called when it is live
 */
export function webRootIn(site: OpenedFolder, live: string): WebRoot {
  return findWebRoot(live, way => {
    if (!way.includes('/')) return kindOf(site, way)
    using around = site.plainFolder(dirname(way))
    return around ? kindOf(around, basename(way)) : 'missing'
  })
}

/** Opens it; undefined where there is none that can be backed up. */
export function openWebRoot(site: OpenedFolder, live: string): OpenedFolder | undefined {
  const root = webRootIn(site, live)
  return root.kind === 'folder' ? site.plainFolder(root.way) : undefined
}

function kindOf(folder: OpenedFolder, name: string): Kind {
  const stat = folder.look(name)
  if (stat === undefined) return 'missing'
  if (stat.isSymbolicLink()) return { link: readlinkSync(folder.at(name)) }
  return stat.isDirectory() ? 'folder' : 'other'
}

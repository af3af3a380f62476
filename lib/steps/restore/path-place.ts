import { chmodSync, chownSync, lstatSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { BadInput } from '../../core/bad-input.ts'
import { isWithin } from '../site-files.ts'
import { exists } from './brought.ts'

/**
 * What has to change places so that a path of a site comes back: the path itself or, where folders on the way to it are gone, the uppermost of those, so that
 * an undo takes them away with it.
 * @returns relative to the site's folder
 * @throws {BadInput} when the path cannot be where it was: the site's folder is gone, a file stands where a folder was, or a link on the way leads out
 */
export function placeOfPath(folder: string, path: string): string {
  if (!exists(folder)) throw new BadInput(`${folder} is gone: bring the site back as a whole first, or use --into`)
  const gone = uppermostGone(folder, path)
  const parent = realpathOf(dirname(join(folder, gone)), path)
  if (!isWithin(parent, realpathSync(folder))) throw new BadInput(`${path}: a link on the way to it leads out of the site`)
  if (!lstatSync(parent).isDirectory())
    throw new BadInput(
      `${path}: ${relative(folder, dirname(join(folder, gone)))} is no folder now; bring that back instead, or use --into`,
    )
  return gone
}

function uppermostGone(folder: string, path: string): string {
  const above = dirname(path)
  return above === '.' || exists(join(folder, above)) ? path : uppermostGone(folder, above)
}

function realpathOf(parent: string, path: string): string {
  try {
    return realpathSync(parent)
  } catch {
    throw new BadInput(`${path}: ${parent} is a link that leads nowhere`)
  }
}

/** Gives folders that were only made to hold a path the owner and rights of the folder that they come into: the set brings the path alone. */
export function settleMadeFolders(folder: string, tree: string, place: string, path: string): void {
  const { uid, gid, mode } = lstatSync(realpathSync(dirname(join(folder, place))))
  for (let made = dirname(path); isWithin(made, place); made = dirname(made)) {
    chownSync(join(tree, made), uid, gid)
    chmodSync(join(tree, made), mode & 0o7777)
  }
}

import { dirname, join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { isWithin } from '../core/within.ts'
import { WrongKind } from '../host/opened-file.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { type Bases, openNearest } from './place.ts'

/**
 * What has to change places so that a path of a site comes back: the path itself or, where folders on the way to it are
 * gone, the uppermost of those, so that an undo takes them away with it.
 * @returns relative to the site's folder
 * @throws {BadInput} when the path cannot be where it was: the site's folder is gone, or a file or a link stands where
 * a folder was
 */
export function placeOfPath(host: Bases, folder: string, path: string): string {
  try {
    using nearest = openNearest(host, join(folder, path))
    const place = nearest.told.slice(folder.length + 1)
    if (place === '') throw new BadInput(`${folder} is gone: bring the site back as a whole first, or use --into`)
    return place
  } catch (error) {
    if (!(error instanceof WrongKind)) throw error
    const there = error.path.slice(folder.length + 1)
    throw new BadInput(`${path}: ${there} is no folder now but ${error.found}; bring that back instead, or use --into`)
  }
}

/**
 * Gives folders that were only made to hold a path the owner and rights of the folder that they come into: the set
 * brings the path alone.
 */
export function copyOwnerToMadeFolders(host: Bases, folder: string, tree: string, place: string, path: string): void {
  using around = openNearest(host, join(folder, place))
  using root = OpenedFolder.open(tree)
  const { uid, gid, mode } = around.folder.stat()
  for (let made = dirname(path); isWithin(made, place); made = dirname(made)) {
    using opened = root.folder(made)
    opened.setOwner(uid, gid)
    opened.setMode(mode & 0o7777)
  }
}

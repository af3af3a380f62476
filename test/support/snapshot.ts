import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a folder holds, for comparing: for each path its kind, mode, owner, time of change in whole seconds and content or target of a link.
 * @param skip paths, relative to the folder, that do not count, with all that is in them
 */
export function snapshot(folder: string, skip: (path: string) => boolean = () => false): Record<string, string> {
  const found: Record<string, string> = {}
  const look = (path: string): void => {
    if (path !== '' && skip(path)) return
    const full = join(folder, path)
    const stat = lstatSync(full)
    const kind = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : stat.isFile() ? 'file' : 'other'
    const content =
      kind === 'file'
        ? `${stat.size} ${createHash('sha1').update(readFileSync(full)).digest('hex')}`
        : kind === 'link'
          ? readlinkSync(full)
          : ''
    const time = kind === 'link' ? '' : Math.floor(stat.mtimeMs / 1000)
    found[path] = `${kind} ${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid} ${time} ${content}`
    if (kind === 'folder') for (const name of readdirSync(full).toSorted()) look(join(path, name))
  }
  look('')
  return found
}

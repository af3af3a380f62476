import { lstatSync, readdirSync, readFileSync } from 'node:fs'

/** One file or folder of the system that a set brings along: from the restored tree, to its place. */
export interface Piece {
  readonly from: string
  readonly to: string
}

/** Whether something is at a path, a dangling link too. Below what is no folder there is nothing. */
export function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false
    throw error
  }
}

/** The text of a plain file; undefined for a link or anything else: a set's links are not followed. */
export function plainText(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, 'utf8') : undefined
}

/** The names in a folder that is no link; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder).toSorted() : []
}

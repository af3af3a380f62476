import { lstatSync, readdirSync, readFileSync } from 'node:fs'

/** One file or folder of the system that a set brings along: from the restored tree, to its place. */
export interface Piece {
  readonly from: string
  readonly to: string
}

export const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** The text of a plain file; undefined for a link or anything else: a set's links are not followed. */
export function plainText(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, 'utf8') : undefined
}

/** The names in a folder that is no link; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder).toSorted() : []
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cannotWrite } from '../core/wording.ts'
import { processStart } from '../engine/kernel.ts'
import { OpenedFolder, UNFINISHED } from './opened-folder.ts'

/**
 * Writes a file whole or not at all, in a folder that an administrator names: beside it first, hidden, since a web
 * server may show the folder, then over it.
 */
export function writeWhole(file: string, text: string | Buffer, mode = 0o600): void {
  makeFolder(dirname(file))
  try {
    using folder = OpenedFolder.openNamed(dirname(file))
    folder.write(basename(file), text, mode)
  } catch (error) {
    throw cannotWrite(file, error)
  }
}

/** Removes from a folder what processes that are no more left, by the process's id in such a name. */
export function removeOfDead(folder: string, pattern: RegExp): void {
  for (const name of namesIn(folder)) {
    const pid = pattern.exec(name)?.[1]
    if (pid !== undefined && processStart(Number(pid)) === undefined) removeQuietly(join(folder, name))
  }
}

/** Removes what writers that were killed left in a folder of this host's and in those below it. */
export function removeUnfinished(folder: string): void {
  if (!existsSync(folder)) return
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const pid = UNFINISHED.exec(basename(path))?.[1]
    if (pid !== undefined && processStart(Number(pid)) === undefined) removeQuietly(join(folder, path))
  }
}

/** Makes a folder that only its owner can enter, and those around it. @throws with its path and the kernel's reason */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(folder, reasonFor(folder, error))
  }
}

/** Of a read-only disk, Node says only that the folder is not there: the kernel says it of the first missing one. */
function reasonFor(folder: string, error: unknown): unknown {
  let missing = folder
  while (!existsSync(dirname(missing))) missing = dirname(missing)
  if (existsSync(missing)) return error
  try {
    mkdirSync(missing, { mode: 0o700 })
    return error
  } catch (told) {
    return told
  }
}

/** The names in a folder, in order; none where it is not there or cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

/** Removes a file, if it is there. @throws when it cannot be removed, with its path */
export function removeFile(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw cannotWrite(file, error)
  }
}

/** Removes a file or folder as far as that can be: on a read-only disk it stays. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // it is removed by the next run
  }
}

/** The text of a small file of this host's own; undefined where there is none. @throws when it cannot be read */
export function textIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

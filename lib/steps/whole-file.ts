import { existsSync, mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { cannotWrite } from '../core/disk-trouble.ts'

/**
 * Writes a file whole or not at all: beside it first, then renamed. Nothing is left of one that a full disk cut short.
 * @throws when it cannot be written, with its path
 */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  const beside = `${file}.${process.pid}.new`
  try {
    makeFolder(dirname(file))
    writeFileSync(beside, text, { mode, flush: true })
    renameSync(beside, file)
  } catch (error) {
    removeQuietly(beside)
    throw cannotWrite(file, error)
  }
}

/** Makes a folder that only its owner can enter, and those around it. @throws what the kernel says: of a read-only disk, Node says only that the folder is not there */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    let missing = folder
    while (!existsSync(dirname(missing))) missing = dirname(missing)
    if (!existsSync(missing)) mkdirSync(missing, { mode: 0o700 })
    throw error
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

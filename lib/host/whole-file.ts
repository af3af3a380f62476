import { existsSync, mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cannotWrite } from '../core/disk-trouble.ts'

/**
 * Writes a file whole or not at all: beside it first, then renamed. Nothing is left of one that a full disk cut short.
 * @param beside where it is written first: hidden, since a web server may show the folder, and of this process, since another may write the same file
 * @throws when it cannot be written, with its path
 */
export function writeWhole(file: string, text: string, mode = 0o600, beside = hiddenBeside(file)): void {
  makeFolder(dirname(file))
  try {
    writeFileSync(beside, text, { mode, flush: true })
    renameSync(beside, file)
  } catch (error) {
    removeQuietly(beside)
    throw cannotWrite(file, error)
  }
}

const hiddenBeside = (file: string): string => join(dirname(file), `.${basename(file)}.${process.pid}.new`)

/** Makes a folder that only its owner can enter, and those around it. @throws when it cannot be made, with its path and what the kernel says */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(folder, reasonFor(folder, error))
  }
}

/** Of a read-only disk, Node says only that the folder is not there: the kernel says it of the first that is missing. */
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

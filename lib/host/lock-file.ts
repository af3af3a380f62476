import { constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { cannotWrite, diskTrouble } from '../core/disk-trouble.ts'
import { CommandFailed } from '../engine/process.ts'
import { makeFolder } from './whole-file.ts'

const holder = z.object({ host: z.string(), pid: z.number(), /** ISO 8601, UTC. */ start: z.string() })

/** What the lock file says: who holds it, and who left the run unfinished that the holder is not to make up for. */
const lockInfo = holder.extend({ interrupted: holder.optional() })
export type LockInfo = z.infer<typeof holder>

export const isHeld = (error: unknown): boolean => error instanceof CommandFailed && error.exitCode === 75

/**
 * Opens what is locked: the lock file and its folder; where a disk in trouble can neither make nor change the file, as
 * it is, or else the folder alone, and gives why.
 */
export function openLock(folder: string, file: string): { readonly descriptors: readonly number[]; readonly readOnly?: unknown } {
  try {
    makeFolder(folder)
    return { descriptors: [openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600), ...openedOf([folder])] }
  } catch (error) {
    if (diskTrouble(error) === undefined) throw error
    const descriptors = openedOf([file, folder])
    if (descriptors.length > 0) return { descriptors, readOnly: error }
    throw cannotWrite(file, error)
  }
}

/** The descriptors of those that are there and can be opened. */
function openedOf(paths: readonly string[]): number[] {
  return paths.flatMap(path => {
    try {
      return [openSync(path, constants.O_RDONLY)]
    } catch {
      return []
    }
  })
}

/**
 * Writes over what is there and not after it: on most disks that needs no new room, and what an interrupted run left
 * stays if it cannot be done.
 */
export function sign(descriptor: number, info: z.infer<typeof lockInfo> | undefined): void {
  const text = Buffer.from(info ? `${JSON.stringify(info)}\n` : '')
  const written = writeSync(descriptor, text, 0, text.length, 0)
  ftruncateSync(descriptor, written)
  if (written < text.length) throw Object.assign(new Error('written in part'), { code: 'ENOSPC' })
}

export function readLock(file: string): z.infer<typeof lockInfo> | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    // without a file the folder is what is locked; what cannot be read may be the trace of an interrupted run
    return isNotThere(error) ? undefined : UNKNOWN
  }
  if (text === '') return undefined
  try {
    return lockInfo.parse(JSON.parse(text))
  } catch {
    return UNKNOWN // cut short by a power cut
  }
}

const UNKNOWN: LockInfo = { host: 'unknown', pid: 0, start: 'unknown' }

const isNotThere = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

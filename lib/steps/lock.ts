import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { cannotWrite, diskTrouble } from '../core/disk-trouble.ts'
import { EXIT } from '../core/outcome.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Hold } from '../engine/step.ts'
import type { Needs } from './facts.ts'
import { makeFolder } from './whole-file.ts'

/** Who holds the lock, as the lock file says. */
export interface LockInfo {
  readonly host: string
  readonly pid: number
  /** ISO 8601, UTC. */
  readonly start: string
}

const lockInfo = z.object({ host: z.string(), pid: z.number(), start: z.string() })

/** Another run holds the lock. */
export class Locked extends Error {
  readonly asExitCode = EXIT.locked
}

/** The lock file's descriptor, and whether this run has written into it. The kernel keeps the lock as long as it is open, and lets it go when this process dies. */
type Lock = { readonly lock: { readonly descriptor: number; readonly isSigned: boolean } } & Needs<'interrupted'>

/**
 * One run a host. The lock is the kernel's (flock), so a dead run never holds it; the file's text says who has it. Text found in a lock that
 * nobody holds is the trace of a run that was interrupted: the run then goes straight to backup (S16). The lock itself needs no room: a disk that is full
 * or read-only keeps no run from its work.
 */
export const lock: Hold<Needs<'host' | 'request'>, Lock> = {
  name: 'lock',
  title: 'Lock',
  up: async ({ host, request }, shell) => {
    const file = join(host.paths.state, 'lock')
    const { descriptor, readOnly } = openLock(host.paths.state, file)
    try {
      await shell.with({ inherit: [descriptor], allow: [0] }).act`flock --nonblock --conflict-exit-code 75 3`
    } catch (error) {
      const holder = readHolder(file)
      closeSync(descriptor)
      if (!(error instanceof CommandFailed) || error.exitCode !== 75) throw error
      throw new Locked(`another run holds ${file}: ${holder ? describe(holder) : 'it does not say who'}`)
    }
    const interrupted = readHolder(file)
    if (interrupted) shell.note('warning', `the last run was interrupted: ${describe(interrupted)}; no pruning in this one`)
    let isSigned = false
    try {
      if (readOnly) throw readOnly
      if (!request.dryRun) sign(descriptor, { host: host.name, pid: process.pid, start: new Date(shell.now()).toISOString() })
      isSigned = !request.dryRun
    } catch (error) {
      const { message } = cannotWrite(file, error)
      if (!request.dryRun)
        shell.note('problem', `${message}. The run goes on; should it be interrupted, the next one will not know`)
    }
    return { interrupted, lock: { descriptor, isSigned } }
  },
  down: async ({ host, lock, request }, shell) => {
    if (!lock) return
    try {
      if (!request.dryRun) ftruncateSync(lock.descriptor)
    } catch (error) {
      const { message } = cannotWrite(join(host.paths.state, 'lock'), error)
      if (lock.isSigned) shell.note('problem', `${message}. The next run will take this one for interrupted`)
    }
    closeSync(lock.descriptor)
  },
}

/** Opens what is locked: the lock file; where a disk in trouble can neither make nor change it, the file as it is, or else the folder, and gives why. */
function openLock(folder: string, file: string): { readonly descriptor: number; readonly readOnly?: unknown } {
  try {
    makeFolder(folder)
    return { descriptor: openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600) }
  } catch (error) {
    if (diskTrouble(error) === undefined) throw error
    for (const path of [file, folder]) {
      try {
        return { descriptor: openSync(path, constants.O_RDONLY), readOnly: error }
      } catch {
        // not there
      }
    }
    throw cannotWrite(file, error)
  }
}

/** Writes over what is there and not after it: on most disks that needs no new room, and what an interrupted run left stays if it cannot be done. */
function sign(descriptor: number, info: LockInfo): void {
  const text = Buffer.from(`${JSON.stringify(info)}\n`)
  const written = writeSync(descriptor, text, 0, text.length, 0)
  ftruncateSync(descriptor, written)
  if (written < text.length) throw Object.assign(new Error('written in part'), { code: 'ENOSPC' })
}

function readHolder(file: string): LockInfo | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch {
    return undefined // the folder is what is locked
  }
  if (text === '') return undefined
  try {
    return lockInfo.parse(JSON.parse(text))
  } catch {
    return { host: 'unknown', pid: 0, start: 'unknown' } // cut short by a power cut
  }
}

const describe = (info: LockInfo): string => `${info.host}, process ${info.pid}, since ${info.start}`

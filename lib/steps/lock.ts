import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { cannotWrite, diskTrouble } from '../core/disk-trouble.ts'
import { EXIT } from '../core/outcome.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold } from '../engine/step.ts'
import { makeFolder } from '../host/whole-file.ts'
import type { Needs } from './facts.ts'

const holder = z.object({ host: z.string(), pid: z.number(), /** ISO 8601, UTC. */ start: z.string() })

/** What the lock file says: who holds it, and who left the run unfinished that the holder is not to make up for. */
const lockInfo = holder.extend({ interrupted: holder.optional() })
export type LockInfo = z.infer<typeof holder>

/** Another run holds the lock. */
export class Locked extends Error {
  readonly asExitCode = EXIT.locked
}

/**
 * The descriptors of what is locked, the lock file's first, and whether this run has written into it. The kernel keeps the lock as long as they are open, and
 * lets it go when this process dies.
 */
type Lock = { readonly lock: { readonly descriptors: readonly number[]; readonly isSigned: boolean } } & Needs<'interrupted'>

/**
 * One run a host. The lock is the kernel's (flock), so a dead run never holds it; the file's text says who has it. Text found in a lock that
 * nobody holds is the trace of a run that was interrupted: the run then goes straight to backup (S16). The lock itself needs no room: a disk that is full
 * or read-only keeps no run from its work. The folder is locked besides the file: a run that could make no file has nothing else, and once the disk can be
 * written, the next run makes one.
 */
export const lock = lockThat('clears the trace')

/** The same for a run that makes no backup: the trace of an interrupted one is there for the next that does. */
export const lockAndKeepTrace = lockThat('keeps the trace')

function lockThat(what: 'clears the trace' | 'keeps the trace'): Hold<Needs<'host' | 'request'>, Lock> {
  return {
    name: 'lock',
    title: 'Lock',
    isLock: true,
    up: async ({ host, request }, shell) => {
      const file = join(host.paths.state, 'lock')
      const { descriptors, readOnly } = openLock(host.paths.state, file)
      try {
        await flock(descriptors, shell)
      } catch (error) {
        const holder = readLock(file)
        for (const each of descriptors) closeSync(each)
        if (!isHeld(error)) throw error
        throw new Locked(`another run holds ${file}: ${holder ? describe(holder) : 'it does not say who'}`)
      }
      const left = readLock(file)
      const interrupted = left?.interrupted ?? left
      if (interrupted && what === 'clears the trace')
        shell.note('warning', `the last run was interrupted: ${describe(interrupted)}; no pruning in this one`)
      const me = { host: host.name, pid: process.pid, start: new Date(shell.now()).toISOString() }
      let isSigned = false
      try {
        if (readOnly) throw readOnly
        if (!request.dryRun) sign(descriptors[0]!, interrupted && what === 'keeps the trace' ? { ...me, interrupted } : me)
        isSigned = !request.dryRun
      } catch (error) {
        const { message } = cannotWrite(file, error)
        if (!request.dryRun)
          shell.note('problem', `${message}. The run goes on; should it be interrupted, the next one will not know`)
      }
      return { interrupted, lock: { descriptors, isSigned } }
    },
    down: async ({ host, lock, interrupted, request }, shell) => {
      if (!lock) return
      try {
        if (!request.dryRun) sign(lock.descriptors[0]!, what === 'keeps the trace' ? interrupted : undefined)
      } catch (error) {
        const { message } = cannotWrite(join(host.paths.state, 'lock'), error)
        if (lock.isSigned) shell.note('problem', `${message}. The next run will take this one for interrupted`)
      }
      for (const each of lock.descriptors) closeSync(each)
    },
  }
}

/** Locks all of them, for this process. @throws when another holds one, see {@link isHeld} */
async function flock(descriptors: readonly number[], shell: Shell): Promise<void> {
  for (const [index, descriptor] of descriptors.entries()) {
    const locking = shell.with({ inherit: [descriptor], allow: [0] }).act`flock --nonblock --conflict-exit-code 75 3`
    // some file systems lock no folder (NFS): the file tells there
    await locking.catch(error => {
      if (index === 0 || isHeld(error) || shell.stop.aborted) throw error
    })
  }
}

const isHeld = (error: unknown): boolean => error instanceof CommandFailed && error.exitCode === 75

/** Opens what is locked: the lock file and its folder; where a disk in trouble can neither make nor change the file, as it is, or else the folder alone, and gives why. */
function openLock(folder: string, file: string): { readonly descriptors: readonly number[]; readonly readOnly?: unknown } {
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

/** Writes over what is there and not after it: on most disks that needs no new room, and what an interrupted run left stays if it cannot be done. */
function sign(descriptor: number, info: z.infer<typeof lockInfo> | undefined): void {
  const text = Buffer.from(info ? `${JSON.stringify(info)}\n` : '')
  const written = writeSync(descriptor, text, 0, text.length, 0)
  ftruncateSync(descriptor, written)
  if (written < text.length) throw Object.assign(new Error('written in part'), { code: 'ENOSPC' })
}

function readLock(file: string): z.infer<typeof lockInfo> | undefined {
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

const describe = (info: LockInfo): string => `${info.host}, process ${info.pid}, since ${info.start}`

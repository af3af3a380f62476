import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { EXIT } from '../core/outcome.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Hold } from '../engine/step.ts'
import type { Needs } from './facts.ts'

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

/** The lock file's descriptor. The kernel keeps the lock as long as it is open, and lets it go when this process dies. */
type Lock = { readonly lock: { readonly descriptor: number } } & Needs<'interrupted'>

/**
 * One run a host. The lock is the kernel's (flock), so a dead run never holds it; the file's text says who has it. Text found in a lock that
 * nobody holds is the trace of a run that was interrupted: the run then goes straight to backup (S16).
 */
export const lock: Hold<Needs<'host' | 'request'>, Lock> = {
  name: 'lock',
  title: 'Lock',
  up: async ({ host, request }, shell) => {
    mkdirSync(host.paths.state, { recursive: true, mode: 0o700 })
    const file = join(host.paths.state, 'lock')
    const descriptor = openSync(file, 'a+', 0o600)
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
    if (!request.dryRun) sign(descriptor, { host: host.name, pid: process.pid, start: new Date(shell.now()).toISOString() })
    return { interrupted, lock: { descriptor } }
  },
  down: async ({ lock, request }) => {
    if (!lock) return
    if (!request.dryRun) ftruncateSync(lock.descriptor)
    closeSync(lock.descriptor)
  },
}

function sign(descriptor: number, info: LockInfo): void {
  ftruncateSync(descriptor)
  writeSync(descriptor, `${JSON.stringify(info)}\n`)
}

function readHolder(file: string): LockInfo | undefined {
  const text = readFileSync(file, 'utf8').trim()
  if (text === '') return undefined
  try {
    return lockInfo.parse(JSON.parse(text))
  } catch {
    return { host: 'unknown', pid: 0, start: 'unknown' } // cut short by a power cut
  }
}

const describe = (info: LockInfo): string => `${info.host}, process ${info.pid}, since ${info.start}`

import { constants, existsSync, ftruncateSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { cannotWrite, diskTrouble } from '../core/wording.ts'
import { processStart } from '../engine/kernel.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { rememberOrTell } from './state.ts'
import { makeFolder, removeFile, removeQuietly } from './whole-file.ts'

const holder = z.object({ host: z.string(), pid: z.number(), /** ISO 8601, UTC. */ start: z.string() })

/** What the lock file says: who holds it, and who left the run unfinished that the holder is not to make up for. */
const lockInfo = holder.extend({ interrupted: holder.optional() })
export type LockInfo = z.infer<typeof holder>

export const isHeld = (error: unknown): boolean => error instanceof CommandFailed && error.exitCode === 75

/** Opens the lock file and its folder; on a disk in trouble the file as it is, or the folder alone, and why. */
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

function openedOf(paths: readonly string[]): number[] {
  return paths.flatMap(path => {
    try {
      return [openSync(path, constants.O_RDONLY)]
    } catch {
      return []
    }
  })
}

/** Writes over what is there and not after it: on most disks that needs no new room. */
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

/** Works while holding the kernel's lock on a file. @throws when another holds it longer than so many seconds */
export async function withFlock<Result>(
  file: string,
  seconds: number,
  shell: Shell,
  work: () => Promise<Result>,
): Promise<Result> {
  await using handle = await open(file, 'a', 0o600)
  const explain = () => new Error(`another program has held ${file} for ${seconds} s`)
  // it gives up by itself, and would be ended only where that file system keeps it waiting
  const waiting = { inherit: [handle.fd], timeout: seconds + 10 }
  await shell.with({ ...waiting, explain: failure => (failure.exitCode === 1 ? explain() : undefined) })
    .act`flock --timeout ${seconds} 3`
  return await work()
}

/** What the programs of a host share, a VPN or a mount: it is on for as long as one of them holds a lease of it. */
export interface Shared {
  /** Where its leases lie: the same folder for every program of the host, one that a reboot empties. */
  readonly folder: string
  /** Seconds that another program may take to switch it. */
  readonly patience: number
  /** Undefined where nobody can tell: then the leases do. */
  readonly isOn: () => Promise<boolean | undefined>
  readonly switchOn: () => Promise<void>
  readonly switchOff: () => Promise<void>
}

/** How a lease found it: off; on for others' leases; left on by a killed program; or on for another reason. */
export type FoundBefore = 'off' | 'leased' | 'left' | 'on'

/** What became of it: it was switched off, is still leased by another, or was not ours to switch off. */
export type LeftAs = 'off' | 'leased' | 'on'

/** Whether these are the facts of a run, and not of a look. */
export const isRun = (facts: object): boolean => !('look' in facts)

const OURS = 'switched-on-by-holdfast'
const ownLease = (): string => `lease-${process.pid}`

/** What this process switched on and could not write down: it alone knows. */
const unwritten = new Set<string>()

/**
 * Takes a lease. Leases are files that name a process, and count while it lives. Whoever comes first switches it on and
 * writes that down, unless it was on; whoever goes last switches it off, if that was written down: so does the next
 * program for one that was killed.
 * @param isRun where the disk of the leases is full or read-only, a run, of which there is one at a time, goes without
 * a lease, and says so. A look does not: it could take a share from under a run.
 */
export async function takeLease(shared: Shared, shell: Shell, isRun = false): Promise<FoundBefore> {
  try {
    return await takeWritten(shared, shell)
  } catch (error) {
    if (!isRun || diskTrouble(error) === undefined) throw error
    const { message } = cannotWrite(shared.folder, error)
    shell.note('problem', `${message}. Other programs of Holdfast do not see that this one uses it`)
    return await takeUnwritten(shared)
  }
}

async function takeWritten(shared: Shared, shell: Shell): Promise<FoundBefore> {
  const { folder } = shared
  makeFolder(folder)
  return await withFlock(join(folder, 'lock'), shared.patience, shell, async () => {
    const leased = isLeasedByOthers(folder)
    writeFileSync(join(folder, ownLease()), `${processStart(process.pid) ?? ''}\n`)
    if ((await shared.isOn()) ?? leased) return leased ? 'leased' : existsSync(join(folder, OURS)) ? 'left' : 'on'
    writeFileSync(join(folder, OURS), '')
    await shared.switchOn()
    return 'off'
  })
}

async function takeUnwritten(shared: Shared): Promise<FoundBefore> {
  const leased = isLeasedByOthers(shared.folder)
  if ((await shared.isOn()) ?? leased) return leased ? 'leased' : 'on'
  unwritten.add(shared.folder)
  await shared.switchOn()
  return 'off'
}

/** Gives this process's lease back, if it has one: also after {@link takeLease} failed halfway. */
export async function giveBack(shared: Shared, shell: Shell): Promise<LeftAs> {
  const { folder } = shared
  const isMine = unwritten.delete(folder)
  if (!existsSync(folder) && !isMine) return 'on'
  try {
    return await withFlock(join(folder, 'lock'), shared.patience, shell, () => endLease(shared, isMine, shell))
  } catch (error) {
    // without a lock file there is nothing to wait for; the leases that are there still tell
    if (diskTrouble(error) === undefined && !isMissing(error)) throw error
    return await endLease(shared, isMine, shell)
  }
}

async function endLease(shared: Shared, isMine: boolean, shell: Shell): Promise<LeftAs> {
  const ours = join(shared.folder, OURS)
  removeQuietly(join(shared.folder, ownLease()))
  if (isLeasedByOthers(shared.folder)) {
    if (isMine) writeFileSync(ours, '') // they are the last then
    return 'leased'
  }
  if (!isMine && !existsSync(ours)) return 'on'
  await shared.switchOff().catch(async error => {
    if ((await shared.isOn()) === false) removeQuietly(ours)
    throw error
  })
  const taken = 'The next run takes it for its own, and switches it off even if a person switched it on meanwhile'
  rememberOrTell({ note: (kind, text) => shell.note(kind, `${text}. ${taken}`) }, 'it is off', () => removeFile(ours))
  return 'off'
}

/** Whether another process that still lives has a lease; those of the dead are removed. */
function isLeasedByOthers(folder: string): boolean {
  const leases = existsSync(folder) ? readdirSync(folder).filter(name => name.startsWith('lease-') && name !== ownLease()) : []
  const dead = leases.filter(name => {
    const start = processStart(Number(name.slice('lease-'.length)))
    return start === undefined || start !== readFileSync(join(folder, name), 'utf8').trim()
  })
  for (const name of dead) removeQuietly(join(folder, name))
  return leases.length > dead.length
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

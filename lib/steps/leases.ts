import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shell } from '../engine/shell.ts'
import { withFlock } from './flock.ts'
import { processStart } from './process-start.ts'

/** Something that the programs of a host share, a VPN or a mount: it is on for as long as one of them holds a lease of it. */
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

/** How a lease found it: off, so that it was switched on; on for other programs that hold leases; left on by a program that was killed; or on for another reason. */
export type FoundBefore = 'off' | 'leased' | 'left' | 'on'

/** What became of it: it was switched off, is still leased by another, or was not ours to switch off. */
export type LeftAs = 'off' | 'leased' | 'on'

const OURS = 'switched-on-by-holdfast'
const ownLease = (): string => `lease-${process.pid}`

/**
 * Takes a lease. Leases are files that name a process; one whose process is gone does not count. Whoever comes first switches it on and writes that down, unless it was
 * on; whoever goes last switches it off, if that was written down: a program that was killed leaves its share of that to the next.
 */
export async function takeLease(shared: Shared, shell: Shell): Promise<FoundBefore> {
  const { folder } = shared
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return await withFlock(join(folder, 'lock'), shared.patience, shell, async () => {
    const leased = hasLiveLease(folder)
    writeFileSync(join(folder, ownLease()), `${processStart(process.pid) ?? ''}\n`)
    if ((await shared.isOn()) ?? leased) return leased ? 'leased' : existsSync(join(folder, OURS)) ? 'left' : 'on'
    writeFileSync(join(folder, OURS), '')
    await shared.switchOn()
    return 'off'
  })
}

/** Gives this process's lease back, if it has one: also after {@link takeLease} failed halfway. */
export async function giveBack(shared: Shared, shell: Shell): Promise<LeftAs> {
  const { folder } = shared
  if (!existsSync(folder)) return 'on'
  return await withFlock(join(folder, 'lock'), shared.patience, shell, async () => {
    rmSync(join(folder, ownLease()), { force: true })
    if (hasLiveLease(folder)) return 'leased'
    if (!existsSync(join(folder, OURS))) return 'on'
    await shared.switchOff().catch(async error => {
      if ((await shared.isOn()) === false) rmSync(join(folder, OURS), { force: true })
      throw error
    })
    rmSync(join(folder, OURS), { force: true })
    return 'off'
  })
}

/** Whether a process that still lives has a lease; those of the dead are removed. */
function hasLiveLease(folder: string): boolean {
  const leases = readdirSync(folder).filter(name => name.startsWith('lease-'))
  const dead = leases.filter(name => {
    const start = processStart(Number(name.slice('lease-'.length)))
    return start === undefined || start !== readFileSync(join(folder, name), 'utf8').trim()
  })
  for (const name of dead) rmSync(join(folder, name), { force: true })
  return leases.length > dead.length
}

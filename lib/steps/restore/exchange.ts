import { lstatSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Exchange, standingOf } from '../../core/restore-journal.ts'
import { CommandFailed } from '../../engine/process.ts'
import type { Shell } from '../../engine/shell.ts'

/**
 * The inode of what is at a path, a link itself and not what it leads to; null for nothing. Both paths of an exchange are on one file system, whose
 * device number can be another after the next boot.
 */
export function identityAt(path: string): string | null {
  const stat = lstatSync(path, { throwIfNoEntry: false, bigint: true })
  return stat ? String(stat.ino) : null
}

/** Plans an exchange: writes down who is where now. */
export function planExchange(live: string, held: string): Exchange {
  return { live, held, liveWas: identityAt(live), heldWas: identityAt(held) }
}

/**
 * Brings an exchange to one of its two ends, from wherever it stands. Doing it twice changes nothing.
 * @throws when something is at one of the paths that was never part of it
 */
export async function bringExchange(exchange: Exchange, end: 'original' | 'exchanged', shell: Shell): Promise<void> {
  const { live, held, liveWas, heldWas } = exchange
  const standing = standingOf(exchange, identityAt(live), identityAt(held))
  if (standing === end) return
  if (standing === 'unknown')
    throw new Error(
      `cannot put ${live} back: something else was put in its place, or in that of ${held}. Move what does not belong there away, and what was live (inode ${liveWas ?? 'none'}) to one of the two; the next run goes on`,
    )
  const wanted = end === 'original' ? liveWas : heldWas
  if (standing !== 'between' && liveWas !== null && heldWas !== null && (await exchangeAtOnce(live, held, shell))) return
  moveStepwise(live, held, wanted)
}

/** One atomic exchange by the system, where `mv` knows it (coreutils 9.5 or newer) and the file system can. Gives whether it did. */
async function exchangeAtOnce(live: string, held: string, shell: Shell): Promise<boolean> {
  try {
    await shell.with({ onLine: () => {} }).act`mv --exchange --no-copy --no-target-directory ${held} ${live}`
    return true
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode === 1) return false
    throw error
  }
}

/** Renames in an order that leaves each content at one of three known paths at any moment: live, held, and `held.aside`. */
function moveStepwise(live: string, held: string, wanted: string | null): void {
  const aside = `${held}.aside`
  mkdirSync(dirname(live), { recursive: true })
  const at = (path: string): string | null => identityAt(path)
  if (at(live) !== wanted) {
    const source = [held, aside].find(path => wanted !== null && at(path) === wanted)
    if (at(live) !== null) renameSync(live, source === held || at(held) !== null ? aside : held)
    if (source !== undefined) renameSync(source, live)
  }
  if (at(aside) !== null && at(held) === null) renameSync(aside, held)
}

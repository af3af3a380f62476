import { basename, dirname } from 'node:path'
import { type Exchange, standingOf } from '../core/restore-journal.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { makeChangeable } from '../host/special-files.ts'
import { mvKnows } from '../host/system-mv.ts'
import { type Bases, makePlace, openPlace, Place } from './place.ts'

/**
 * The inode of what is at a path, a link itself; null for nothing. The device's number may change with the next boot.
 */
export function identityAt(host: Bases, path: string): string | null {
  using place = openPlace(host, path)
  return place ? identityIn(place) : null
}

const identityIn = ({ folder, name }: Place): string | null => folder.inode(name) ?? null

/** Plans an exchange: writes down who is where now. */
export function planExchange(host: Bases, live: string, held: string): Exchange {
  return { live, held, liveWas: identityAt(host, live), heldWas: identityAt(host, held) }
}

/** Brings an exchange to one of its ends, wherever it stands. @throws when something else or a link is in its way */
export async function moveExchange(host: Bases, exchange: Exchange, end: 'original' | 'exchanged', shell: Shell): Promise<void> {
  const { live, held, liveWas, heldWas } = exchange
  const standing = standingOf(exchange, identityAt(host, live), identityAt(host, held))
  if (standing === end) return
  if (standing === 'unknown')
    throw new Error(
      `cannot put ${live} back: something else was put in its place, or in that of ${held}. Move what does not belong there away, and what was live (inode ${liveWas ?? 'none'}) to one of the two; the next run goes on`,
    )
  const wanted = end === 'original' ? liveWas : heldWas
  using liveSide = makePlace(host, live)
  using heldSide = makePlace(host, held)
  if (standing !== 'between' && liveWas !== null && heldWas !== null && (await exchangeAtOnce(liveSide, heldSide, shell))) return
  try {
    moveStepwise(liveSide, heldSide, wanted)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    for (const { folder, name } of [liveSide, heldSide]) await makeMovable(host, folder, name, shell)
    moveStepwise(liveSide, heldSide, wanted)
  }
}

/** What nobody may change (chattr +i) cannot be renamed, and nothing in a folder that nobody may change. */
async function makeMovable(host: Bases, folder: OpenedFolder, name: string, shell: Shell): Promise<void> {
  await makeChangeable(folder, name, false, shell)
  if (folder.name === host.vhosts) return
  using around = OpenedFolder.open(dirname(folder.name))
  await makeChangeable(around, basename(folder.name), false, shell)
}

/** One atomic exchange, where `mv` (coreutils 9.5 or newer) and the file system can. Gives whether it was done. */
async function exchangeAtOnce(live: Place, held: Place, shell: Shell): Promise<boolean> {
  if (!mvKnows('--exchange')) return false
  const options = { onLine: () => {}, opened: [live.folder, held.folder] }
  try {
    await shell.with(options).act`mv --exchange --no-copy --no-target-directory ${held.path} ${live.path}`
    return true
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode === 1) return false
    throw error
  }
}

/** Renames, with each content at one of three known paths at any moment: live, held, and `held.aside`. */
function moveStepwise(live: Place, held: Place, wanted: string | null): void {
  const aside = new Place(held.folder, `${held.name}.aside`)
  const move = (from: Place, to: Place): void => from.folder.rename(from.name, to.name, to.folder)
  if (identityIn(live) !== wanted) {
    const source = [held, aside].find(place => wanted !== null && identityIn(place) === wanted)
    if (identityIn(live) !== null) move(live, source === held || identityIn(held) !== null ? aside : held)
    if (source !== undefined) move(source, live)
  }
  if (identityIn(aside) !== null && identityIn(held) === null) move(aside, held)
}

import { join } from 'node:path'
import { claimsIn, markerOf } from '../core/marker.ts'
import type { Shell } from '../engine/shell.ts'
import { readTaken, take } from './exclusive.ts'

/** Begins the marker of the host that this folder says has claimed the site; it counts while there is no marker. */
const CLAIM = '.holdfast-claim'

/** Seconds that a look at a share may take. */
const LOOK = 60

/**
 * Has a site's archive say whose it is, before the first set is in it: of several hosts that claim an unmarked site at the same moment, one gets it.
 * @param folder the site's folder in the archive, which is made; undefined at a URL, where nobody can claim anything
 * @throws when it is another's
 */
export async function claimArchive(folder: string | undefined, me: string, shell: Shell): Promise<void> {
  if (folder === undefined) return
  // without --parents: should the share go away this very moment, there is nothing underneath to make the folder in
  await shell.with({ timeout: LOOK }).act`sh -c ${'[ -d "$1" ] || mkdir "$1"'} claim ${folder}`
  const claims = await markersIn(folder, shell)
  if (claims.length === 1 && claims[0] === me) return
  const other = claims.find(host => host !== me)
  if (other !== undefined) throw new Error(`the archive of this site is ${other}'s: it was claimed after this run began`)
  const claim = join(folder, CLAIM)
  if (!(await take(claim, { name: me, text: '' }, shell))) {
    const owner = (await readTaken(claim, shell))?.name
    if (owner === undefined) throw new Error(`this site's archive cannot be claimed in ${folder}: is it full?`)
    if (owner !== me)
      throw new Error(
        `${owner} claimed this site's archive just now; if ${owner} is not to have it, remove ${claim} and its marker`,
      )
  }
  await shell.with({ timeout: LOOK }).act`touch ${join(folder, markerOf(me))}`
}

async function markersIn(folder: string, shell: Shell): Promise<readonly string[]> {
  const script = '[ ! -d "$1" ] || exec find "$1" -mindepth 1 -maxdepth 1 -name "PRIMARY_IS_*" -printf "%f\\0"'
  return await shell
    .with({ timeout: LOOK, onLine: () => {} })
    .ask(text => claimsIn(text.split('\0')))`sh -c ${script} markers ${folder}`
}

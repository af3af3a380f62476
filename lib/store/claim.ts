import { claimsIn, MARKER, markerOf } from '../core/marker.ts'
import { readTaken, take } from './exclusive.ts'
import { type ShareFiles, unlessMissing } from './share-files.ts'

/** Begins the marker of the host that this folder says has claimed the site; it counts while there is no marker. */
const CLAIM = '.holdfast-claim'

/**
 * Has a site's archive say whose it is, before the first set is in it: of several hosts that claim an unmarked site at
 * the same moment, one gets it.
 * @param files of the site's folder in the archive, which is made; undefined at a URL, where nobody can claim anything
 * @throws when it is another's
 */
export async function claimArchive(files: ShareFiles | undefined, me: string): Promise<void> {
  if (files === undefined) return
  await files.makeFolder()
  const claims = claimsIn((await files.names(MARKER).catch(unlessMissing)) ?? [])
  if (claims.length === 1 && claims[0] === me) return
  const other = claims.find(host => host !== me)
  if (other !== undefined) throw new Error(`the archive of this site is ${other}'s: it was claimed after this run began`)
  if (!(await take(files, CLAIM, { name: me, text: '' }))) {
    const owner = (await readTaken(files, CLAIM))?.name
    if (owner === undefined) throw new Error(`this site's archive cannot be claimed in ${files.told('.')}: is it full?`)
    if (owner !== me)
      throw new Error(
        `${owner} claimed this site's archive just now; if ${owner} is not to have it, remove ${files.told(CLAIM)} and its marker`,
      )
  }
  await files.create(markerOf(me))
}

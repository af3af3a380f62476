import { type Epoch, nextEpoch } from '../core/epoch.ts'
import { claimsIn, markerOf } from '../core/marker.ts'
import { epochOf, NotOwner, takeEpoch } from './epochs.ts'
import { unlessMissing, unlessUnusable } from './share-failure.ts'
import type { ShareFiles } from './share-files.ts'

/** Who claims a site's archive, and when (ms since the epoch). */
interface Claim {
  readonly me: string
  readonly now: number
  /** The number of an epoch that this host knows of the site, though this archive may not. */
  readonly above?: number | undefined
}

/**
 * Has a site's archive say whose it is, before the first set is in it: of several hosts that claim it at once, one gets
 * it, by the first epoch. Its marker follows the epoch: one that a crash or a person left is mended.
 * @param files of the site's folder in the archive, which is made
 * @returns the epoch; undefined where a marker alone says that it is this host's
 * @throws {NotOwner} when it is another's
 */
export async function claimArchive(files: ShareFiles, { me, now, above }: Claim): Promise<Epoch | undefined> {
  await files.makeFolder()
  const written = await files.claims()
  const [epoch, claims] = [epochOf(written, name => files.pathOf(name)), claimsIn(written.markers)]
  if (epoch === undefined && claims.length === 1 && claims[0] === me) return undefined
  const other = epoch ? epoch.owner : claims.find(host => host !== me)
  if (other !== undefined && other !== me)
    throw new NotOwner(`the archive of this site is ${other}'s: it was claimed after this run began`)
  const own = epoch ?? nextEpoch(undefined, { owner: me, by: 'claim', now, above })
  const answer = epoch ? { taken: true as const } : await takeEpoch(files, own)
  if (!answer.taken) throw new NotOwner(`${answer.epoch.owner} claimed this site's archive just now`)
  await setArchiveMarker(files, claims, me)
  return own
}

/** Has the markers of an archive name its owner alone. @param claims the hosts that they name now */
export async function setArchiveMarker(files: ShareFiles, claims: readonly string[], owner: string): Promise<void> {
  if (!claims.includes(owner)) await files.create(markerOf(owner))
  // one that cannot be removed, such as a folder of that name, says nothing any more
  for (const other of claims.filter(host => host !== owner)) await files.remove(markerOf(other)).catch(unlessUnusable)
}

/**
 * What only one of several hosts can have, in an archive that all of them write to: a folder with one file in it, whose
 * name says who has it. rename(2) puts no folder over one that is not empty, and no file of a name that is gone
 * anywhere, on any kind of share.
 */
export interface Taken {
  readonly name: string
  /** What is written in it, to 64 bytes. */
  readonly text: string
}

/** What is read of the text in it. */
const MOST = 64

/** Who has it; undefined where nobody took it. @throws when the archive cannot be read, or several have it */
export async function readTaken(files: ShareFiles, folder: string): Promise<Taken | undefined> {
  const names =
    (await files.of(folder).list().catch(unlessUnusable))?.map(file => file.name).filter(name => /^[\w.-]+$/.test(name)) ?? []
  if (names.length > 1)
    throw new Error(
      `${files.pathOf(folder)} holds ${names.length} files, wanted one: look at who made them, and remove all others`,
    )
  const [name] = names
  const text = name === undefined ? undefined : await files.of(folder).text(name, MOST).catch(unlessMissing)
  return text === undefined ? undefined : { name: name!, text }
}

/** Takes it. Gives whether it could: of all that try, one; nobody on a full archive. */
export const take = (files: ShareFiles, folder: string, { name, text }: Taken): Promise<boolean> =>
  files.makeFolderWith(folder, name, text)

/** HostContext it on from a name to another. Gives whether it could: of all that try with the first name, one. */
export const passOn = (files: ShareFiles, folder: string, from: string, to: string): Promise<boolean> =>
  files.of(folder).rename(from, to)

/** Takes it from whoever has it: a person wants it so. */
export async function takeFrom(files: ShareFiles, folder: string, { name, text }: Taken): Promise<void> {
  const within = files.of(folder)
  for (const other of await within.names('')) if (other !== name) await within.remove(other)
  await within.write(name, text)
}

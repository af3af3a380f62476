import { claimsIn, MARKER, markerOf } from '../core/marker.ts'
import { type ShareFiles, unlessMissing, unlessUnusable } from './share-files.ts'

/** Begins the marker of the host that this folder says has claimed the site; it counts while there is no marker. */
const CLAIM = '.holdfast-claim'

/**
 * Has a site's archive say whose it is, before the first set is in it: of several hosts that claim it at once, one gets
 * it.
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
    if (owner === undefined) throw new Error(`this site's archive cannot be claimed in ${files.pathOf('.')}: is it full?`)
    if (owner !== me)
      throw new Error(
        `${owner} claimed this site's archive just now; if ${owner} is not to have it, remove ${files.pathOf(CLAIM)} and its marker`,
      )
  }
  await files.create(markerOf(me))
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

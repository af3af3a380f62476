import { z } from 'zod'
import { type Epoch, epochText, type Release, TAKEN_BY } from '../core/epoch.ts'
import { claimsIn, isHostName } from '../core/marker.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import type { SiteArchive } from './archive.ts'
import { unlessMissing } from './share-failure.ts'
import { filesOfSite, type ShareFiles } from './share-files.ts'
import { EPOCH, type Held, RELEASE, type WrittenClaims } from './written-claims.ts'

/** How a file beside the sets is named to people. */
type PathOf = (name: string) => string

const iso = z.iso.datetime()
const host = z.string().refine(isHostName)
const mark = z.object({ number: z.int().nonnegative(), owner: host, since: iso, from: iso.optional() })
const epochSchema = mark.extend({ by: z.enum(TAKEN_BY), before: z.array(mark) })
const releaseSchema = z.object({ epoch: z.int().nonnegative(), to: host, set: iso })

/** What a folder that was taken holds, as it was written. @throws when it is another's text, or of several */
function only<Value>(held: Held, where: string, schema: z.ZodType<Value>, ownerOf: (value: Value) => string): Value {
  const [first, ...others] = held
  if (first === undefined || others.length > 0) throw new Error(`${where} holds ${held.length} files, wanted one`)
  const [name, text] = first
  let value: Value
  try {
    value = schema.parse(JSON.parse(text))
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : messageOf(error)
    throw new Error(`${where}/${name} cannot be read: ${why}`)
  }
  if (ownerOf(value) !== name) throw new Error(`${where}/${name} is of ${ownerOf(value)}, wanted ${name}`)
  return value
}

function epochIn({ folder, held }: { readonly folder: string; readonly held: Held }, where: string): Epoch {
  const epoch = only(held, where, epochSchema, ({ owner }) => owner)
  if (`${EPOCH}${epoch.number}` !== folder) throw new Error(`${where} is of epoch ${epoch.number}, wanted that of its name`)
  return epoch
}

/** The release that a folder holds; undefined where nothing was released. @throws when it is damaged */
const releaseIn = (held: Held, where: string): Release | undefined =>
  held.length === 0 ? undefined : only(held, where, releaseSchema, ({ to }) => to)

/** To whom the present epoch was let go, if it was. @throws when what says so is damaged */
export const releaseOf = ({ release }: WrittenClaims, epoch: Epoch | undefined, pathOf: PathOf): Release | undefined =>
  releaseIn(release, pathOf(`${RELEASE}${epoch?.number ?? 0}`))

/**
 * The present epoch of a site's archive; undefined where markers alone say whose it is.
 * @throws when the archive, or what it says, cannot be read
 */
export const readEpoch = async (files: ShareFiles): Promise<Epoch | undefined> =>
  epochOf(await files.claims(), name => files.pathOf(name))

/** The highest epoch that is written; undefined where there is none. @throws when it is damaged, or all are empty */
export function epochOf({ epochs }: WrittenClaims, pathOf: PathOf): Epoch | undefined {
  const last = epochs.at(-1)
  if (last === undefined) return undefined
  if (last.held.length === 0) throw new Error(`${pathOf(epochs[0]!.folder)} holds nothing, wanted a file named like an owner`)
  return epochIn(last, pathOf(last.folder))
}

/** Numbers that are taken at once: a folder that another host made of some huge number is none to count up to. */
const MOST_AT_ONCE = 100

/**
 * Takes an epoch: of all hosts that try, one gets it.
 * @returns that it is taken, or the epoch that another host has instead
 * @throws when the archive cannot be written, or is full, or when its number is far from the present one
 */
export async function takeEpoch(
  files: ShareFiles,
  next: Epoch,
): Promise<{ readonly taken: true } | { readonly taken: false; readonly epoch: Epoch }> {
  await files.makeFolder()
  const present = epochOf(await files.claims(true), name => files.pathOf(name))
  if (present && present.number >= next.number) return { taken: false, epoch: present }
  const missing = next.number - (present?.number ?? 0)
  if (missing > MOST_AT_ONCE)
    throw new Error(
      `epoch ${next.number} of ${files.pathOf('.')} is to follow on ${present?.number ?? 'none'}: look at who made ${EPOCH}* there, and remove what no host took`,
    )
  // each number up to it: one that is later than what another host knows is not to pass by who takes the one before
  for (let number = (present?.number ?? 0) + 1; number <= next.number; number++) {
    const other = await takeNumber(files, { ...next, number })
    if (other) return { taken: false, epoch: other }
  }
  return { taken: true }
}

/** @returns who has it instead */
async function takeNumber(files: ShareFiles, epoch: Epoch): Promise<Epoch | undefined> {
  const folder = `${EPOCH}${epoch.number}`
  const failure = await files.makeFolderWith(folder, epoch.owner, `${JSON.stringify(epoch)}\n`).then(
    made => (made ? undefined : new Error(`${files.pathOf(folder)} cannot be made: is the archive full?`)),
    error => error as Error,
  )
  if (failure === undefined) return undefined
  // over a network an answer can be lost, and what was done be asked for again: what is there decides
  const held = await files.held(folder)
  if (held.length === 0) throw failure
  const there = epochIn({ folder, held }, files.pathOf(folder))
  const isOurs = there.owner === epoch.owner && there.since === epoch.since && there.by === epoch.by
  return isOurs ? undefined : there
}

/**
 * Lets an epoch go to one host. @throws when it was let go to another, or the archive cannot be written
 */
export async function release(files: ShareFiles, what: Release): Promise<void> {
  const folder = `${RELEASE}${what.epoch}`
  const isMade = await files.makeFolderWith(folder, what.to, `${JSON.stringify(what)}\n`)
  const there = await readRelease(files, what.epoch)
  if (isMade || there?.to === what.to) return
  throw new Error(
    there
      ? `epoch ${what.epoch} is released to ${there.to} already`
      : `${files.pathOf(folder)} cannot be made: is the archive full?`,
  )
}

/** To whom an epoch was let go, if it was. Epoch 0 is that of the markers. */
export async function readRelease(files: ShareFiles, epoch: number): Promise<Release | undefined> {
  const folder = `${RELEASE}${epoch}`
  return releaseIn((await files.held(folder).catch(unlessMissing)) ?? [], files.pathOf(folder))
}

declare const checked: unique symbol

/** A site is this host's own, and its folder is not older than its archive. Only the step `ownership` finds it. */
export interface Ownership {
  readonly [checked]: true
  /** Undefined where markers alone say whose it is. */
  readonly epoch: Epoch | undefined
  /** Its archive says so, in its marker too: nothing is left to claim. */
  readonly isClaimed?: boolean
}

/** A host writes to an archive that is another's by now, or of which nobody can say whose it is. */
export class NotOwner extends Error {}

/** The second of these: what says whose it is, is damaged. What was written to it may well be this host's. */
export class OwnerUnknown extends NotOwner {}

type Me = Pick<Host, 'name'>

/**
 * Looks whether a site is still this host's, before each write to its archive: another host may have taken it over in
 * the middle of the run. Nothing is checked at a URL.
 * @throws {NotOwner} when it is another's, or was released
 */
export async function checkStillOwner(siteArchive: SiteArchive, me: Me, shell: Shell): Promise<void> {
  const files = filesOfSite(siteArchive, shell.quick)
  if (files) refuseOther(files, await files.claims(true), me)
}

/**
 * Whether what is written beside a site's sets makes it this host's, and nothing is left to claim.
 * @throws {NotOwner} when it is another's, or was released
 */
export function refuseOther(files: ShareFiles, claims: WrittenClaims, { name: me }: Me): Omit<Ownership, typeof checked> {
  const { epoch, released } = readable(files, claims)
  const marked = claimsIn(claims.markers)
  const stopped = 'nothing more of this run is written to its archive'
  if (epoch && epoch.owner !== me) throw new NotOwner(`this site is ${epoch.owner}'s now, by ${epochText(epoch)}: ${stopped}`)
  const others = epoch ? [] : marked.filter(claim => claim !== me)
  if (others.length > 0) throw new NotOwner(`the archive of this site is marked as that of ${others.join(' and ')}: ${stopped}`)
  if (released) throw new NotOwner(`this site was released to ${released.to}: ${stopped}`)
  return { epoch, isClaimed: marked.length === 1 && marked[0] === me }
}

/** @throws {OwnerUnknown} when it is damaged */
function readable(files: ShareFiles, claims: WrittenClaims) {
  const pathOf = (name: string): string => files.pathOf(name)
  try {
    const epoch = epochOf(claims, pathOf)
    return { epoch, released: releaseOf(claims, epoch, pathOf) }
  } catch (error) {
    throw new OwnerUnknown(messageOf(error))
  }
}

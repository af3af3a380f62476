import { z } from 'zod'
import { type Epoch, epochText, type Release, TAKEN_BY } from '../core/epoch.ts'
import { claimsIn, isHostName } from '../core/marker.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import type { SiteArchive } from './archive.ts'
import { filesOfSite, type ShareFiles, unlessMissing } from './share-files.ts'

/**
 * Begins the name of an epoch's folder beside the sets; its number follows. In it is one file, named like its owner,
 * that tells the rest: of all that make such a folder with a file in it, one does (see claim.ts).
 */
export const EPOCH = '.holdfast-epoch-'
/** The same of what lets an epoch go. */
export const RELEASE = '.holdfast-release-'

/** Bytes that are read of an epoch: the history of some thousand moves. */
export const MOST = 1_000_000

const iso = z.iso.datetime()
const host = z.string().refine(isHostName)
const mark = z.object({ number: z.int().nonnegative(), owner: host, since: iso, from: iso.optional() })
const epochSchema = mark.extend({ by: z.enum(TAKEN_BY), before: z.array(mark) })
const releaseSchema = z.object({ epoch: z.int().nonnegative(), to: host, set: iso })

/** The numbers in the names of such folders, the highest first. */
const numbersIn = (names: readonly string[], prefix: string): readonly number[] =>
  names
    .filter(name => name.startsWith(prefix) && /^\d{1,9}$/.test(name.slice(prefix.length)))
    .map(name => Number(name.slice(prefix.length)))
    .toSorted((a, b) => b - a)

/** The highest number of an epoch among such names, whether or not what it says can be read; 0 for none. */
export const highestNumber = (names: readonly string[]): number => numbersIn(names, EPOCH)[0] ?? 0

/** Empty folders that are passed over to find the highest epoch: nobody took these. */
const MOST_EMPTY = 10

/** What is in such a folder: the names of its files, each with its text. */
export type Held = readonly (readonly [name: string, text: string])[]

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
export const releaseIn = (held: Held, where: string): Release | undefined =>
  held.length === 0 ? undefined : only(held, where, releaseSchema, ({ to }) => to)

/**
 * The present epoch of a site's archive; undefined where markers alone say whose it is.
 * @throws when the archive, or what it says, cannot be read
 */
export async function readEpoch(files: ShareFiles): Promise<Epoch | undefined> {
  return await highest(files, (await files.names(EPOCH).catch(unlessMissing)) ?? [])
}

/** @param names of what is in the site's folder of the archive */
async function highest(files: ShareFiles, names: readonly string[]): Promise<Epoch | undefined> {
  const folders = foldersToRead(names)
  if (folders.length === 0) return undefined
  const held = await files.held(folders, MOST)
  return highestOf(
    folders.map((folder, at) => ({ folder, held: held[at] ?? [] })),
    folder => files.pathOf(folder),
  )
}

/**
 * The folders of a site's epochs that the highest is read from. @param names of what is in its folder of the archive
 */
export const foldersToRead = (names: readonly string[]): readonly string[] =>
  numbersIn(names, EPOCH)
    .slice(0, MOST_EMPTY)
    .map(number => `${EPOCH}${number}`)

/**
 * The epoch in the first of such folders that is not empty. @throws when it is damaged, or all are empty
 */
export function highestOf(
  folders: readonly { readonly folder: string; readonly held: Held }[],
  pathOf: (folder: string) => string,
): Epoch {
  const first = folders.find(({ held }) => held.length > 0)
  if (!first) throw new Error(`${pathOf(folders[0]?.folder ?? EPOCH)} holds nothing, wanted a file named like an owner`)
  return epochIn(first, pathOf(first.folder))
}

async function epochAt(files: ShareFiles, number: number): Promise<Epoch | undefined> {
  const folder = `${EPOCH}${number}`
  const [held = []] = await files.held([folder], MOST)
  return held.length === 0 ? undefined : epochIn({ folder, held }, files.pathOf(folder))
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
  const present = await readNow(files)
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
  const there = await epochAt(files, epoch.number)
  if (there === undefined) throw failure
  const isOurs = there.owner === epoch.owner && there.since === epoch.since && there.by === epoch.by
  return isOurs ? undefined : there
}

/** The same as {@link readEpoch}, whatever this host's client of the share remembers of the folder. */
const readNow = async (files: ShareFiles): Promise<Epoch | undefined> => await highest(files, await files.namesNow(EPOCH))

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
  const [held = []] = await files.held([folder], MOST)
  return releaseIn(held, files.pathOf(folder))
}

declare const checked: unique symbol

/** A site is this host's own, and its folder is not older than its archive. Only the step `ownership` finds it. */
export interface Ownership {
  readonly [checked]: true
  /** Undefined where markers alone say whose it is. */
  readonly epoch: Epoch | undefined
}

/** A host writes to an archive that is another's by now. */
export class NotOwner extends Error {}

/**
 * Looks whether a site is still this host's, before each write to its archive: another host may have taken it over in
 * the middle of the run. Nothing is checked at a URL.
 * @throws {NotOwner} when it is another's, or was released
 */
export async function checkStillOwner(siteArchive: SiteArchive, { name: me }: Pick<Host, 'name'>, shell: Shell): Promise<void> {
  const files = filesOfSite(siteArchive, shell.quick)
  if (files === undefined) return
  const names = await files.namesNow('')
  const epoch = await highest(files, names)
  const stopped = 'nothing more of this run is written to its archive'
  if (epoch && epoch.owner !== me) throw new NotOwner(`this site is ${epoch.owner}'s now, by ${epochText(epoch)}: ${stopped}`)
  const others = epoch ? [] : claimsIn(names).filter(claim => claim !== me)
  if (others.length > 0) throw new NotOwner(`the archive of this site is marked as that of ${others.join(' and ')}: ${stopped}`)
  const released = names.includes(`${RELEASE}${epoch?.number ?? 0}`) && (await readRelease(files, epoch?.number ?? 0))
  if (released) throw new NotOwner(`this site was released to ${released.to}: ${stopped}`)
}

import { createHash } from 'node:crypto'
import { MARKER } from '../core/marker.ts'
import type { OpenedFolder } from '../host/opened-folder.ts'

/**
 * Begins the name of an epoch's folder beside the sets; its number follows. In it is one file, named like its owner,
 * that tells the rest: of all that make such a folder with a file in it, one does (see claim.ts).
 */
export const EPOCH = '.holdfast-epoch-'
/** The same of what lets an epoch go. */
export const RELEASE = '.holdfast-release-'

/** Bytes that are read of each: the history of some thousand moves. */
const MOST_OF_EPOCH = 1_000_000

/** Empty folders that are passed over to find the highest epoch: nobody took these. */
const MOST_EMPTY = 10

/** What is in such a folder: the names of its files, each with its text. */
export type Held = readonly (readonly [name: string, text: string])[]

/** What beside a site's sets says whose it is, as it is written there. */
export interface WrittenClaims {
  /** The names of its markers. */
  readonly markers: readonly string[]
  /** The folders of its epochs, the highest first, as far as the first that somebody took. */
  readonly epochs: readonly { readonly folder: string; readonly held: Held }[]
  /** What lets that epoch go, or the markers where there is none. */
  readonly release: Held
}

export const NO_CLAIMS: WrittenClaims = { markers: [], epochs: [], release: [] }

/** The numbers in the names of epochs, the highest first. */
const numbersIn = (names: readonly string[]): readonly number[] =>
  names
    .filter(name => name.startsWith(EPOCH) && /^\d{1,9}$/.test(name.slice(EPOCH.length)))
    .map(name => Number(name.slice(EPOCH.length)))
    .toSorted((a, b) => b - a)

/** The highest number of an epoch among such names, whether or not what it says can be read; 0 for none. */
export const highestNumber = (names: readonly string[]): number => numbersIn(names)[0] ?? 0

/** Reads them in a site's folder of the archive. @param names of what is in it */
export function writtenClaimsIn(site: OpenedFolder, names: readonly string[] = site.names()): WrittenClaims {
  const epochs: { folder: string; held: Held }[] = []
  let taken = 0
  for (const number of numbersIn(names).slice(0, MOST_EMPTY)) {
    const folder = `${EPOCH}${number}`
    const held = heldIn(site, folder)
    epochs.push({ folder, held })
    taken = number
    if (held.length > 0) break
  }
  return { markers: names.filter(name => name.startsWith(MARKER)), epochs, release: heldIn(site, `${RELEASE}${taken}`) }
}

/** The plain files of a folder with their first bytes as text; none where there is no folder of that name. */
export function heldIn(around: OpenedFolder, folder: string): Held {
  using held = around.plainFolder(folder)
  const names = held?.names() ?? []
  return names.flatMap(name => {
    using file = held?.plainFile(name)
    return file ? [[name, file.head(MOST_OF_EPOCH).toString('utf8')] as const] : []
  })
}

/** Tells whether they are what they were. */
export const hashOfClaims = (claims: WrittenClaims): string => createHash('sha256').update(JSON.stringify(claims)).digest('hex')

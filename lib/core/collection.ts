import type { SetAnswer, SetTest } from './page.ts'
import type { SiteState } from './site-state.ts'

export interface FileRef {
  readonly name: string
  /** Undefined where nothing tells: duplicity gives no sizes for what is at a URL. */
  readonly bytes: number | undefined
  /** When it was last written, by the archive's own clock (ms since the epoch), where the listing tells. */
  readonly modifiedAt?: number
}

/** A file of the archive that is not what was written, or is gone. */
export interface Damage {
  readonly file: string
  /** The time of the set that it belongs to, ms since the epoch. */
  readonly set: number
  /** Nothing is restored from signatures: they are needed to add to the set. */
  readonly role: 'volume' | 'manifest' | 'signatures'
  readonly text: string
}

/** One volume of a set; numbers count from 1. */
export interface Volume extends FileRef {
  readonly number: number
}

/**
 * One full or incremental backup. `time` is when it was taken, `baseTime` that of the set that an incremental builds on
 * (ms since the epoch). `complete`: the manifest exists, as duplicity has it. `problems` are ours, and `restorable`
 * says whether none of them keeps the set's own data from being read (lost signatures do not).
 */
export interface BackupSet {
  readonly kind: 'full' | 'incremental'
  readonly time: number
  readonly baseTime?: number
  readonly volumes: readonly Volume[]
  readonly manifest?: FileRef
  readonly signatures?: FileRef
  /** Statistics that only duplicity 3 writes and deletes. */
  readonly jsonstat?: FileRef
  /** All the files above together; undefined where the size of one is not known. */
  readonly bytes: number | undefined
  readonly encrypted: boolean
  readonly complete: boolean
  readonly restorable: boolean
  readonly problems: readonly string[]
  /** Its backup was cut off: it holds only a part of the tree, which later sets complete, and is no restore point. */
  readonly cutOff?: true
  /** What the site answered right before it was made; absent where nobody asked, or nobody knows any more. */
  readonly answer?: SetAnswer
  /** The site was found to be as it is in the set until then, ms since the epoch. */
  readonly unchangedUntil?: number
  /** What could not be read when it was made; see unread.ts. */
  readonly unread?: readonly string[]
  readonly tested?: SetTest
  readonly state?: SiteState
  /** What shows that an accident or an attack changed the site; see alarm.ts. */
  readonly suspect?: readonly string[]
}

/** A full set and the incrementals that build on it, oldest first. `endAt` is the time of the last one. */
export interface Chain {
  readonly full: BackupSet
  readonly incrementals: readonly BackupSet[]
  readonly bytes: number | undefined
  readonly startAt: number
  readonly endAt: number
}

/** Signature files that build on each other. Duplicity deletes them by their own times, not by those of the sets. */
export interface SignatureChain {
  readonly full: FileRef
  readonly incrementals: readonly FileRef[]
  readonly startAt: number
  readonly endAt: number
}

/** All that an archive holds, sorted as duplicity sorts it (dup_collections.py). */
export interface Collection {
  /** Oldest first, by their ends: the last is the primary chain. */
  readonly chains: readonly Chain[]
  readonly signatureChains: readonly SignatureChain[]
  /** The primary chain has signatures up to its end: duplicity can add an incremental to it. */
  readonly primarySigned: boolean
  /** Complete incrementals without the set that they build on. */
  readonly orphaned: readonly BackupSet[]
  /** Sets without a manifest, and a last set that duplicity discards since its signatures are missing. */
  readonly incomplete: readonly BackupSet[]
  /** Incrementals that duplicity passes over for a later one on the same base. It neither restores nor cleans them. */
  readonly superseded: readonly BackupSet[]
  readonly orphanedSignatures: readonly FileRef[]
  /** Statistics of sets that are gone: duplicity 3 calls each an incomplete set, 0.8 does not see them. */
  readonly strayStatistics: readonly FileRef[]
  readonly partial: readonly FileRef[]
  readonly files: readonly FileRef[]
  /** All of them together; undefined where the size of one is not known. */
  readonly bytes: number | undefined
  /** Files of sets that a host added after it had lost the site; see epoch.ts. They are in none of the others. */
  readonly lost?: readonly FileRef[]
  /** Files that are not what was written, as far as this host knows. The sets' own problems have it too. */
  readonly damages?: readonly Damage[]
}

/** The bytes of all of these together; undefined when one of them is not known. */
export function sumBytes(parts: readonly { readonly bytes: number | undefined }[]): number | undefined {
  return parts.reduce<number | undefined>(
    (sum, { bytes }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  )
}

/** The newest chain, the one that grows. */
export const primaryChain = (collection: Collection): Chain | undefined => collection.chains.at(-1)

/** All chains but the primary, oldest first. */
export const secondaryChains = (collection: Collection): readonly Chain[] => collection.chains.slice(0, -1)

/** A chain's sets, the full first. */
export const setsOf = (chain: Chain): readonly BackupSet[] => [chain.full, ...chain.incrementals]

/** The last set of the primary chain: what a restore takes when no time is named. */
export function newestSet(collection: Collection): BackupSet | undefined {
  const primary = primaryChain(collection)
  return primary && setsOf(primary).at(-1)
}

/** Whether duplicity's `cleanup` would find nothing to delete (S18a). */
export const isClean = (collection: Collection): boolean =>
  [collection.orphaned, collection.incomplete, collection.orphanedSignatures].every(list => list.length === 0)

/** Whether a chain has restore points: not before the backup that was cut off at its beginning is complete. */
export const hasRestorePoint = (chain: Chain): boolean => setsOf(chain).some(set => !set.cutOff)

/** The sets that together hold the tree as a full does: the full, or those up to the one that completes it. */
export function fullSetsOf(chain: Chain): readonly BackupSet[] {
  const sets = setsOf(chain)
  const completing = sets.findIndex(set => !set.cutOff)
  return completing < 0 ? sets : sets.slice(0, completing + 1)
}

/** Whether each set of the chain can be read, as far as a listing tells. */
export const isWhole = (chain: Chain): boolean => setsOf(chain).every(set => set.restorable)

/** The files of a set in every version of duplicity: not 3.x's statistics. */
export const filesOf = (set: BackupSet): readonly FileRef[] => [
  ...set.volumes,
  ...[set.manifest, set.signatures].filter(file => file !== undefined),
]

/** Everything that is wrong in the collection, one sentence each, oldest set first. */
export function problemsOf(collection: Collection): readonly string[] {
  const sets = [...collection.chains.flatMap(setsOf), ...collection.superseded, ...collection.orphaned, ...collection.incomplete]
  return sets.toSorted((a, b) => a.time - b.time).flatMap(set => set.problems)
}

/** Whether a set is known to be of a site that worked, and is not suspect. Unknown is never good. */
export const isKnownGood = ({ answer, cutOff, suspect }: BackupSet): boolean => answer?.works === true && !cutOff && !suspect

/** The bytes of all files that are new in the archive, or were written again. */
export function bytesAdded(before: Collection, after: Collection): number {
  const markOf = ({ name, bytes, modifiedAt }: FileRef): string => `${name} ${bytes} ${modifiedAt}`
  const known = new Set(before.files.map(markOf))
  return after.files.filter(file => !known.has(markOf(file))).reduce((sum, { bytes = 0 }) => sum + bytes, 0)
}

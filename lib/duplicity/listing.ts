import { type BackupSet, type Collection, type FileRef, sumBytes } from '../core/collection.ts'
import { chainsOf, signatureChainsOf } from './chains.ts'
import { type DuplicityName, formatStamp, parseName } from './names.ts'
import { type NamedFile, setsFrom } from './sets.ts'

/** How to read a listing: `prefix` is the text of `--file-prefix`. */
export interface ListingOptions {
  readonly prefix?: string
}

/**
 * The collection that an archive's listing shows: sets and chains as duplicity's `collection-status` sorts them
 * (dup_collections.py of 0.8.22 and 3.0.4, for a host without a partial set of its own), and the damage that it does
 * not look for: holes in the volume numbers, empty files, missing signatures, two files for one volume.
 * @param entries every file of the archive's folder, in any order, with its size in bytes where it is known.
 */
export function collectionOf(entries: readonly FileRef[], options: ListingOptions = {}): Collection {
  const { files, unrelated } = readNames(entries, options.prefix)
  const finished = files.filter(file => !file.parts.partial)
  const { sets, strayStatistics } = setsFrom(finished)
  const { signatureChains, orphanedSignatures } = signatureChainsOf(finished)
  const { chains, orphaned, superseded, discarded, primarySigned } = chainsOf(
    sets.filter(set => set.complete),
    signatureChains,
  )
  return {
    chains,
    signatureChains,
    primarySigned,
    orphaned: orphaned.map(noteOrphan),
    incomplete: [...sets.filter(set => !set.complete), ...discarded],
    superseded,
    orphanedSignatures,
    strayStatistics,
    partial: files.filter(file => file.parts.partial).map(file => file.ref),
    unrelated,
    files: files.map(file => file.ref),
    bytes: sumBytes(files.map(file => file.ref)),
  }
}

/** Names in the order of the alphabet, so that the same archive gives the same collection however it was listed. */
function readNames(entries: readonly FileRef[], prefix?: string): { files: NamedFile[]; unrelated: string[] } {
  const files: NamedFile[] = []
  const unrelated: string[] = []
  for (const ref of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const parts: DuplicityName | undefined = parseName(ref.name, prefix)
    if (parts) files.push({ parts, ref })
    else unrelated.push(ref.name)
  }
  return { files, unrelated }
}

function noteOrphan(set: BackupSet): BackupSet {
  return {
    ...set,
    restorable: false,
    problems: [...set.problems, `incremental set of ${formatStamp(set.time)}: the set that it builds on is missing`],
  }
}

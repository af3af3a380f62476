import {
  type BackupSet,
  type Chain,
  type Collection,
  type FileRef,
  primaryChain,
  type SignatureChain,
  setsOf,
  sumBytes,
} from './collection.ts'

/** What a command of duplicity would delete: `files` in every version, `mayGo` (statistics) in 3.x only. */
export interface Removal {
  readonly chains: readonly Chain[]
  readonly files: readonly FileRef[]
  readonly mayGo: readonly FileRef[]
}

/** Foretells `cleanup` (get_extraneous in dup_collections.py): sets outside of the chains, and orphaned signatures. */
export function predictCleanup(collection: Collection): Removal {
  const sets = [...collection.orphaned, ...collection.incomplete]
  return {
    chains: [],
    files: [...sets.flatMap(dataFiles), ...collection.orphanedSignatures],
    mayGo: [...sets.flatMap(statistics), ...collection.strayStatistics],
  }
}

/**
 * Foretells `remove-all-but-n-full N` and, with `keepFulls`, `remove-all-inc-of-but-n-full N` (remove_old in
 * dup_main.py): every chain and signature chain that ended before the Nth newest full began.
 */
export function predictRemoval(collection: Collection, keepChains: number, keepFulls: boolean): Removal {
  if (!Number.isInteger(keepChains) || keepChains < 1) throw new Error(`cannot keep ${keepChains} chains: at least 1 needed`)
  const fulls = collection.chains.map(chain => chain.startAt).toSorted((a, b) => b - a)
  const removeBefore = fulls[keepChains - 1] ?? 0
  const active = collection.primarySigned ? primaryChain(collection) : undefined
  const old = collection.chains.filter(chain => chain.endAt < removeBefore && chain !== active)
  const chains = old.filter(chain => deletedSets(chain, keepFulls).length > 0)
  if (chains.length === 0) return { chains, files: [], mayGo: [] }
  const sets = chains.flatMap(chain => deletedSets(chain, keepFulls))
  return {
    chains,
    files: [...sets.flatMap(dataFiles), ...oldSignatures(collection, removeBefore, keepFulls)],
    mayGo: sets.flatMap(statistics),
  }
}

/** BackupChain.delete passes over a full without volumes (falsy in Python): its manifest stays for ever. */
const deletedSets = (chain: Chain, keepFull: boolean): readonly BackupSet[] =>
  keepFull || chain.full.volumes.length === 0 ? chain.incrementals : setsOf(chain)

/** Whether duplicity can delete anything of the chain: not when all that is left of it is the manifest of its full. */
export const isRemovable = (chain: Chain): boolean => deletedSets(chain, false).length > 0

function oldSignatures(collection: Collection, removeBefore: number, keepFulls: boolean): readonly FileRef[] {
  const old = collection.signatureChains.filter(chain => chain.endAt < removeBefore)
  return old.flatMap(chain => (keepFulls ? chain.incrementals : [chain.full, ...chain.incrementals]))
}

/** What BackupSet.get_filenames gives: signatures are deleted by chains of their own. */
const dataFiles = (set: BackupSet): readonly FileRef[] => (set.manifest ? [...set.volumes, set.manifest] : set.volumes)

const statistics = (set: BackupSet): readonly FileRef[] => (set.jsonstat ? [set.jsonstat] : [])

/** The collection once `files` are gone, to look ahead: an archive that exists is listed again. */
export function withoutFiles(collection: Collection, files: readonly FileRef[]): Collection {
  const gone = new Set(files.map(file => file.name))
  const stays = (file: FileRef) => !gone.has(file.name)
  const kept = (sets: readonly BackupSet[]) => sets.filter(set => dataFiles(set).some(stays)).map(set => onlyFiles(set, stays))
  return {
    ...collection,
    chains: collection.chains.flatMap(chain => onlySets(chain, kept)),
    signatureChains: collection.signatureChains.filter(chain => stays(chain.full)).map(chain => onlySignatures(chain, stays)),
    orphaned: kept(collection.orphaned),
    incomplete: kept(collection.incomplete),
    orphanedSignatures: collection.orphanedSignatures.filter(stays),
    files: collection.files.filter(stays),
    bytes: less(collection.bytes, sumBytes(files)),
  }
}

/** A set that stays can lose its signatures, by a signature chain that ends before the chain does. */
function onlyFiles(set: BackupSet, stays: (file: FileRef) => boolean): BackupSet {
  if (!set.signatures || stays(set.signatures)) return set
  const { signatures, ...rest } = set
  return { ...rest, bytes: less(set.bytes, signatures.bytes) }
}

function onlySets(chain: Chain, kept: (sets: readonly BackupSet[]) => readonly BackupSet[]): readonly Chain[] {
  const [full] = kept([chain.full])
  if (!full) return []
  const incrementals = kept(chain.incrementals)
  const left = { ...chain, full, incrementals, endAt: incrementals.at(-1)?.time ?? chain.startAt }
  return [{ ...left, bytes: sumBytes(setsOf(left)) }]
}

function onlySignatures(chain: SignatureChain, stays: (file: FileRef) => boolean): SignatureChain {
  const incrementals = chain.incrementals.filter(stays)
  return { ...chain, incrementals, endAt: incrementals.length > 0 ? chain.endAt : chain.startAt }
}

const less = (whole: number | undefined, part: number | undefined): number | undefined =>
  whole === undefined || part === undefined ? undefined : whole - part

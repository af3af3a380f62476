import {
  type BackupSet,
  type Chain,
  type Collection,
  type FileRef,
  type SignatureChain,
  setsOf,
  sumBytes,
  type Volume,
} from '../core/collection.ts'
import { type DuplicityName, formatStamp, parseName } from './names.ts'

/**
 * The collection that an archive's listing shows: sets and chains as duplicity's `collection-status` sorts them
 * (dup_collections.py of 0.8.22 and 3.0.4), and what it does not look for: holes in the volume numbers, empty files,
 * missing signatures, two files for one volume.
 * @param entries every file of the archive's folder, with its size in bytes where it is known
 */
export function collectionOf(entries: readonly FileRef[], prefix?: string): Collection {
  const files = readNames(entries, prefix)
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
    orphaned: orphaned.map(set => ({ ...withProblem(set, 'the set that it builds on is missing'), restorable: false })),
    incomplete: [...sets.filter(set => !set.complete), ...discarded],
    superseded,
    orphanedSignatures,
    strayStatistics,
    partial: files.filter(file => file.parts.partial).map(file => file.ref),
    files: files.map(file => file.ref),
    bytes: sumBytes(files.map(file => file.ref)),
  }
}

/** Names in the order of the alphabet, so that the same archive gives the same collection however it was listed. */
function readNames(entries: readonly FileRef[], prefix?: string): NamedFile[] {
  const named: NamedFile[] = []
  for (const ref of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const parts = parseName(ref.name, prefix)
    if (parts) named.push({ parts, ref })
  }
  return named
}

function withProblem(set: BackupSet, problem: string): BackupSet {
  return { ...set, problems: [...set.problems, `incremental set of ${formatStamp(set.time)}: ${problem}`] }
}

interface NamedFile {
  readonly parts: DuplicityName
  readonly ref: FileRef
}

/** Sorts files into sets by their times. Statistics alone make no set: they are what 0.8 leaves behind. */
function setsFrom(files: readonly NamedFile[]): { sets: BackupSet[]; strayStatistics: FileRef[] } {
  const groups = groupsOf(files)
  const stray = groups.filter(group => !group.some(isData)).flat()
  return {
    sets: groups.filter(group => group.some(isData)).map(setFrom),
    strayStatistics: stray.filter(file => file.parts.role === 'statistics').map(file => file.ref),
  }
}

const isVolume = ({ parts }: NamedFile): boolean => parts.role === 'volume'
const isData = (file: NamedFile): boolean => isVolume(file) || file.parts.role === 'manifest'
const isEncrypted = ({ parts }: NamedFile): boolean => parts.packing === 'gpg'

/** The files of each set, in the order of the first of each. */
function groupsOf(files: readonly NamedFile[]): NamedFile[][] {
  const groups: NamedFile[][] = []
  const ofTime = new Map<number, NamedFile[]>()
  /** Sets that have their time from another one. */
  const others: NamedFile[][] = []
  for (const file of files) {
    const first = ofTime.get(file.parts.time)
    const group = first && isOfOneSet(first[0]!, file) ? first : first && others.find(([other]) => isOfOneSet(other!, file))
    if (group) group.push(file)
    else {
      const begun = [file]
      groups.push(begun)
      if (first) others.push(begun)
      else ofTime.set(file.parts.time, begun)
    }
  }
  return groups
}

const isOfOneSet = ({ parts: a }: NamedFile, { parts: b }: NamedFile): boolean =>
  a.time === b.time && a.kind === b.kind && a.baseTime === b.baseTime

function setFrom(files: readonly NamedFile[]): BackupSet {
  const { kind, time, baseTime } = files[0]!.parts
  const volumes = volumesOf(files)
  const [manifest, signatures, jsonstat] = [fileOf(files, 'manifest'), fileOf(files, 'signatures'), fileOf(files, 'statistics')]
  // a look at many sites has hundreds of thousands of sets: what is as it should be makes no lists
  const ones = (manifest ? 1 : 0) + (signatures ? 1 : 0) + (jsonstat ? 1 : 0)
  const isUsual = files.length === volumes.length + ones && areWhole(volumes) && !!manifest?.bytes && !!signatures?.bytes
  const fatal = isUsual ? NONE : [...volumeProblems(volumes, kind), ...doubleProblems(files), ...manifestProblems(manifest)]
  const problems = isUsual ? NONE : [...fatal, ...signatureProblems(signatures)]
  const set: { -readonly [Field in keyof BackupSet]: BackupSet[Field] } = {
    kind,
    time,
    volumes,
    bytes: bytesOf(files),
    encrypted: files.some(isEncrypted),
    complete: manifest !== undefined,
    restorable: fatal.length === 0,
    problems: isUsual ? NONE : problems.map(problem => `${kind} set of ${formatStamp(time)}: ${problem}`),
  }
  if (baseTime !== undefined) set.baseTime = baseTime
  if (manifest) set.manifest = manifest
  if (signatures) set.signatures = signatures
  if (jsonstat) set.jsonstat = jsonstat
  return set
}

const NONE: readonly string[] = []

function volumesOf(files: readonly NamedFile[]): Volume[] {
  const volumes = files.filter(isVolume).map(({ parts, ref }) => ({ number: parts.volume!, ...ref }))
  return volumes.length < 2 ? volumes : volumes.toSorted((a, b) => a.number - b.number)
}

const areWhole = (volumes: readonly Volume[]): boolean =>
  volumes.length > 0 && volumes.every(({ number, bytes }, at) => number === at + 1 && bytes !== 0)

const fileOf = (files: readonly NamedFile[], role: DuplicityName['role']): FileRef | undefined =>
  files.find(file => file.parts.role === role)?.ref

const bytesOf = (files: readonly NamedFile[]): number | undefined =>
  files.reduce<number | undefined>(
    (sum, { ref: { bytes } }) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  )

/**
 * Only the manifest knows of volumes missing at the end. Plain sets may have an empty last volume, when there was room
 * for all in the one before, or nothing had changed.
 */
function volumeProblems(volumes: readonly Volume[], kind: BackupSet['kind']): string[] {
  const numbers = new Set(volumes.map(volume => volume.number))
  const holes = missingBelow(Math.max(1, ...numbers), numbers)
  const mayBeEmpty = (volume: Volume): boolean =>
    volume === volumes.at(-1) && (kind === 'incremental' || volumes.length > 1) && volume.name.endsWith('.difftar')
  const empty = volumes.filter(volume => volume.bytes === 0 && !mayBeEmpty(volume)).map(volume => volume.number)
  return [...(holes.length > 0 ? [`${named(holes)} missing`] : []), ...(empty.length > 0 ? [`${named(empty)} empty`] : [])]
}

/** A number such as 10^9 in a stray name must not be counted up to: the first holes tell enough. */
function missingBelow(last: number, present: ReadonlySet<number>): number[] {
  const holes: number[] = []
  for (let number = 1; number <= last && holes.length < 100; number++) if (!present.has(number)) holes.push(number)
  return holes
}

function named(numbers: readonly number[]): string {
  const few = numbers.slice(0, 5).join(', ')
  if (numbers.length === 1) return `volume ${few} is`
  return `volumes ${few}${numbers.length > 5 ? ' and more' : ''} are`
}

/** Duplicity stops with an AssertionError at such an archive. */
function doubleProblems(files: readonly NamedFile[]): string[] {
  const label = ({ parts }: NamedFile) => (parts.role === 'volume' ? `volume ${parts.volume}` : parts.role)
  const doubles = [...Map.groupBy(files, label)].filter(([role, same]) => same.length > 1 && role !== 'signatures')
  return doubles.map(([role, same]) => `two files for its ${role}: ${same.map(file => file.ref.name).join(', ')}`)
}

function manifestProblems(manifest: FileRef | undefined): string[] {
  if (!manifest) return ['the manifest is missing, the backup did not end']
  return manifest.bytes === 0 ? ['the manifest is empty'] : []
}

function signatureProblems(signatures: FileRef | undefined): string[] {
  if (!signatures) return ['the signatures are missing, nothing can be added to it']
  return signatures.bytes === 0 ? ['the signatures are empty, nothing can be added to it'] : []
}

type Draft = { full: BackupSet; incrementals: BackupSet[]; endAt: number }

/** Links complete sets into chains, oldest first (get_backup_chains, set_matched_chain_pair of dup_collections.py). */
function chainsOf(complete: readonly BackupSet[], signatureChains: readonly SignatureChain[]) {
  const drafts: Draft[] = []
  const orphaned: BackupSet[] = []
  const superseded: BackupSet[] = []
  for (const set of complete.toSorted((a, b) => a.time - b.time)) {
    if (set.kind === 'full') drafts.push({ full: set, incrementals: [], endAt: set.time })
    else if (!drafts.some(draft => addIncremental(draft, set, superseded))) orphaned.push(set)
  }
  drafts.sort((a, b) => a.endAt - b.endAt)
  const { primarySigned, discarded } = matchSignatures(drafts.at(-1), signatureChains)
  return { chains: drafts.map(finish), orphaned, superseded, discarded, primarySigned }
}

/** BackupChain.add_inc: of two incrementals on one base the later one counts. */
function addIncremental(draft: Draft, set: BackupSet, superseded: BackupSet[]): boolean {
  const last = draft.incrementals.at(-1)
  const replaces = last !== undefined && set.baseTime === last.baseTime && set.time > last.time
  if (set.baseTime !== draft.endAt && !replaces) return false
  if (set.baseTime !== draft.endAt && last) superseded.push(...draft.incrementals.splice(-1))
  draft.incrementals.push(set)
  draft.endAt = set.time
  return true
}

/**
 * Whether signatures reach the end of the newest chain. Where they end one set before, duplicity discards that set, but
 * not the first incremental (it compares with the full's end, which it never sets).
 */
function matchSignatures(primary: Draft | undefined, signatureChains: readonly SignatureChain[]) {
  const before = primary?.incrementals.at(-2)
  const match = primary && signatureChains.findLast(({ endAt }) => endAt === primary.endAt || endAt === before?.time)
  const discarded = match && match.endAt !== primary.endAt ? primary.incrementals.splice(-1) : []
  const why = 'duplicity discards it, since its signatures are missing'
  return { primarySigned: match !== undefined, discarded: discarded.map(set => withProblem(set, why)) }
}

function finish({ full, incrementals }: Draft): Chain {
  const chain = { full, incrementals, startAt: full.time, endAt: incrementals.at(-1)?.time ?? full.time, bytes: 0 }
  return { ...chain, bytes: sumBytes(setsOf(chain)) }
}

/** Links signature files into chains (get_signature_chains), sorted by their ends. */
function signatureChainsOf(files: readonly NamedFile[]) {
  const signatures = files.filter(file => file.parts.role === 'signatures')
  const chains = signatures.filter(file => file.parts.kind === 'full').map(startSignatures)
  const orphanedSignatures: FileRef[] = []
  const added = signatures.filter(file => file.parts.kind === 'incremental')
  for (const { parts, ref } of added.toSorted((a, b) => a.parts.baseTime! - b.parts.baseTime!)) {
    const chain = chains.find(candidate => candidate.endAt === parts.baseTime)
    if (!chain) orphanedSignatures.push(ref)
    else {
      chain.incrementals.push(ref)
      chain.endAt = parts.time
    }
  }
  return { signatureChains: chains.toSorted((a, b) => a.endAt - b.endAt), orphanedSignatures }
}

function startSignatures({ parts, ref }: NamedFile): SignatureChain & { incrementals: FileRef[]; endAt: number } {
  return { full: ref, incrementals: [], startAt: parts.time, endAt: parts.time }
}

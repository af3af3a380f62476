import { type BackupSet, type FileRef, sumBytes, type Volume } from '../core/collection.ts'
import { type DuplicityName, formatStamp } from './names.ts'

/** A file of the archive with what its name says. */
export interface NamedFile {
  readonly parts: DuplicityName
  readonly ref: FileRef
}

/**
 * Sorts files into sets by their times. Statistics without any other file of their set make no set: they are what 0.8
 * leaves behind.
 */
export function setsFrom(files: readonly NamedFile[]): { sets: BackupSet[]; strayStatistics: FileRef[] } {
  const groups = [...Map.groupBy(files, keyOf).values()]
  const isData = (file: NamedFile) => file.parts.role === 'volume' || file.parts.role === 'manifest'
  const stray = groups.filter(group => !group.some(isData)).flat()
  return {
    sets: groups.filter(group => group.some(isData)).map(setFrom),
    strayStatistics: stray.filter(file => file.parts.role === 'statistics').map(file => file.ref),
  }
}

function keyOf({ parts }: NamedFile): string {
  return `${parts.kind} ${parts.baseTime ?? ''} ${parts.time}`
}

function setFrom(files: readonly NamedFile[]): BackupSet {
  const { kind, time, baseTime } = files[0]!.parts
  const volumes = volumesOf(files)
  const [manifest, signatures, jsonstat] = (['manifest', 'signatures', 'statistics'] as const).map(role => fileOf(files, role))
  const fatal = [...volumeProblems(volumes, kind), ...doubleProblems(files), ...manifestProblems(manifest)]
  const problems = [...fatal, ...signatureProblems(signatures)]
  return {
    kind,
    time,
    ...(baseTime !== undefined && { baseTime }),
    volumes,
    ...(manifest && { manifest }),
    ...(signatures && { signatures }),
    ...(jsonstat && { jsonstat }),
    bytes: sumBytes(files.map(file => file.ref)),
    encrypted: files.some(file => file.parts.packing === 'gpg'),
    complete: manifest !== undefined,
    restorable: fatal.length === 0,
    problems: problems.map(problem => `${kind} set of ${formatStamp(time)}: ${problem}`),
  }
}

function volumesOf(files: readonly NamedFile[]): Volume[] {
  return files
    .filter(file => file.parts.role === 'volume')
    .map(file => ({ number: file.parts.volume ?? 0, ...file.ref }))
    .toSorted((a, b) => a.number - b.number)
}

function fileOf(files: readonly NamedFile[], role: DuplicityName['role']): FileRef | undefined {
  return files.find(file => file.parts.role === role)?.ref
}

/**
 * The last volumes may be missing too: only the manifest's content knows. Where nothing is compressed or encrypted, the
 * last volume of a set may be empty: the one before it had room for all that was left, or nothing had changed at all.
 * Whether it was meant to be empty, the audit finds by its hash.
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

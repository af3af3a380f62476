import type { Auditable, AuditedFile, AuditedFiles, KnownFile, KnownFiles } from '../core/audit.ts'
import { type BackupSet, type Collection, type Damage, type FileRef, filesOf, setsOf } from '../core/collection.ts'
import { printTime } from '../core/restore-point.ts'
import type { ManifestVolume } from './manifest.ts'
// file names here have no prefix: only an archive at a URL may have one, of whose files nothing is known
import { type DuplicityName, formatName, parseName } from './names.ts'

/** Of these files, those whose set still has something in the archive: else it was removed as a whole. */
export const filesOfSetsLeft = <Known extends KnownFiles>(known: Known, { files }: Collection): Known =>
  Object.keys(known).length === 0 ? known : filesOfSets(known, setsOfNames(files.map(({ name }) => name)), true)

/** Of these files, those that are of other sets than the named ones. */
export const filesOfOtherSets = <Known extends KnownFiles>(known: Known, names: readonly string[]): Known =>
  filesOfSets(known, setsOfNames(names), false)

const setsOfNames = (names: readonly string[]): ReadonlySet<string> => new Set(names.map(setKey))

const filesOfSets = <Known extends KnownFiles>(known: Known, sets: ReadonlySet<string>, wanted: boolean): Known =>
  Object.fromEntries(Object.entries(known).filter(([name]) => sets.has(setKey(name)) === wanted)) as Known

/** The files of all sets that look whole, as the listing shows them: what is known where nobody wrote down more. */
export function filesListed({ chains }: Collection): KnownFiles {
  const whole = chains.flatMap(setsOf).filter(set => set.restorable)
  return Object.fromEntries(whole.flatMap(filesOf).map(({ name, bytes }) => [name, { bytes }]))
}

/** The manifest and the signatures of a finished set, by name, also where the listing has only one of them. */
export function metadataNames({ manifest, signatures, volumes }: BackupSet): string[] {
  const parts = manifest && parseName(manifest.name)
  const packing = parseName(volumes[0]?.name ?? '')?.packing ?? parts?.packing
  const expected = parts && packing && formatName({ ...parts, role: 'signatures', packing })
  return [manifest?.name, signatures?.name ?? expected].filter(name => name !== undefined)
}

export function storedFiles(set: BackupSet, news: AuditedFiles): KnownFiles {
  return Object.fromEntries(
    filesOf(set).map(({ name, bytes }): [string, KnownFile] => {
      const { sha1, sha256 }: KnownFile = news[name] ?? {}
      return [name, { bytes, sha1, sha256 }]
    }),
  )
}

/** The volumes that a manifest lists, by their names, packed as other files of the set among these names. */
export function volumesListed(manifest: string, volumes: readonly ManifestVolume[], names: readonly string[]): KnownFiles {
  const [parts, key] = [parseName(manifest)!, setKey(manifest)]
  const sibling = names.find(name => setKey(name) === key && parseName(name)?.role !== 'manifest')
  const packing = (sibling === undefined ? undefined : parseName(sibling)?.packing) ?? parts.packing
  const nameOf = (volume: number): string => formatName({ ...parts, role: 'volume', volume, packing })
  return Object.fromEntries(volumes.map(({ number, sha1 }) => [nameOf(number), { sha1 }]))
}

/** Hashes from a manifest where none was recorded: it may have been replaced together with the volumes. */
export const notKnownYet = (listed: KnownFiles, known: KnownFiles): KnownFiles =>
  Object.fromEntries(Object.entries(listed).filter(([name]) => known[name]?.sha1 === undefined))

/** What can be read of a site; a file that is missing, or of another size, is known to be damaged already. */
export function* auditablesOf(site: string, { chains }: Collection, known: AuditedFiles): Generator<Auditable> {
  for (const chain of chains)
    for (const set of setsOf(chain))
      for (const { name, bytes = 0, modifiedAt } of filesOf(set)) {
        const { bytes: written = bytes, readAt, wrong, wrongSince }: AuditedFile = known[name] ?? {}
        const rewritten = wrong !== undefined && wrongSince !== modifiedAt
        if (written === bytes) yield { site, name, bytes, readAt, rewritten }
      }
}

/** What differs between the files as they are known and as they are listed, and what was wrong when they were read. */
export function damagesIn(known: AuditedFiles, collection: Collection): Damage[] {
  const there = new Map<string, FileRef>()
  for (const file of collection.files) there.set(file.name, file)
  const differs = Object.keys(known).filter(
    name => (differenceFrom(known[name]!, there.get(name)) ?? known[name]!.wrong) !== undefined,
  )
  const kept = Object.entries(filesOfSetsLeft(Object.fromEntries(differs.map(name => [name, known[name]!])), collection))
  return kept.flatMap(([name, file]) => damageOf(name, differenceFrom(file, there.get(name)) ?? file.wrong!))
}

export function differenceFrom({ bytes }: KnownFile, found: FileRef | undefined): string | undefined {
  if (!found) return 'is missing'
  const isOther = bytes !== undefined && found.bytes !== undefined && found.bytes !== bytes
  return isOther ? `has ${found.bytes} bytes, and ${bytes} were written` : undefined
}

/** A damage of a file of this name; none for a name that is not duplicity's, or of its statistics. */
export function damageOf(name: string, wrong: string): Damage[] {
  const parts = parseName(name)
  if (!parts || parts.role === 'statistics') return []
  const text = `${parts.kind} set of ${printTime(parts.time)}: ${label(parts)} ${wrong} (${name})`
  return [{ file: name, set: parts.time, role: parts.role, text }]
}

const label = ({ role, volume }: DuplicityName): string =>
  role === 'volume' ? `volume ${volume}` : role === 'manifest' ? 'its manifest' : 'its file of signatures'

function setKey(name: string): string {
  const parts = parseName(name)
  return parts ? `${parts.kind} ${parts.baseTime ?? ''} ${parts.time}` : ''
}

import { createReadStream, createWriteStream } from 'node:fs'
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Collection, type FileRef, setsOf } from '../../core/collection.ts'
import { type SetRecord, withRecords } from '../../core/set-record.ts'
import type { SentPart, UnfinishedSet } from '../../core/unfinished-set.ts'
import { messageOf } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import { readRecord, updateRecord } from '../../host/records.ts'
import type { Site } from '../../host/site.ts'
import { rememberOrTell } from '../../host/state.ts'
import type { Host } from '../../inventory/schema.ts'
import type { SiteArchive } from '../../store/archive.ts'
import { type Keys, putBackMetadata } from '../../store/archive-files.ts'
import { hashFiles } from '../../store/archive-reader.ts'
import type { Needs } from '../../store/facts.ts'
import { readSetRecords, recordSet } from '../../store/set-records.ts'
import { filesOfSite } from '../../store/share-files.ts'
import { type ManifestVolume, type PartialManifest, parsePartialManifest } from '../manifest.ts'
import { type DuplicityName, formatName } from '../names.ts'
import { cutSignatures, type SignatureCut, signatureEntries, TAR_END, unequalEntry } from '../signature-tar.ts'
import { copyName } from './archive-dir.ts'
import { unpack, windowOf } from './signature-file.ts'

/**
 * Makes a finished set of what was sent of an unfinished one: signatures and manifest in duplicity's archive-dir, then
 * packed in the archive, the manifest last. Cut off itself, it can be done again.
 */
export async function closeSet(
  set: UnfinishedSet,
  sent: Sent,
  { folders, siteArchive, keys }: { folders: SetFolders; siteArchive: SiteArchive; keys: Keys },
  shell: Shell,
): Promise<void> {
  const { archive, cache, scratch } = folders
  const { kind, time, baseTime } = set
  const nameOf = (role: DuplicityName['role'], packing: DuplicityName['packing']): string =>
    formatName({ kind, time, ...(baseTime !== undefined && { baseTime }), role, packing, partial: false })
  for (const each of sent.surplus) await filesOfSite(siteArchive, shell)?.remove(each)
  const [signatures, manifest] = [join(scratch, 'signatures'), join(scratch, 'manifest')]
  await pipeline(sentSignatures(sent), createGzip(), createWriteStream(signatures, { mode: 0o600, flush: true }))
  await writeFile(manifest, sent.manifest, { encoding: 'latin1', mode: 0o600, flush: true })
  for (const [made, name] of [
    [signatures, nameOf('signatures', sent.packing)],
    [manifest, nameOf('manifest', sent.packing === 'gpg' ? 'gpg' : 'plain')],
  ] as const) {
    const copy = join(cache, copyName(name))
    await rename(made, copy)
    await putBackMetadata(archive, { name, copy, bytes: (await stat(copy)).size }, keys, shell)
  }
}

async function* sentSignatures({ signatures, cutFile }: Sent): AsyncGenerator<Buffer> {
  if (signatures.bytes > 0) yield* createReadStream(signatures.file, { end: signatures.bytes - 1 })
  if (cutFile !== undefined) yield unequalEntry(cutFile)
  yield TAR_END
}

type Place = Needs<'host' | 'site'> & { readonly siteArchive: SiteArchive }

/** The collection with what this host, or the file beside the sets, knows of those that were cut off. */
export const withCutOffs = (
  collection: Collection,
  records: readonly SetRecord[],
  { host, site }: Needs<'host' | 'site'>,
): Collection => withRecords(collection, [...records, ...ownCutOffs(host, site).map(time => ({ time, cutOff: true as const }))])

const ownCutOffs = (host: Host, site: Site): readonly number[] => readRecord(host, site.name).cutOff ?? []

/** Writes down that a set holds only a part of the tree, before it is finished. @throws if it is not kept */
export async function markCutOff(time: number, collection: Collection, place: Place, shell: Shell): Promise<void> {
  const { host, site, siteArchive } = place
  await recordSet(siteArchive, time, { host: host.name, cutOff: true }, shell)
  if (!(await markedIn(siteArchive, shell)).has(time))
    throw new Error(`that the set holds only a part cannot be written down beside it, in ${siteArchive.folder}`)
  const present = collection.chains.flatMap(setsOf).map(set => set.time)
  const before = ownCutOffs(host, site).filter(each => present.includes(each) && each !== time)
  rememberOrTell(shell, 'that a set holds only a part is known to its archive alone', () =>
    updateRecord(host, site.name, { cutOff: [...before, time] }),
  )
}

/** Writes down again what this host knows and the archive no longer does: replicas go by that. */
export async function markAgain(collection: Collection, { host, site, siteArchive }: Place, shell: Shell): Promise<void> {
  const own = ownCutOffs(host, site)
  const known = collection.chains.flatMap(setsOf).filter(set => own.includes(set.time))
  const marked = known.length === 0 ? new Set() : await markedIn(siteArchive, shell)
  for (const { time } of known.filter(set => !marked.has(set.time)))
    await recordSet(siteArchive, time, { host: host.name, cutOff: true }, shell)
}

const markedIn = async (siteArchive: SiteArchive, shell: Shell): Promise<ReadonlySet<number>> =>
  new Set((await readSetRecords(siteArchive, shell)).filter(({ cutOff }) => cutOff).map(({ time }) => time))

export interface SetFolders {
  readonly cache: string
  readonly archive: string
  /** Where files can be made, on the disk of the cache; somebody else removes it. */
  readonly scratch: string
}

/** A file of an unfinished set, here or in the archive, by what its name says. */
export interface NamedFile extends FileRef {
  readonly parts: DuplicityName
}

/** What was sent of an unfinished set, with all that makes a finished one of it. */
export interface Sent extends SentPart {
  /** The text of its manifest, in latin1. */
  readonly manifest: string
  /** A file of signatures without compression, and how much of it is of what was sent. */
  readonly signatures: { readonly file: string; readonly bytes: number }
  /** A file of which only the beginning was sent; see unequalEntry(). */
  readonly cutFile: string | undefined
  /** How the volumes are packed, as the signatures in the archive are too. */
  readonly packing: DuplicityName['packing']
  readonly surplus: readonly string[]
}

/** What is so much older (ms) than the newest file, a server's kernel had surely written before a power cut. */
const SURELY_WRITTEN = 600_000

/** How much of an unfinished set was sent, by this host's manifest and signatures; a sentence where nothing tells. */
export async function lookAtSent(
  folders: SetFolders,
  files: { readonly local: readonly NamedFile[]; readonly archived: readonly NamedFile[] },
  shell: Shell,
): Promise<Sent | string> {
  const manifestFile = files.local.find(({ parts }) => parts.role === 'manifest' && parts.partial)
  if (!manifestFile) return 'this host has no manifest of it'
  const manifest = await readFile(join(folders.cache, manifestFile.name), 'latin1').then(parsePartialManifest).catch(messageOf)
  if (typeof manifest === 'string') return `its manifest here cannot be used: ${manifest}`
  const archived = files.archived.filter(({ parts }) => parts.role === 'volume')
  const volumes = await wholeVolumes(folders.archive, manifest, archived, shell)
  const last = manifest.volumes[volumes - 1]
  if (!last) return 'its first volume is not in the archive as it was made'
  const ends = manifest.volumes.slice(0, volumes).map(({ end }) => end)
  const signatures = await signaturesOf(folders, files.local, ends, shell).catch(messageOf)
  if (typeof signatures === 'string') return `its signatures here cannot be used: ${signatures}`
  return {
    volumes,
    wholeFiles: signatures.wholeFiles,
    isAll: manifest.isWhole && volumes === manifest.volumes.length,
    manifest: manifest.upTo(volumes),
    signatures,
    cutFile: last.end.isCut ? last.end.path : undefined,
    packing: archived[0]!.parts.packing,
    surplus: archived.filter(({ parts }) => parts.volume! > volumes).map(({ name }) => name),
  }
}

/** How many volumes, from the first on, arrived whole. The newest are read: a power cut there may have torn them. */
async function wholeVolumes(folder: string, manifest: PartialManifest, archived: readonly NamedFile[], shell: Shell) {
  const newest = Math.max(...archived.map(({ modifiedAt = 0 }) => modifiedAt))
  const isRecent = ({ modifiedAt = newest }: NamedFile): boolean => modifiedAt >= newest - SURELY_WRITTEN
  const toRead = archived.filter(isRecent).map(({ name, bytes = 0 }) => ({ name, bytes, kind: 'sha1' as const }))
  const hashes = new Map((await hashFiles(folder, toRead, shell)).map(({ name, hash }) => [name, hash]))
  const isWhole = ({ number, sha1 }: ManifestVolume): boolean => {
    const file = archived.find(({ parts }) => parts.volume === number)
    return file !== undefined && file.bytes !== 0 && (!isRecent(file) || hashes.get(file.name) === sha1)
  }
  const torn = manifest.volumes.findIndex(volume => !isWhole(volume))
  return torn < 0 ? manifest.volumes.length : torn
}

/** Its signatures as a file that is not compressed, and the part of them that is of volumes with these ends. */
async function signaturesOf(
  folders: SetFolders,
  local: readonly NamedFile[],
  ends: Parameters<typeof cutSignatures>[1],
  shell: Shell,
): Promise<SignatureCut & { readonly file: string }> {
  const files = local.filter(({ parts }) => parts.role === 'signatures')
  const partial = files.find(({ parts }) => parts.partial)
  const packed = files.find(({ parts }) => parts.packing === 'gzip')
  if (!partial && !packed) throw new Error('there are none')
  const file = partial
    ? join(folders.cache, partial.name)
    : await unpack(join(folders.cache, packed!.name), folders.scratch, shell)
  await using handle = await open(file)
  const cut = await cutSignatures(signatureEntries(windowOf(handle)), ends)
  if (!cut) throw new Error('they are torn')
  return { ...cut, file }
}

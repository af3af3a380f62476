import { createReadStream, createWriteStream } from 'node:fs'
import { rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Collection, setsOf } from '../../core/collection.ts'
import { type SetRecord, withRecords } from '../../core/set-record.ts'
import type { UnfinishedSet } from '../../core/unfinished-set.ts'
import type { Shell } from '../../engine/shell.ts'
import { readRecord, updateRecord } from '../../host/records.ts'
import { rememberOrTell } from '../../host/state.ts'
import type { SiteArchive } from '../../store/archive.ts'
import { type Keys, putBackMetadata } from '../../store/archive-files.ts'
import type { Needs } from '../../store/facts.ts'
import { readSetRecords, recordSet } from '../../store/set-records.ts'
import { filesOfSite } from '../../store/share-files.ts'
import { type DuplicityName, formatName } from '../names.ts'
import { TAR_END, unequalEntry } from '../signature-tar.ts'
import { copyName } from './archive-dir.ts'
import type { Sent, SetFolders } from './sent-part.ts'

/**
 * Makes a finished set of what was sent of an unfinished one, as duplicity does: signatures and manifest in its
 * archive-dir, then packed in the archive, the manifest last. When this is cut off too, it can be done again.
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
  await pipeline(signaturesOf(sent), createGzip(), createWriteStream(signatures, { mode: 0o600, flush: true }))
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

/** The signatures of what was sent whole. */
async function* signaturesOf({ signatures, cutFile }: Sent): AsyncGenerator<Buffer> {
  if (signatures.bytes > 0) yield* createReadStream(signatures.file, { end: signatures.bytes - 1 })
  if (cutFile !== undefined) yield unequalEntry(cutFile)
  yield TAR_END
}

type Place = Needs<'host' | 'site'> & { readonly siteArchive: SiteArchive }

/** The collection with what this host, or the file beside the sets, knows of those that were cut off. */
export async function withCutOffs(collection: Collection, place: Place, shell: Shell): Promise<Collection> {
  const { host, site, siteArchive } = place
  return withRecords(collection, [
    ...(await readSetRecords(siteArchive, shell)),
    ...ownRecords(readRecord(host, site.name).cutOff),
  ])
}

const ownRecords = (times: readonly number[] = []): SetRecord[] => times.map(time => ({ time, cutOff: true }))

/**
 * Writes down that a set holds only a part of the tree, before it counts as finished, and could be restored.
 * @throws when that is not in the archive
 */
export async function markCutOff(time: number, collection: Collection, place: Place, shell: Shell): Promise<void> {
  const { host, site, siteArchive } = place
  await recordSet(siteArchive, time, { host: host.name, cutOff: true }, shell)
  const known = await readSetRecords(siteArchive, shell)
  if (!known.some(record => record.time === time && record.cutOff))
    throw new Error(`that the set holds only a part cannot be written down beside it, in ${siteArchive.folder}`)
  const present = new Set(collection.chains.flatMap(setsOf).map(set => set.time))
  const before = (readRecord(host, site.name).cutOff ?? []).filter(each => present.has(each) && each !== time)
  rememberOrTell(shell, 'that a set holds only a part is known to its archive alone', () =>
    updateRecord(host, site.name, { cutOff: [...before, time] }),
  )
}

/** Writes down again what this host knows and the archive no longer does: replicas go by that. */
export async function markAgain(collection: Collection, place: Place, shell: Shell): Promise<void> {
  const own = readRecord(place.host, place.site.name).cutOff ?? []
  const missing = collection.chains.flatMap(setsOf).filter(set => own.includes(set.time))
  if (missing.length === 0) return
  const known = await readSetRecords(place.siteArchive, shell)
  for (const { time } of missing)
    if (!known.some(record => record.time === time && record.cutOff))
      await recordSet(place.siteArchive, time, { host: place.host.name, cutOff: true }, shell)
}

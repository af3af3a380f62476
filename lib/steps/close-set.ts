import { createReadStream, createWriteStream } from 'node:fs'
import { rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { UnfinishedSet } from '../core/unfinished-set.ts'
import { type DuplicityName, formatName } from '../duplicity/names.ts'
import { TAR_END, unequalEntry } from '../duplicity/signature-tar.ts'
import type { Shell } from '../engine/shell.ts'
import { type Keys, putBackMetadata } from '../store/metadata.ts'
import { filesOfSite } from '../store/share-files.ts'
import type { SiteArchive } from './check-mount.ts'
import type { Sent, SetFolders } from './sent-part.ts'
import { copyName } from './stand-in.ts'

/**
 * Makes a finished set of what was sent of an unfinished one, as duplicity does: signatures and manifest, first in its archive-dir, then packed in the archive; there the manifest
 * last, with which a set counts as finished. When this is cut off too, it can be done again.
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

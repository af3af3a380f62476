import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32, createGunzip } from 'node:zlib'
import type { FileMark } from '../../core/site-state.ts'
import { lineOf } from '../../engine/command.ts'
import type { Shell } from '../../engine/shell.ts'
import { type ReadAt, type SignatureEntry, signatureEntries } from '../signature-tar.ts'

/** Unpacks a compressed file of signatures into a folder. Gives its path there, which is the same each time. */
export async function unpack(from: string, scratch: string, shell: Shell): Promise<string> {
  const to = join(scratch, 'unpacked')
  // in this process: a chain has as many of them as sets
  await shell.look(`unpack ${lineOf([from])}`, () =>
    pipeline(createReadStream(from), createGunzip(), createWriteStream(to, { mode: 0o600 }), { signal: shell.stop }),
  )
  return to
}

const WINDOW = 1024 * 1024

/** Reads through a window: entries are mostly small, and there are as many as files. */
export function windowOf(handle: Awaited<ReturnType<typeof open>>): ReadAt {
  let window = { from: 0, bytes: Buffer.alloc(0) }
  return async (from, length) => {
    const end = window.from + window.bytes.length
    if (from < window.from || from + length > end) {
      const bytes = Buffer.alloc(Math.max(WINDOW, length))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
      window = { from, bytes: bytes.subarray(0, bytesRead) }
    }
    return window.bytes.subarray(from - window.from, from - window.from + length)
  }
}

/** The most files of a site: their paths are all in memory. */
const MOST = 400_000

/**
 * Adds to a list of files what the compressed signatures of one set say. Paths are from the site's folder on, in UTF-8.
 * @throws when there are too many files
 */
export async function addSignatures(
  files: Map<string, FileMark>,
  signatures: string,
  scratch: string,
  shell: Shell,
): Promise<void> {
  await using handle = await open(await unpack(signatures, scratch, shell))
  const read = windowOf(handle)
  for await (const entry of signatureEntries(read)) {
    const path = Buffer.from(entry.path, 'latin1').toString('utf8')
    if (entry.kind === 'signature') files.set(path, await markOf(entry, read))
    else files.delete(path)
    if (files.size > MOST) throw new Error(`there are more than ${MOST} files`)
  }
}

/** Librsync's header: a magic number, and the lengths of blocks and of their sums. */
const FORM = 12

async function markOf({ modifiedAt, content: { from, bytes } }: SignatureEntry, read: ReadAt): Promise<FileMark> {
  let hash = 0
  for (let at = 0; at < bytes; at += WINDOW) hash = crc32(await read(from + at, Math.min(WINDOW, bytes - at)), hash)
  const form = (await read(from, Math.min(FORM, bytes))).toString('latin1')
  return { modifiedAt, hash, form }
}

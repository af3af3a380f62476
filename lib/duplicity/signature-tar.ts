import type { VolumeEnd } from './manifest.ts'
import { extensionIn, isExtension, padded, TAR_BLOCK, type TarMember, tarHeader } from './tar.ts'

/** What the signatures of a set say of one path, and where that stands in the tar file. */
export interface SignatureEntry {
  /** `signature` of a file with content, `snapshot` of anything else, `deleted` of what is gone. */
  readonly kind: 'signature' | 'snapshot' | 'deleted'
  /** Bytes, one a character; see {@link comparePaths}. */
  readonly path: string
  /** Its first byte, and the first after it. */
  readonly from: number
  readonly to: number
  /** When the file was changed last, ms since the epoch. */
  readonly modifiedAt: number
  readonly content: { readonly from: number; readonly bytes: number }
}

/** Reads bytes of a file, fewer at its end. */
export type ReadAt = (from: number, length: number) => Promise<Buffer>

/** The entries of an unpacked signature file (diffdir.py: tar, with long names), up to where a power cut tore it. */
export async function* signatureEntries(read: ReadAt): AsyncGenerator<SignatureEntry> {
  let from = 0
  let more: Partial<TarMember> = {}
  for (let at = 0; ; ) {
    const header = tarHeader(await read(at, TAR_BLOCK))
    if (header === undefined) return
    const to = at + TAR_BLOCK + padded(header.size)
    if (isExtension(header)) {
      const data = await read(at + TAR_BLOCK, header.size)
      if (data.length < header.size) return
      more = { ...more, ...extensionIn(header, data) }
    } else {
      const { name, size, modified } = { ...header, ...more }
      const { kind, path } = signatureName(name) ?? {}
      if (kind === undefined || path === undefined || (size > 0 && (await read(to - 1, 1)).length < 1)) return
      yield { kind, path, from, to, modifiedAt: modified * 1000, content: { from: at + TAR_BLOCK, bytes: size } }
      ;[from, more] = [to, {}]
    }
    at = to
  }
}

/** What the name of a member of a signature file says; undefined where it is none. */
export function signatureName(name: string): Pick<SignatureEntry, 'kind' | 'path'> | undefined {
  const [, kind, path = ''] = /^(signature|snapshot|deleted)(?:\/(.*?))?\/?$/s.exec(name) ?? []
  return kind === undefined ? undefined : { kind: kind as SignatureEntry['kind'], path }
}

export interface SignatureCut {
  readonly bytes: number
  /** Files with content that are in the volumes from their beginning to their end. */
  readonly wholeFiles: number
}

/** The part of a signature file that is of volumes with these ends; undefined where entries are missing. */
export async function cutSignatures(
  entries: AsyncIterable<SignatureEntry>,
  ends: readonly VolumeEnd[],
): Promise<SignatureCut | undefined> {
  const end = ends.at(-1)!
  let [bytes, wholeFiles, last] = [0, 0, undefined as string | undefined]
  for await (const { kind, path, to } of entries) {
    const order = comparePaths(path, end.path)
    if (order > 0 || (order === 0 && end.isCut)) break
    ;[bytes, last] = [to, path]
    if (kind === 'signature') wholeFiles++
  }
  const sent = end.isCut ? ends.findLast(({ path }) => path !== end.path)?.path : end.path
  const isTorn = sent !== undefined && (last === undefined || comparePaths(last, sent) < 0)
  return isTorn ? undefined : { bytes, wholeFiles }
}

/**
 * An entry that no path can equal (a pipe of 1970), for a file of which only the beginning is in the volumes: the next
 * backup then sends it whole, or notes that it is gone. Without it a restore would bring its beginning back.
 */
export function unequalEntry(path: string): Buffer {
  const name = Buffer.from(`snapshot/${path}`, 'latin1')
  if (name.length <= 100) return newHeader(name, '6', 0)
  const data = Buffer.alloc(padded(name.length + 1))
  name.copy(data)
  return Buffer.concat([
    newHeader(Buffer.from('././@LongLink'), 'L', name.length + 1),
    data,
    newHeader(name.subarray(0, 100), '6', 0),
  ])
}

export const TAR_END: Buffer = Buffer.alloc(2 * TAR_BLOCK)

function newHeader(name: Buffer, type: string, size: number): Buffer {
  const header = Buffer.alloc(TAR_BLOCK)
  name.copy(header)
  for (const at of [100, 108, 116]) header.write('0000000\0', at)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar  \0', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/**
 * Compares paths as duplicity orders them, part by part: `a/z` before `a.b`, a folder before what is in it. They are
 * bytes, one a character (latin1), so that names in any encoding keep their order; the root is empty.
 */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  const at = left.findIndex((part, index) => part !== right[index])
  if (at < 0) return left.length - right.length
  const other = right[at]
  return other === undefined || left[at]! > other ? 1 : -1
}

const partsOf = (path: string): string[] => (path === '' ? [] : path.split('/'))

import type { VolumeEnd } from './manifest.ts'

/** What the signatures of a set say of one path, and where that stands in the tar file. */
export interface SignatureEntry {
  /**
   * `signature` of a file with content, `snapshot` of anything else, `deleted` of what is gone since the set before.
   */
  readonly kind: 'signature' | 'snapshot' | 'deleted'
  /** Bytes, one a character; see {@link comparePaths}. */
  readonly path: string
  /** Its first byte, and the first after it. */
  readonly from: number
  readonly to: number
  /** When the file was changed last, ms since the epoch. */
  readonly modifiedAt: number
  /** Where the signature of its content stands. */
  readonly content: { readonly from: number; readonly bytes: number }
}

/** Reads bytes of a file, fewer at its end. */
export type ReadAt = (from: number, length: number) => Promise<Buffer>

const BLOCK = 512
const roundUp = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

/** The entries of an unpacked signature file (diffdir.py: tar, with long names), up to where a power cut tore it. */
export async function* signatureEntries(read: ReadAt): AsyncGenerator<SignatureEntry> {
  let from = 0
  let longName: string | undefined
  for (let at = 0; ; ) {
    const header = await read(at, BLOCK)
    const size = sizeIn(header)
    if (size === undefined) return
    const to = at + BLOCK + roundUp(size)
    const type = String.fromCharCode(header[156]!)
    if (type === 'x' || type === 'L') {
      const data = (await read(at + BLOCK, size)).toString('latin1')
      if (data.length < size) return
      longName = (type === 'L' ? data.replace(/\0.*$/s, '') : paxPath(data)) ?? longName
    } else {
      const [, kind, path = ''] = /^(signature|snapshot|deleted)(?:\/(.*?))?\/?$/s.exec(longName ?? nameIn(header)) ?? []
      if (kind === undefined || (size > 0 && (await read(to - 1, 1)).length < 1)) return
      yield {
        kind: kind as SignatureEntry['kind'],
        path,
        from,
        to,
        modifiedAt: octal(header, 136, 12) * 1000,
        content: { from: at + BLOCK, bytes: size },
      }
      ;[from, longName] = [to, undefined]
    }
    at = to
  }
}

/** The size of what follows a header; undefined where it is none, by its checksum. */
function sizeIn(header: Buffer): number | undefined {
  if (header.length < BLOCK || header.every(byte => byte === 0)) return undefined
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
  return sum === octal(header, 148, 8) ? octal(header, 124, 12) : undefined
}

const octal = (header: Buffer, from: number, length: number): number =>
  Number.parseInt(header.toString('latin1', from, from + length), 8)

const textIn = (header: Buffer, from: number, length: number): string =>
  header.toString('latin1', from, from + length).replace(/\0.*$/s, '')

function nameIn(header: Buffer): string {
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textIn(header, 345, 155) : ''
  return `${prefix === '' ? '' : `${prefix}/`}${textIn(header, 0, 100)}`
}

/** Records are `LENGTH KEY=VALUE\n`, and a value may hold line feeds. */
function paxPath(data: string): string | undefined {
  let path: string | undefined
  for (let rest = data; rest !== ''; ) {
    const [, length] = /^(\d+) /.exec(rest) ?? []
    if (length === undefined) return path
    const record = rest.slice(0, Number(length))
    rest = rest.slice(Number(length))
    path = /^\d+ path=(.*)\n$/s.exec(record)?.[1] ?? path
  }
  return path
}

/** How much of a signature file is of what some volumes hold. */
export interface SignatureCut {
  /** What to keep: bytes from the beginning. */
  readonly bytes: number
  /** Files with content that are in the volumes from their beginning to their end. */
  readonly wholeFiles: number
}

/**
 * The part of a signature file that is of what was sent in some volumes.
 * @param ends where these volumes end, in their order
 * @returns undefined where entries are missing of what was sent
 */
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
  if (name.length <= 100) return tarHeader(name, '6', 0)
  const data = Buffer.alloc(roundUp(name.length + 1))
  name.copy(data)
  return Buffer.concat([
    tarHeader(Buffer.from('././@LongLink'), 'L', name.length + 1),
    data,
    tarHeader(name.subarray(0, 100), '6', 0),
  ])
}

/** What ends a tar file. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK)

function tarHeader(name: Buffer, type: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK)
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
 * @returns less than 0 where `a` comes first, 0 where they are the same
 */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  const at = left.findIndex((part, index) => part !== right[index])
  if (at < 0) return left.length - right.length
  const other = right[at]
  return other === undefined || left[at]! > other ? 1 : -1
}

const partsOf = (path: string): string[] => (path === '' ? [] : path.split('/'))

/** What a tar file says of one member. Text and paths are bytes, one a character (latin1). */
export interface TarMember {
  readonly name: string
  /** As tar(5) has it: `0` a file, `2` a symbolic link, `5` a folder, `6` a pipe. */
  readonly type: string
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Names of owner and group where it was made; empty where they had none. */
  readonly user: string
  readonly group: string
  /** Seconds since the epoch. */
  readonly modified: number
  readonly target: string
}

/** Bytes of a header, and what all else is padded to. */
export const TAR_BLOCK = 512

export const padded = (size: number): number => Math.ceil(size / TAR_BLOCK) * TAR_BLOCK

/** A header's own member, whose name and numbers an extension before it may replace; undefined where it is none. */
export function tarHeader(block: Buffer): TarMember | undefined {
  if (block.length < TAR_BLOCK || sumOf(block) !== numberIn(block, 148, 8)) return undefined
  const type = String.fromCharCode(block[156]!)
  return {
    name: nameIn(block),
    type: type === '\0' ? '0' : type,
    size: numberIn(block, 124, 12),
    mode: numberIn(block, 100, 8) & 0o7777,
    uid: numberIn(block, 108, 8),
    gid: numberIn(block, 116, 8),
    user: textIn(block, 265, 32),
    group: textIn(block, 297, 32),
    modified: numberIn(block, 136, 12),
    target: textIn(block, 157, 100),
  }
}

/** The sum of a header's bytes, those of the sum itself taken as spaces: of zeros alone it is not what they say. */
function sumOf(block: Buffer): number {
  let sum = 8 * 32
  for (let at = 0; at < TAR_BLOCK; at++) if (at < 148 || at >= 156) sum += block[at]!
  return sum
}

/** Whether a member only says more of the next one: pax records, or GNU's long names. */
export const isExtension = ({ type }: TarMember): boolean => ['x', 'L', 'K'].includes(type)

/** What an extension says of the next member. @param data its content */
export function extensionIn({ type }: TarMember, data: Buffer): Partial<TarMember> {
  const text = data.toString('latin1')
  if (type === 'x') return fromRecords(text)
  const whole = text.replace(/\0.*$/s, '')
  return type === 'L' ? { name: whole } : { target: whole }
}

/** Octal digits; or, by GNU's first bit, the number itself. */
function numberIn(block: Buffer, from: number, length: number): number {
  if ((block[from]! & 0x80) === 0) return Number.parseInt(block.toString('latin1', from, from + length), 8) || 0
  return block.subarray(from + 1, from + length).reduce((sum, byte) => sum * 256 + byte, block[from]! & 0x7f)
}

function textIn(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from)
  return block.toString('latin1', from, end < 0 ? from + length : Math.min(end, from + length))
}

function nameIn(block: Buffer): string {
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textIn(block, 345, 155) : ''
  return `${prefix === '' ? '' : `${prefix}/`}${textIn(block, 0, 100)}`
}

const KEYS: Readonly<Record<string, keyof TarMember>> = {
  path: 'name',
  linkpath: 'target',
  size: 'size',
  uid: 'uid',
  gid: 'gid',
  uname: 'user',
  gname: 'group',
  mtime: 'modified',
}

/** Records are `LENGTH KEY=VALUE\n`, and a value may hold line feeds. */
function fromRecords(data: string): Partial<TarMember> {
  const found: Record<string, string | number> = {}
  for (let rest = data; rest !== ''; ) {
    const length = Number(/^(\d+) /.exec(rest)?.[1] ?? 0)
    if (length === 0) break
    const [, key = '', value = ''] = /^\d+ ([^=]*)=(.*)\n$/s.exec(rest.slice(0, length)) ?? []
    rest = rest.slice(length)
    const field = KEYS[key]
    if (field !== undefined) found[field] = /^(size|uid|gid|modified)$/.test(field) ? Math.floor(Number(value)) : value
  }
  return found
}

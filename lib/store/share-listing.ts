/** A file of a folder on a share. */
export interface ShareFile {
  readonly name: string
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

/**
 * The files of a folder as they are sent: their names in UTF-8 with `/` between them, and the rest of each in its
 * place. What many sites have is held outside of V8's heap until its turn comes.
 */
export interface SentFiles {
  readonly names: Uint8Array
  readonly bytes: Float64Array
  readonly modifiedAt: Float64Array
}

export const textOf = (sent: Uint8Array): string => Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength).toString()

export function receivedFiles({ names, bytes, modifiedAt }: SentFiles): readonly ShareFile[] {
  const each = bytes.length === 0 ? [] : textOf(names).split('/')
  return each.map((name, at) => ({ name, bytes: bytes[at]!, modifiedAt: modifiedAt[at]! }))
}

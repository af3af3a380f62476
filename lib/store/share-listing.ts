/** A file of a folder on a share. */
export interface ShareFile {
  readonly name: string
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

/** The files of a folder as they are sent: their names with `/` between them, and the rest of each in its place. */
export interface SentFiles {
  readonly names: string
  readonly bytes: readonly number[]
  readonly modifiedAt: readonly number[]
}

export function receivedFiles({ names, bytes, modifiedAt }: SentFiles): readonly ShareFile[] {
  const each = bytes.length === 0 ? [] : names.split('/')
  return each.map((name, at) => ({ name, bytes: bytes[at]!, modifiedAt: modifiedAt[at]! }))
}

/** What a member of a volume is of: a change of one path, or one part of it where it is long. */
export interface Change {
  /** The whole of what is there now, what differs from what was there (librsync's delta), or that it is gone. */
  readonly kind: 'snapshot' | 'diff' | 'deleted'
  /** Bytes, one a character; the root is empty. */
  readonly path: string
  /** From 1 on, where the content is cut into several members; the last of them is the first that is not full. */
  readonly part: number | undefined
}

/** Bytes of each part but the last (TarBlockIter.get_read_size in diffdir.py). */
export const PART = 64 * 1024

/** What a member's name says (get_index_from_tarinfo in patchdir.py). @throws when it leads out of the tree */
export function changeOf(name: string): Change {
  const [, whole, path = ''] = /^(snapshot|diff|deleted)\/(.*?)\/?$/s.exec(name) ?? []
  if (whole !== undefined) return { kind: whole as Change['kind'], path: checked(path, name), part: undefined }
  const [, kind, long = '', part] = /^multivol_(snapshot|diff)\/(.*)\/(\d+)$/s.exec(name) ?? []
  if (kind === undefined) throw new Error(`${JSON.stringify(name)} is no name of a change`)
  return { kind: kind as Change['kind'], path: checked(long, name), part: Number(part) }
}

function checked(path: string, name: string): string {
  if (path === '' || path === '.') return ''
  const isOdd = path.split('/').some(part => ['', '.', '..'].includes(part)) || path.includes('\0')
  if (isOdd) throw new Error(`${JSON.stringify(name)} leads out of the tree, or names nothing in it`)
  return path
}

export interface FolderStat {
  readonly device: number
  readonly owner: number
  readonly group: number
  readonly links: number
  readonly size: number
  readonly isFolder: boolean
}

/** What the inventory says that the root of the share looks like; nothing said, nothing asked. */
export interface Expected {
  readonly owner?: number | undefined
  readonly group?: number | undefined
  readonly links?: number | undefined
  readonly maxSize?: number | undefined
}

/** What speaks against a folder being the archive (S9). @param isMount whether it must be a mount point */
export function wrongWith(found: FolderStat, parent: FolderStat, expected: Expected, isMount: boolean): string[] {
  const differs = (what: 'owner' | 'group' | 'links'): string[] =>
    expected[what] === undefined || expected[what] === found[what]
      ? []
      : [`its ${what} is ${found[what]}, wanted ${expected[what]}`]
  return [
    ...(found.isFolder ? [] : ['it is no folder']),
    ...(isMount && found.device === parent.device
      ? ['nothing is mounted there: it is on the same device as the folder around it']
      : []),
    ...differs('owner'),
    ...differs('group'),
    ...differs('links'),
    ...(expected.maxSize !== undefined && found.size >= expected.maxSize
      ? [`its size is ${found.size}, wanted less than ${expected.maxSize}`]
      : []),
  ]
}

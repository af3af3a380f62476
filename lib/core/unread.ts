/** A file or folder that a program skipped: what it made is without it, or has only a part of it. */
export interface Skipped {
  /** As the program names it: whole, or from the source on; empty where it names none. */
  readonly path: string
  readonly text: string
  /** The program counts it as an error. */
  readonly isCounted?: boolean
  /** Only the beginning of it was read. */
  readonly isTorn?: boolean
  /** It is a device, which no sandbox can make. */
  readonly isDevice?: boolean
}

/** What a backup could not read of a site. Its set is without that, or counts it as deleted, although it is there. */
export interface Unread {
  /** From the site's folder on. */
  readonly paths: readonly string[]
  /** Those of which only the beginning was saved: they stay so in the chain as long as they do not change. */
  readonly torn: readonly string[]
  /** Errors that were counted and belong to no path that is known. */
  readonly unnamed: number
}

/**
 * Sorts what a backup skipped. What is gone by now was deleted while it ran, as caches are.
 * @param counted how many errors were counted in all @param isThere asked for paths from the source on
 */
export function unreadOf(
  source: string,
  skipped: readonly Skipped[],
  counted: number,
  isThere: (path: string) => boolean,
): Unread {
  const root = source.endsWith('/') ? source : `${source}/`
  const within = ({ path }: Skipped): string => (path.startsWith(root) ? path.slice(root.length) : path === source ? '' : path)
  const left = skipped.filter(each => within(each) === '' || isThere(within(each)))
  const unique = (of: readonly Skipped[]): string[] => [...new Set(of.map(within))].toSorted()
  return {
    paths: unique(left),
    torn: unique(left.filter(({ isTorn }) => isTorn)),
    unnamed: Math.max(0, counted - skipped.filter(({ isCounted }) => isCounted).length),
  }
}

export const isAllRead = ({ paths, unnamed }: Unread): boolean => paths.length === 0 && unnamed === 0

/** Paths that are recorded: a share that is gone can be a million files. */
const MOST = 500
const SHOWN = 20

export function unreadText({ paths, unnamed }: Unread): string {
  const named = paths.slice(0, SHOWN).map(path => path || 'the folder itself')
  const more = paths.length - named.length + unnamed
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return `could not be read, and is not in this backup as it is: ${list}. Replicas keep what they have of it. Repair it, or exclude it in the inventory`
}

/** What is written down beside the set: the empty path, for all of the site, where not all paths are known. */
export function pathsToRecord({ paths, unnamed }: Unread): readonly string[] | undefined {
  if (paths.length === 0 && unnamed === 0) return undefined
  return unnamed > 0 || paths.length > MOST || paths.some(path => path.length > LONGEST) ? [''] : paths
}

const LONGEST = 5000

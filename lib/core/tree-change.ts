/** A line of a listing of a site's folder; see lib/site/tree.ts. */
interface Entry {
  readonly kind: string
  readonly mode: string
  readonly owner: string
  readonly size: string
  readonly links: string
  readonly inode: string
  /** Seconds since the epoch, with all digits that the file system keeps. */
  readonly modified: string
  readonly changed: string
  readonly path: string
}

/** How the listing of a site's folder differs from the one that its newest set was made from. */
export interface TreeChange {
  /** There is something to back up. */
  readonly differs: boolean
  /** Files that duplicity would pass over though they may have changed, from the site's folder on. */
  readonly overlooked: readonly string[]
  /** The size of these together. */
  readonly overlookedBytes: number
}

const FIELDS =
  /^(?<kind>\w) (?<mode>\d+) (?<owner>\d+:\d+) (?<size>\S+) (?<links>\S+) (?<inode>\S+) (?<modified>\S+) (?<changed>\S+) (?<path>.*)$/s

/**
 * Compares two listings of a folder by the lines that only one of them has.
 *
 * Both versions of duplicity pass over a file whose time (in whole seconds) and mode are what they were, though its
 * content, and even its size, is another: a deployment with fixed times, `cp -p`, an intruder's `touch -r`. The
 * kernel's own time of the last change and the inode tell. They also change with the owner and with the number of hard
 * links, where the content does not; and when a whole folder was exchanged, as by a restore, they tell nothing.
 *
 * @param lines each ends with NUL; those that only the newer listing has begin with a tab, as `comm -z -3` prints them
 * @param isLeftOut whether a path, from the site's folder on, is none of the backup's
 */
export function treeChange(lines: string, isLeftOut: (path: string, isFolder: boolean) => boolean): TreeChange {
  const [before, after] = [new Map<string, Entry>(), new Map<string, Entry>()]
  for (const line of lines.split('\0')) {
    const entry = entryOf(line.replace(/^\t/, ''))
    if (!entry || isLeftOut(entry.path, entry.kind === 'd')) continue
    ;(line.startsWith('\t') ? after : before).set(entry.path, entry)
  }
  const pairs = [...after.values()].flatMap(now => [[before.get(now.path), now] as const])
  const isExchanged = pairs.some(([then, now]) => then?.kind === 'd' && now.kind === 'd' && then.inode !== now.inode)
  const overlooked = isExchanged ? [] : pairs.filter(([then, now]) => then && isOverlooked(then, now)).map(([, now]) => now)
  return {
    differs: before.size + after.size > 0,
    overlooked: overlooked.map(({ path }) => path),
    overlookedBytes: overlooked.reduce((sum, { size }) => sum + Number(size), 0),
  }
}

const entryOf = (line: string): Entry | undefined => FIELDS.exec(line)?.groups as Entry | undefined

function isOverlooked(then: Entry, now: Entry): boolean {
  const isSeen = then.kind !== now.kind || then.mode !== now.mode || wholeSeconds(then) !== wholeSeconds(now)
  if (now.kind !== 'f' || isSeen) return false
  return then.size !== now.size || (then.owner === now.owner && then.links === now.links)
}

const wholeSeconds = ({ modified }: Entry): string => modified.split('.')[0]!

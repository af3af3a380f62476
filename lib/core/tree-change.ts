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
 * Both versions of duplicity pass over a file whose time (in whole seconds), mode and owner are what they were, though
 * its content, and even its size, is another: a deployment with fixed times, `cp -p`, an intruder's `touch -r`. The
 * kernel's own time of the last change and the inode tell. They also change with the number of hard links, where the
 * content does not; and below a folder that was exchanged, as by a restore, they tell nothing, and only the size does.
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
  const pairs = [...after.values()].flatMap(now => {
    const then = before.get(now.path)
    return then ? [[then, now] as const] : []
  })
  const exchanged = pairs.filter(([then, now]) => then.kind === 'd' && then.inode !== now.inode).map(([, { path }]) => path)
  const isBelow = ({ path }: Entry): boolean => exchanged.some(folder => folder === '' || path.startsWith(`${folder}/`))
  const overlooked = pairs.filter(([then, now]) => isOverlooked(then, now, isBelow(now))).map(([, now]) => now)
  return {
    differs: before.size + after.size > 0,
    overlooked: overlooked.map(({ path }) => path),
    overlookedBytes: overlooked.reduce((sum, { size }) => sum + Number(size), 0),
  }
}

const entryOf = (line: string): Entry | undefined => FIELDS.exec(line)?.groups as Entry | undefined

function isOverlooked(then: Entry, now: Entry, isExchanged: boolean): boolean {
  if (now.kind !== 'f' || isSeen(then, now)) return false
  return then.size !== now.size || (then.links === now.links && !isExchanged)
}

/** Whether duplicity takes one for another than the other. */
const isSeen = (then: Entry, now: Entry): boolean =>
  then.kind !== now.kind || then.mode !== now.mode || then.owner !== now.owner || wholeSeconds(then) !== wholeSeconds(now)

/** To duplicity, one time before 1970 is like another. */
const wholeSeconds = ({ modified }: Entry): number => Math.max(0, Math.floor(Number(modified)))

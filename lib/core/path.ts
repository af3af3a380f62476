/** Whether a path is a folder itself or lies in it; both without links. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)

/** Whether a path is a mount point, by the text of `mountinfo` (proc(5)). */
export const isMountPoint = (mountInfo: string, path: string): boolean => mountPoints(mountInfo).includes(withoutSlash(path))

/** The mount points at a path or below it, by the same text. The path has no links in it: the table has none either. */
export function mountsWithin(mountInfo: string, path: string): readonly string[] {
  const wanted = withoutSlash(path)
  const below = wanted === '/' ? wanted : `${wanted}/`
  return mountPoints(mountInfo).filter(point => point === wanted || point.startsWith(below))
}

/** The mount points that are passed on the way from a folder, which is not one of them, down to a path in it. */
export function mountsOnTheWay(mountInfo: string, folder: string, path: string): readonly string[] {
  return mountsWithin(mountInfo, folder).filter(
    point => point !== withoutSlash(folder) && withoutSlash(path).startsWith(`${point}/`),
  )
}

const mountPoints = (mountInfo: string): string[] =>
  mountInfo.split('\n').flatMap(line => decodeOctal(line.split(' ')[4] ?? '') || [])

const withoutSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path)

/** How fstab(5) and mountinfo write blanks. */
export const decodeOctal = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The folder of a site that the web shows, below the site's own. */
export const SITE = 'SITE'

export type Kind = 'folder' | 'missing' | 'other' | { readonly link: string }

/** Where a site's `SITE` is: itself or, where it is a link within the site's folder, the folder that it leads to. */
export type WebRoot =
  | { readonly kind: 'folder'; readonly way: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly why: string }

/** Links that the kernel follows on one way (path_resolution(7)). */
const MOST_LINKS = 40

/**
 * Where `SITE` leads. A release tool has it lead to `releases/2` beside it; outside of the site's folder nothing is
 * backed up. @param live the path of the live site: a link may name it whole
 * @param look what is at a path, from the site's folder on; never asked for one through a link
 */
export function findWebRoot(live: string, look: (way: string) => Kind): WebRoot {
  const parts = [SITE]
  const way: string[] = []
  let first: string | undefined
  for (let links = 0; parts.length > 0; ) {
    const part = parts.shift()!
    if (part === '' || part === '.') continue
    if (part === '..' && way.length === 0) return outside(first)
    if (part === '..') {
      way.pop()
      continue
    }
    const found = look([...way, part].join('/'))
    if (found === 'missing') return first === undefined ? { kind: 'missing' } : refused(`a link that leads nowhere (to ${first})`)
    if (found === 'folder') way.push(part)
    else if (found === 'other') return refused(first === undefined ? 'no folder' : `a link to what is no folder (to ${first})`)
    else {
      first ??= found.link
      if (++links > MOST_LINKS) return refused(`a loop of links (to ${first})`)
      if (found.link.startsWith('/') && !isWithin(found.link, live)) return outside(first)
      if (found.link.startsWith('/')) way.length = 0
      parts.unshift(...(found.link.startsWith('/') ? found.link.slice(live.length) : found.link).split('/'))
    }
  }
  return way.length === 0 ? refused(`a link to the site's own folder (to ${first})`) : { kind: 'folder', way: way.join('/') }
}

const refused = (what: string): WebRoot => ({ kind: 'refused', why: `${SITE} is ${what}` })
const outside = (link: string | undefined): WebRoot =>
  refused(
    `a link out of the site's folder (to ${link}), where nothing is backed up: move what it leads to into the site's folder`,
  )

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

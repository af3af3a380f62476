import type { PageSketch } from './page.ts'

export interface FileMark {
  /** Ms since the epoch. */
  readonly modifiedAt: number
  readonly hash: number
  /** How the hash was made: only hashes of one form can be compared. */
  readonly form: string
}

/** The files of a site, by their paths from its folder on; no folders and no links. */
export type FileList = ReadonlyMap<string, FileMark>

export interface FileDiff {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export type Counts = readonly [added: number, changed: number, removed: number]

/** What is counted as one, by the endings of names. */
const KINDS = {
  PHP: /\.(php\d?|phtml|phar|inc)$/i,
  images: /\.(jpe?g|png|gif|webp|avif|svg|ico)$/i,
  pages: /\.html?$/i,
  'scripts and styles': /\.(m?js|css|map)$/i,
} as const
export type FileKind = keyof typeof KINDS | 'other'
export type FileChanges = { readonly [Kind in FileKind]?: Counts | undefined }

export interface WordPressVersions {
  /** Of all installations. */
  readonly core: readonly string[]
  /** By the names of folders. */
  readonly plugins: Readonly<Record<string, string>>
  readonly themes: Readonly<Record<string, string>>
}

export interface WordPressSettings {
  readonly siteUrls: readonly string[]
  readonly activePlugins: readonly string[]
  /** By table and number: `wp_users 7`. Names are not written down beside sets that are encrypted. */
  readonly administrators: readonly string[]
}

export interface SiteState {
  /** Against the set before it. */
  readonly changes?: FileChanges | undefined
  readonly versions?: WordPressVersions | undefined
  /** Undefined where there was no dump to read them in. */
  readonly settings?: WordPressSettings | undefined
  /** The rows of its tables, without what WordPress keeps for a while only. */
  readonly tables?: Readonly<Record<string, number>> | undefined
  readonly page?: PageSketch | undefined
}

/** A hash of another form (of another version of duplicity) tells nothing: then the time counts. */
export function differenceOf(before: FileList, after: FileList): FileDiff {
  const isSame = (a: FileMark, b: FileMark): boolean => (a.form === b.form ? a.hash === b.hash : a.modifiedAt === b.modifiedAt)
  const known = [...after].filter(([path]) => before.has(path))
  return {
    added: [...after.keys()].filter(path => !before.has(path)),
    changed: known.filter(([path, mark]) => !isSame(before.get(path)!, mark)).map(([path]) => path),
    removed: [...before.keys()].filter(path => !after.has(path)),
  }
}

/** The files that have a further ending instead of their own name, where it is the same for many. */
export function renamesIn({ added, removed }: FileDiff): { readonly ending: string; readonly paths: readonly string[] } {
  const gone = new Set(removed)
  const byEnding = new Map<string, string[]>()
  for (const path of added) {
    const [, whole, ending] = /^(.*[^/])(\.[^./]{1,20})$/s.exec(path) ?? []
    if (whole === undefined || !gone.has(whole)) continue
    byEnding.set(ending!, [...(byEnding.get(ending!) ?? []), path])
  }
  const [first] = [...byEnding].toSorted(([, a], [, b]) => b.length - a.length)
  return { ending: first?.[0] ?? '', paths: first?.[1] ?? [] }
}

export function countedByKind({ added, changed, removed }: FileDiff): FileChanges {
  const counts: Partial<Record<FileKind, [number, number, number]>> = {}
  for (const [at, paths] of [added, changed, removed].entries())
    for (const path of paths) {
      const count = counts[kindOf(path)] ?? [0, 0, 0]
      count[at]!++
      counts[kindOf(path)] = count
    }
  return counts
}

export const kindOf = (path: string): FileKind =>
  (Object.keys(KINDS) as (keyof typeof KINDS)[]).find(kind => KINDS[kind].test(path)) ?? 'other'

/** The changes of several nights together: a file that changed twice counts twice. */
export function sumOfChanges(nights: readonly FileChanges[]): FileChanges {
  const sum: Partial<Record<FileKind, Counts>> = {}
  for (const night of nights)
    for (const [kind, [added, changed, removed]] of Object.entries(night) as [FileKind, Counts][]) {
      const [a, c, r] = sum[kind] ?? [0, 0, 0]
      sum[kind] = [a + added, c + changed, r + removed]
    }
  return sum
}

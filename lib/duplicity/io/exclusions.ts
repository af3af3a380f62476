import { type Dirent, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput } from '../../core/bad-input.ts'
import type { OpenedFolder } from '../../host/opened-folder.ts'
import type { SitePlace } from '../../host/site.ts'
import { exclusionOf } from '../args.ts'
import { type Matcher, matcherOf, type Pattern, parseSelection } from '../selection.ts'

export const LONGEST_SEARCH = 20

/** All that leaves something of a site out, in duplicity's order. @throws {BadInput} when the list cannot be read */
export function patternsOf({ folder, settings }: SitePlace): Pattern[] {
  const own = settings.exclude.map(path => ({ line: 0, glob: exclusionOf(folder, path), includes: false }))
  return [...own, ...(settings.excludeFrom === undefined ? [] : parseSelection(read(settings.excludeFrom)))]
}

export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new BadInput(`desktop.exclusions: cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

type Sought = Pattern & { readonly matcher: Matcher }

/** The patterns that match nothing below a folder, found in so many seconds, only where a match could lie. */
export function search(
  source: OpenedFolder,
  patterns: readonly Pattern[],
  now: () => number,
  stop?: AbortSignal,
  longest = LONGEST_SEARCH,
): { unmatched: readonly Pattern[]; gaveUp: boolean } {
  const end = now() + longest * 1000
  let sought: Sought[] = patterns.map(pattern => ({ ...pattern, matcher: matcherOf(pattern.glob) }))
  const folders = ['']
  sought = sought.filter(({ matcher }) => !matcher.matches(source.name, true))
  for (let folder = folders.shift(); folder !== undefined && sought.length > 0; folder = folders.shift()) {
    if (stop?.aborted || now() > end) return { unmatched: sought, gaveUp: true }
    for (const entry of entriesOf(source, folder)) {
      const way = join(folder, entry.name)
      const path = join(source.name, way)
      sought = sought.filter(({ matcher }) => !matcher.matches(path, entry.isDirectory()))
      if (entry.isDirectory() && sought.some(({ matcher }) => matcher.leadsTo(path))) folders.push(way)
    }
  }
  return { unmatched: sought, gaveUp: false }
}

function entriesOf(source: OpenedFolder, way: string): Dirent[] {
  try {
    if (way === '') return source.entries()
    using folder = source.folder(way)
    return folder.entries()
  } catch {
    return [] // gone meanwhile, or not for this user
  }
}

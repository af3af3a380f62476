import { COMPANION, DUMP } from '../host/companion.ts'

/** How much of a site is brought back. */
export interface Scope {
  /** All files, certificates and the web server's configuration among them. */
  readonly files: boolean
  readonly database: boolean
  /** Single files or folders, relative to the site's folder, instead of all. */
  readonly paths: readonly string[]
}

export const WHOLE: Scope = { files: true, database: true, paths: [] }

/** What has to be fetched from the set: paths in it, or undefined for the whole. */
export function partsOf(scope: Scope): readonly string[] | undefined {
  if (scope.paths.length > 0) return scope.paths
  return scope.files ? undefined : [`${COMPANION}/${DUMP}`]
}

/** What is brought back, in words that go after "the live": `files and database`, or the paths. */
export function whatOf({ files, database, paths }: Scope): string {
  if (paths.length > 0) return paths.join(', ')
  return [...(files ? ['files'] : []), ...(database ? ['database'] : [])].join(' and ')
}

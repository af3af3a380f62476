/** One line of a list of exclusions, as duplicity reads it (selection.py, the same in 0.8.22 and 3.0.4). */
export interface Pattern {
  readonly line: number
  readonly glob: string
  readonly includes: boolean
}

/** What a pattern selects: whole paths, without a slash at their end. */
export interface Matcher {
  /** Whether a path is meant, or a folder around it; a pattern that ends with `/` means folders only. */
  readonly matches: (path: string, isFolder: boolean) => boolean
  readonly leadsTo: (folder: string) => boolean
}

/** Reads a list for `--exclude-filelist`: `+ ` and `- ` in front, `#` comments, quotes; a bare line excludes. */
export function parseSelection(text: string): Pattern[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) return []
    const glob = unquote(/^[+-] /.test(line) ? line.slice(2) : line)
    return glob === '' ? [] : [{ line: index + 1, glob, includes: line.startsWith('+ ') }]
  })
}

const unquote = (text: string): string => (/^(['"]).*\1$/s.test(text) && text.length > 1 ? text.slice(1, -1) : text)

/**
 * Why duplicity would refuse the list, one sentence a pattern: it cannot match anything below the source (its exit code
 * 14), is no pattern (15), or includes in the last line, though all else is included anyway (16).
 */
export function problemsOf(patterns: readonly Pattern[], source: string): string[] {
  const wrong = patterns.flatMap(pattern => {
    const problem = problemOf(pattern, source)
    return problem === undefined ? [] : [`line ${pattern.line}: ${problem}`]
  })
  const last = patterns.at(-1)
  if (!last?.includes) return wrong
  const why = `"+ ${last.glob}" is the last line and includes, but what no line excludes is included anyway; wanted a line after it that excludes`
  return [...wrong, `line ${last.line}: ${why}`]
}

function problemOf({ glob }: Pattern, source: string): string | undefined {
  if (/\/\/./.test(glob)) return `"${glob}" has two slashes in a row`
  let matcher: Matcher
  try {
    matcher = matcherOf(glob)
  } catch {
    return `"${glob}" is no pattern that duplicity understands`
  }
  if (matcher.matches(source, true) || matcher.leadsTo(source)) return undefined
  return `"${glob}" cannot match anything in ${source}, wanted a path that begins with ${source} or **`
}

/** Whether a list leaves a path out: the first pattern that means it decides, and what none means is included. */
export const isLeftOut = (patterns: readonly Pattern[], path: string, isFolder: boolean): boolean =>
  leftOutBy(patterns, path, isFolder) !== undefined

export function leftOutBy(patterns: readonly Pattern[], path: string, isFolder: boolean): Pattern | undefined {
  const first = patterns.find(({ glob }) => matcherOf(glob).matches(path, isFolder))
  return first?.includes ? undefined : first
}

/** Makes a pattern's matcher, as globmatch.py does. @throws when it is no pattern */
export function matcherOf(pattern: string): Matcher {
  if (pattern === '**') return { matches: () => true, leadsTo: () => true }
  const ignoresCase = /^ignorecase:/i.test(pattern)
  const glob = ignoresCase ? pattern.slice('ignorecase:'.length) : pattern
  const flags = ignoresCase ? 'sui' : 'su'
  const foldersOnly = glob !== '/' && glob.endsWith('/')
  const bare = glob === '/' ? '/**' : foldersOnly ? glob.slice(0, -1) : glob
  const whole = new RegExp(`^${regexOf(bare)}$`, flags)
  const within = new RegExp(`^${regexOf(bare)}/`, flags)
  const scanned = new RegExp(`^(?:${prefixesOf(bare).map(regexOf).join('|')})$`, flags)
  return {
    matches: (path, isFolder) => (whole.test(path) && (isFolder || !foldersOnly)) || within.test(path),
    leadsTo: folder => scanned.test(folder),
  }
}

/** The folders on the way to what a pattern means, up to its first `**`, which leads everywhere. */
function prefixesOf(glob: string): string[] {
  const at = glob.indexOf('**')
  const parts = (at < 0 ? glob : glob.slice(0, at + 2)).split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/') || '/')
}

/** `*` and `?` stop at a slash, `**` does not; `[…]` is a class; nothing escapes. */
function regexOf(glob: string): string {
  const piece = /\*\*|\*|\?|\[(?![!^]\])[!^]?(?:\][^\]]*|[^\]]+)\]|[\s\S]/gu
  return (glob.match(piece) ?? []).map(regexOfPiece).join('')
}

function regexOfPiece(piece: string): string {
  if (piece === '**') return '.*'
  if (piece === '*') return '[^/]*'
  if (piece === '?') return '[^/]'
  if (piece.length > 1 && piece.startsWith('[')) {
    const inside = piece.slice(1, -1).replaceAll('\\', '\\\\').replace(/^[!^]/, '^')
    return `[${inside.replace(/^(\^?)\]/, '$1\\]')}]`
  }
  return piece.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
}

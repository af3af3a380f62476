import type { Objection } from './site-rights.ts'

/** One line of an Apache configuration that says something: a directive, or the beginning or end of a section. */
export interface ApacheLine {
  readonly line: number
  readonly kind: 'directive' | 'begin' | 'end'
  /** In small letters: Apache takes no notice of them. */
  readonly name: string
  /** The line as it is written. */
  readonly text: string
  readonly words: readonly string[]
}

/**
 * Reads a configuration line by line, where every line means to Apache what it says by itself. What could be read in
 * two ways is an objection: a line that goes on in the next, quotes within a word, variables.
 */
export function readApache(text: string): { readonly lines: readonly ApacheLine[]; readonly objections: readonly Objection[] } {
  const lines: ApacheLine[] = []
  const objections: Objection[] = []
  text.split('\n').forEach((raw, index) => {
    const line = index + 1
    const found = lineOf(raw.trim(), line)
    if (typeof found === 'string') objections.push({ line, text: found })
    else if (found) lines.push(found)
  })
  return { lines, objections }
}

/** Undefined for a line that says nothing; a text for one that cannot be read surely. */
function lineOf(text: string, line: number): ApacheLine | string | undefined {
  // a comment too goes on in the next line, which then says nothing of what it seems to say
  if (text.endsWith('\\')) return 'it goes on in the next line'
  if (text === '' || text.startsWith('#')) return undefined
  const isSection = text.startsWith('<') && text.endsWith('>')
  const [, slash, name, rest = ''] = /^(\/?)([A-Za-z][A-Za-z0-9_]*)(?:\s+(.*))?$/.exec(isSection ? text.slice(1, -1) : text) ?? []
  if (name === undefined || (slash !== '' && !isSection)) return 'it cannot be read as a directive'
  const words = wordsOf(rest.trim())
  if (words === undefined) return 'its quotes or variables could mean more than they say'
  return { line, text, kind: !isSection ? 'directive' : slash === '' ? 'begin' : 'end', name: name.toLowerCase(), words }
}

/** The variable of Debian's Apache for its folder of logs, which an administrator's own configuration sets. */
export const LOG_VARIABLE = '${APACHE_LOG_DIR}'

/** Words as Apache parts them; undefined where quotes, escapes or variables are not plain. */
function wordsOf(text: string): string[] | undefined {
  const words: string[] = []
  const one = /\s*(?:"((?:[^"\\]|\\[^"\\])*)"|'((?:[^'\\]|\\[^'\\])*)'|([^\s"']+))(?=\s|$)/y
  while (one.lastIndex < text.length) {
    const match = one.exec(text)
    if (!match) return undefined
    words.push((match[1] ?? match[2] ?? match[3])!)
  }
  return words.some(word => word.replace(LOG_VARIABLE, '').includes('${')) ? undefined : words
}

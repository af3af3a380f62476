import { BLOCKS, DIRECTIVES, type Place } from './nginx-directives.ts'
import { type Objection, ruleOf, type SiteRights, violationOf } from './site-rights.ts'

/** A statement of a configuration for nginx, and where it stands in the text. */
export interface NginxStatement {
  readonly line: number
  readonly words: readonly string[]
  readonly start: number
  /** Right behind its semicolon or closing brace. */
  readonly end: number
  /** Where its block begins, right behind the brace, and what is in it; undefined for a simple one. */
  readonly block?: { readonly start: number; readonly statements: readonly NginxStatement[] }
}

/** Space and comments; a mark; a word, which may hold `#`, quotes and `${…}`, and a quoted one anything. */
const AS_NGINX =
  /\s+|#[^\n]*|([{};])|((?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\$\{[^}]*\}|\\[\s\S]|[^\s;{}"'\\])(?:\$\{[^}]*\}|\\[\s\S]|[^\s;{}\\])*)/y

/** The same of what can be read in one way only: a quoted word without escapes, a bare one without quotes or `${`. */
const STRICTLY =
  /(?:[ \t\n]|(?<=^|[\s;{}])#[^\n]*(?:\n|$))+|([;{}])|((?:"[^"\\\n]*"|'[^'\\\n]*')(?=[\s;{])|(?:[^\s;{}"'#\\]|\\[.dwsb/?+*()[\]|^$-])+(?=[\s;{])(?<!\$(?=\{)))/y

/** How deep blocks may lie in each other in what a stranger wrote: a server, a location, another. */
const DEEPEST = 8

/** Reads a configuration into statements; with an objection instead where that is not possible. */
export function readNginx(
  text: string,
  how: 'as nginx' | 'strictly',
): { readonly statements: readonly NginxStatement[]; readonly objection?: Objection } {
  const [token, isStrict] = how === 'strictly' ? [STRICTLY, true] : [AS_NGINX, false]
  const begin = () => ({ line: 1, words: [] as string[], start: 0 })
  const open = [{ ...begin(), block: 0, statements: [] as NginxStatement[] }]
  let next = begin()
  let [line, last] = [1, 1]
  const refuse = (what: string) => ({ statements: [], objection: { line: last, text: what } })
  token.lastIndex = 0
  for (let at = 0; at < text.length; at = token.lastIndex) {
    const found = token.exec(text)
    if (found?.[1] !== undefined || found?.[2] !== undefined || !found) last = line
    if (!found) return refuse('its quotes, braces or escapes could mean more than they say')
    const [whole, sign, word] = found
    const end = token.lastIndex
    if (word !== undefined) {
      if (next.words.length === 0) next = { line, words: [], start: at }
      next.words.push(word.replace(/^(["'])([\s\S]*)\1$/, '$2'))
    } else if (sign === '}') {
      if (next.words.length > 0) return refuse('a statement has no end')
      if (open.length === 1) return refuse('a brace closes nothing')
      const { block, statements, ...head } = open.pop()!
      open.at(-1)!.statements.push({ ...head, end, block: { start: block, statements } })
    } else if (sign !== undefined) {
      if (isStrict && next.words.length === 0) return refuse('a statement has no name')
      if (sign === ';') open.at(-1)!.statements.push({ ...next, end })
      else open.push({ ...next, block: end, statements: [] })
      if (isStrict && open.length > DEEPEST) return refuse('its blocks lie too deep in each other')
      next = begin()
    }
    line += whole.split('\n').length - 1
  }
  if (next.words.length > 0 || open.length > 1) return refuse('the last statement or block has no end')
  return { statements: open[0]!.statements }
}

export const allWithin = (statements: readonly NginxStatement[]): NginxStatement[] =>
  statements.flatMap(each => [each, ...allWithin(each.block?.statements ?? [])])

/** What in a site's configuration for nginx needs approval before it is put in force. */
export function nginxObjections(text: string, rights: SiteRights): readonly Objection[] {
  const { statements, objection } = readNginx(text, 'strictly')
  return objection ? [objection] : statements.flatMap(statement => statementObjections(statement, 'top', rights))
}

function statementObjections({ line, words, block }: NginxStatement, place: Place, rights: SiteRights): Objection[] {
  const [name = '', ...rest] = words
  const section = block && ruleOf(BLOCKS, name)
  const rule = block ? section : ruleOf(DIRECTIVES, name)
  const what = violationOf(rule, place, rest, rights)
  const own = what === undefined ? [] : [{ line, text: `${words.join(' ').slice(0, 80)}${block ? ' {' : ''}: ${what}` }]
  if (!rule) return own
  const within = block?.statements ?? []
  const nameless = name === 'server' && !within.some(({ words: [first] }) => first === 'server_name')
  return [
    ...own,
    ...(nameless ? [{ line, text: 'the server has no server_name' }] : []),
    ...within.flatMap(each => statementObjections(each, section?.inside ?? place, rights)),
  ]
}

import { BLOCKS, DIRECTIVES, type Place } from './nginx-directives.ts'
import { type Objection, ruleOf, type SiteRights, violationOf } from './site-rights.ts'

/** One statement of an nginx configuration: its words, and those in its braces if it has any. */
interface NginxStatement {
  readonly line: number
  readonly words: readonly string[]
  readonly block: readonly NginxStatement[] | undefined
}

type Token = { readonly kind: 'word' | ';' | '{' | '}'; readonly text: string; readonly line: number }

/** How deep blocks may lie in each other: a server, a location, another. */
const DEEPEST = 8

/** Reads a configuration into statements. What could be read in two ways ends the reading with an objection. */
function readNginx(text: string): { readonly statements: readonly NginxStatement[]; readonly objection?: Objection } {
  const tokens: Token[] = []
  let line = 1
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match)
      return { statements: [], objection: { line, text: 'its quotes, braces or escapes could mean more than they say' } }
    const [whole, space, mark, quoted, bare] = match
    if (mark !== undefined) tokens.push({ kind: mark as ';' | '{' | '}', text: mark, line })
    else if (quoted !== undefined) tokens.push({ kind: 'word', text: quoted.slice(1, -1), line })
    else if (bare !== undefined) tokens.push({ kind: 'word', text: bare, line })
    line += (space ?? '').split('\n').length - 1
    at += whole.length
  }
  return statementsOf(tokens)
}

/** Space and comments; a mark; a word in quotes; a bare word, which ends at a space or a mark, or before `${`. */
const TOKEN =
  /((?:[ \t\n]|(?<=^|[\s;{}])#[^\n]*(?:\n|$))+)|([;{}])|("[^"\\\n]*"|'[^'\\\n]*')(?=[\s;{])|((?:[^\s;{}"'#\\]|\\[.dwsb/?+*()[\]|^$-])+)(?=[\s;{])(?<!\$(?=\{))/y

function statementsOf(tokens: readonly Token[]): ReturnType<typeof readNginx> {
  const top: NginxStatement[] = []
  const blocks: NginxStatement[][] = [top]
  let words: Token[] = []
  for (const token of tokens) {
    const refuse = (text: string): ReturnType<typeof readNginx> => ({ statements: [], objection: { line: token.line, text } })
    if (token.kind === 'word') words.push(token)
    else if (token.kind === '}') {
      if (words.length > 0) return refuse('a statement has no end')
      if (blocks.length === 1) return refuse('a brace closes nothing')
      blocks.pop()
    } else {
      if (words.length === 0) return refuse('a statement has no name')
      const block: NginxStatement[] | undefined = token.kind === '{' ? [] : undefined
      blocks.at(-1)!.push({ line: words[0]!.line, words: words.map(word => word.text), block })
      if (block) blocks.push(block)
      if (blocks.length > DEEPEST) return refuse('its blocks lie too deep in each other')
      words = []
    }
  }
  const last = tokens.at(-1)
  if (words.length > 0 || blocks.length > 1)
    return { statements: [], objection: { line: last?.line ?? 1, text: 'the last statement or block has no end' } }
  return { statements: top }
}

/** What in a site's configuration for nginx needs approval before it is put in force. */
export function nginxObjections(text: string, rights: SiteRights): readonly Objection[] {
  const { statements, objection } = readNginx(text)
  return objection ? [objection] : statements.flatMap(statement => statementObjections(statement, 'top', rights))
}

function statementObjections(statement: NginxStatement, place: Place, rights: SiteRights): Objection[] {
  const { line, words, block } = statement
  const [name = '', ...rest] = words
  const section = block && ruleOf(BLOCKS, name)
  const rule = block ? section : ruleOf(DIRECTIVES, name)
  const what = violationOf(rule, place, rest, rights)
  const own = what === undefined ? [] : [{ line, text: `${words.join(' ').slice(0, 80)}${block ? ' {' : ''}: ${what}` }]
  if (!rule) return own
  const nameless = name === 'server' && !block?.some(({ words: [first] }) => first === 'server_name')
  return [
    ...own,
    ...(nameless ? [{ line, text: 'the server has no server_name' }] : []),
    ...(block ?? []).flatMap(each => statementObjections(each, section?.inside ?? place, rights)),
  ]
}

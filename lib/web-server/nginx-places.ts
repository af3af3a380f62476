/** A statement of a configuration for nginx, and where it stands in the text. */
export interface PlacedStatement {
  readonly words: readonly string[]
  readonly start: number
  /** Right behind its semicolon or closing brace. */
  readonly end: number
  /** Where its block begins, right behind the brace, and what is in it; undefined for a simple one. */
  readonly block?: { readonly start: number; readonly statements: readonly PlacedStatement[] }
}

/** As nginx reads it: a word may hold `#`, quotes and `${…}`, and a quoted one anything. */
const TOKEN =
  /\s+|#[^\n]*|([{};])|((?:"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\$\{[^}]*\}|\\[\s\S]|[^\s;{}"'\\])(?:\$\{[^}]*\}|\\[\s\S]|[^\s;{}\\])*)/y

/**
 * Reads a configuration as far as its braces and semicolons go. Nothing in it is judged.
 * @returns undefined for what nginx would not read either
 */
export function nginxPlaces(text: string): readonly PlacedStatement[] | undefined {
  type Open = { statements: PlacedStatement[]; words: string[]; start: number; block: number }
  const open: Open[] = [{ statements: [], words: [], start: 0, block: 0 }]
  let words: string[] = []
  let start = 0
  TOKEN.lastIndex = 0
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const found = TOKEN.exec(text)
    if (!found) return undefined
    const [, sign, word] = found
    if (word !== undefined) {
      if (words.length === 0) start = at
      words.push(word.replace(/^(["'])([\s\S]*)\1$/, '$2'))
    } else if (sign === ';') {
      open.at(-1)!.statements.push({ words, start, end: TOKEN.lastIndex })
      words = []
    } else if (sign === '{') {
      open.push({ statements: [], words, start, block: TOKEN.lastIndex })
      words = []
    } else if (sign === '}') {
      const closed = open.pop()!
      if (open.length === 0 || words.length > 0) return undefined
      const block = { start: closed.block, statements: closed.statements }
      open.at(-1)!.statements.push({ words: closed.words, start: closed.start, end: TOKEN.lastIndex, block })
    }
  }
  return open.length === 1 && words.length === 0 ? open[0]!.statements : undefined
}

/** All statements in a list of them, however deep. */
export const allWithin = (statements: readonly PlacedStatement[]): PlacedStatement[] =>
  statements.flatMap(each => [each, ...allWithin(each.block?.statements ?? [])])

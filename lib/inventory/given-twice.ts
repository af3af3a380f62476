/** Tokens of a program. Texts, comments and patterns are one token each. */
const TOKEN = new RegExp(
  [
    String.raw`//[^\n]*`,
    String.raw`/\*[\s\S]*?\*/`,
    ...["'", '"', '`'].map(quote => String.raw`${quote}(?:[^${quote}\\]|\\[\s\S])*${quote}`),
    // a pattern stands where a value begins, and what divides does not
    String.raw`(?<=[=(,:;!&|?{}[\n]\s*)/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*`,
    String.raw`[\w$]+`,
    String.raw`\S`,
  ].join('|'),
  'g',
)

/** Fields that an object is given twice, of which JavaScript silently takes the last; each with its line. */
export function fieldsGivenTwice(code: string): readonly { readonly name: string; readonly line: number }[] {
  const found: { name: string; line: number }[] = []
  const open: (Set<string> | undefined)[] = []
  const tokens = [...code.matchAll(TOKEN)].filter(([text]) => !/^\/[/*]/.test(text))
  for (const [at, { 0: text, index }] of tokens.entries()) {
    if (text === '{') open.push(new Set())
    else if (text === '(' || text === '[') open.push(undefined)
    else if (text === '}' || text === ')' || text === ']') open.pop()
    const names = open.at(-1)
    const isFirst = ['{', ','].includes(tokens[at - 1]?.[0] ?? '')
    if (names === undefined || !isFirst || tokens[at + 1]?.[0] !== ':' || !/^[\w$'"]/.test(text)) continue
    const name = text.replace(/^(['"])(.*)\1$/s, '$2')
    if (names.has(name)) found.push({ name, line: code.slice(0, index).split('\n').length })
    names.add(name)
  }
  return found
}

import { parse } from 'dotenv'

/** What is wrong with a line of a `.env`; never what its value is. */
interface EnvProblem {
  /** Counted from 1. */
  readonly line: number
  readonly name: string
  readonly problem: string
}

/** A variable: its name, then a quote, all up to the next such quote and what follows it, or the rest of the line. */
const VARIABLE = /^[^\S\r\n]*(?:export\s+)?([\w.-]+)[^\S\r\n]*[=:][^\S\r\n]*(?:(['"`])([\s\S]*?)\2(.*)|(.*))$/gm

/** Finds values that dotenv reads as something else: whoever wrote such a passphrase down has a wrong one. */
export function problemsOfEnv(text: string): EnvProblem[] {
  const read = parse(text)
  const found = [...text.matchAll(VARIABLE)].map(
    ({ index, 1: name = '', 2: quote, 3: quoted = '', 4: after = '', 5: bare = '' }) => ({
      name,
      line: text.slice(0, index).split(/\r\n|\n|\r/).length,
      written: quote === undefined ? bare.trim() : quoted,
      wrong: quote === undefined ? wrongWithBare(bare) : wrongWithQuoted(quote, quoted, after.trim()),
    }),
  )
  return found.flatMap(({ name, line, written, wrong }, index) => {
    const isTwice = found.findIndex(other => other.name === name) < index
    const isOther = found.findLastIndex(other => other.name === name) === index && read[name] !== written
    const problem = wrong ?? (isTwice ? 'it is there twice' : isOther ? 'it is not read as it is written' : undefined)
    return problem === undefined ? [] : [{ line, name, problem: `${problem}; write ${suggestion(name, written)}` }]
  })
}

function wrongWithBare(value: string): string | undefined {
  const [quote] = /^['"`]/.exec(value) ?? []
  if (quote !== undefined) return `the ${quote} at its beginning is never closed`
  return value.includes('#') ? 'a # begins a comment, so the value ends before it' : undefined
}

function wrongWithQuoted(quote: string, value: string, after: string): string | undefined {
  if (after !== '' && !after.startsWith('#')) return `something stands after its closing ${quote}`
  return quote === '"' && /\\[nr]/.test(value) ? 'between " a \\n or \\r is read as the end of a line' : undefined
}

/** How it is written so that it is read as it stands; the value itself is not shown. */
function suggestion(name: string, value: string): string {
  const quote = ["'", '`', '"'].find(each => !value.includes(each))
  return quote === undefined ? 'a value without quotes in it' : `${name}=${quote}…${quote}`
}

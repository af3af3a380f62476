import { parse } from 'dotenv'

/** What is wrong with a line of a `.env`; never what its value is. */
export interface EnvProblem {
  /** Counted from 1. */
  readonly line: number
  readonly name: string
  readonly problem: string
}

const NAME = /^\s*(?:export\s+)?([\w.-]+)\s*[=:](.*)$/
const QUOTES = ["'", '"', '`'] as const

/** Finds values that dotenv reads as something else: whoever wrote such a passphrase down has a wrong one. */
export function problemsOfEnv(text: string): EnvProblem[] {
  const found = valuesIn(text)
  const read = parse(text)
  return found.flatMap(({ line, name, written, problem }, index) => {
    const isLast = !found.slice(index + 1).some(other => other.name === name)
    const isFirst = !found.slice(0, index).some(other => other.name === name)
    const wrong =
      problem ??
      (isFirst ? (isLast && read[name] !== written ? 'it is not read as it is written' : undefined) : 'it is there twice')
    return wrong === undefined ? [] : [{ line, name, problem: `${wrong}; write ${suggestion(name, written)}` }]
  })
}

interface WrittenValue {
  readonly line: number
  readonly name: string
  /** As a person means it. */
  readonly written: string
  readonly problem?: string | undefined
}

function valuesIn(text: string): WrittenValue[] {
  const lines = text.split(/\r\n|\n|\r/)
  const values: WrittenValue[] = []
  for (let index = 0; index < lines.length; index++) {
    const [, name, rest = ''] = NAME.exec(lines[index]!) ?? []
    if (name === undefined) continue
    const { more, ...value } = valueAt(rest, lines.slice(index + 1))
    values.push({ line: index + 1, name, ...value })
    index += more
  }
  return values
}

/** A value as a person means it, and how many further lines it has. */
function valueAt(rest: string, following: readonly string[]): { written: string; more: number; problem?: string } {
  const text = rest.trim()
  const quote = QUOTES.find(each => text.startsWith(each))
  if (quote === undefined)
    return {
      written: text,
      more: 0,
      ...(text.includes('#') ? { problem: 'a # begins a comment, so the value ends before it' } : {}),
    }
  const all = [rest.trimStart().slice(1), ...following].join('\n')
  const end = all.indexOf(quote)
  if (end < 0) return { written: text, more: 0, problem: `the ${quote} at its beginning is never closed` }
  const written = all.slice(0, end)
  const more = written.split('\n').length - 1
  const after = all
    .slice(end + 1)
    .split('\n')[0]!
    .trim()
  if (after !== '' && !after.startsWith('#')) return { written, more, problem: `something stands after its closing ${quote}` }
  return {
    written,
    more,
    ...(quote === '"' && /\\[nr]/.test(written) ? { problem: 'between " a \\n or \\r is read as the end of a line' } : {}),
  }
}

/** How it is written so that it is read as it stands; the value itself is not shown. */
function suggestion(name: string, value: string): string {
  const quote = QUOTES.toSorted((a, b) => Number(a === '"') - Number(b === '"')).find(each => !value.includes(each))
  return quote === undefined ? 'a value without quotes in it' : `${name}=${quote}…${quote}`
}

/** A number of things: `1 chain`, `2 chains`. */
export const counted = (count: number, thing: string, things = `${thing}s`): string => `${count} ${count === 1 ? thing : things}`

/** How many of a list are told in one line. */
const SHOWN = 3

/** The first of a list that may be long, in one line, and how many more there are. */
export function listed(items: readonly string[]): string {
  const rest = items.length - SHOWN
  return [...items.slice(0, SHOWN), ...(rest > 0 ? [`${rest} more`] : [])].join('; ')
}

/** What an error says to a person: its message, without the stack. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Sequences by which a text colours a terminal, moves its cursor or sets its title (ECMA-48). */
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g
/**
 * What moves a cursor, begins a line where none begins, or turns the direction of a text; not a line's end, nor a tab.
 */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/**
 * A text that can be shown anywhere, without colours, and with `?` for what could hide or forge something. What a
 * program prints, and what a site or a server calls its things, is not trusted (S41).
 */
export const printable = (text: string): string => text.replaceAll('\r\n', '\n').replace(ESCAPES, '').replace(CONTROLS, '?')

/** The same of all texts within a value. */
export function printableIn<Value>(value: Value, clean: (text: string) => string = printable): Value {
  if (typeof value === 'string') return clean(value) as Value
  if (Array.isArray(value)) return value.map(each => printableIn(each, clean)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, printableIn(each, clean)])) as Value
}

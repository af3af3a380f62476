import { posix } from 'node:path'
import { utf8 } from './literal.ts'
import { matchesPattern, replacePattern } from './pattern.ts'
import type { Frame } from './reading.ts'
import type { Node } from './syntax.ts'
import { equal, identical, isUnknown, textOf, truthOf, type Value } from './value.ts'

/** A call of one of PHP's own functions, its arguments already read. */
export interface Call {
  readonly name: string
  readonly values: readonly Value[]
  readonly call: Node
  readonly frame: Frame
}

/** Computes a call; undefined when its arguments are not of the kind that is followed. */
export type BuiltIn = (call: Call) => Value | undefined

/** A function of texts; undefined when an argument has no text, or when there are fewer than `work` must have, or more than `most`. */
const ofTexts =
  (work: (...texts: string[]) => Value | undefined, most: number): BuiltIn =>
  ({ values }) => {
    const texts = values.map(textOf)
    return values.length < Math.max(work.length, 1) || values.length > most || !texts.every(text => text !== undefined)
      ? undefined
      : work(...texts)
  }

/** Upper and lower case of ASCII only, as PHP does since 8.2. */
const lower = (text: string): string => text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
const upper = (text: string): string => text.replace(/[a-z]+/g, letters => letters.toUpperCase())

const trimmer =
  (ends: 'both' | 'start' | 'end') =>
  (text: string, characters = ' \t\n\r\0\v'): string | undefined => {
    if (characters.includes('..')) return undefined
    let [from, to] = [0, text.length]
    while (ends !== 'end' && from < to && characters.includes(text[from]!)) from += 1
    while (ends !== 'start' && to > from && characters.includes(text[to - 1]!)) to -= 1
    return text.slice(from, to)
  }

function base64(text: string): Value | undefined {
  return /^[A-Za-z0-9+/\s]*=*\s*$/.test(text) ? utf8(Buffer.from(text, 'base64')) : undefined
}

function substr({ values: [value = null, from, length] }: Call): Value | undefined {
  const text = textOf(value)
  if (text === undefined || !/^[\0-\x7f]*$/.test(text) || typeof from !== 'number') return undefined
  if (length === undefined || length === null) return text.slice(from)
  if (typeof length !== 'number') return undefined
  const start = from < 0 ? Math.max(text.length + from, 0) : from
  return text.slice(start, length < 0 ? Math.max(text.length + length, start) : start + length)
}

function explode({ values: [separator = null, text = null, limit] }: Call): Value | undefined {
  const [by, whole] = [textOf(separator), textOf(text)]
  if (!by || whole === undefined || limit !== undefined) return undefined
  return new Map(whole.split(by).map((part, index) => [String(index), part]))
}

function inArray({ values: [needle = null, array, strict = false] }: Call): Value | undefined {
  if (!(array instanceof Map)) return undefined
  const same = [...array.values()].map(value => (truthOf(strict) ? identical : equal)(needle, value))
  return same.includes(true) ? true : same.includes(undefined) ? undefined : false
}

/** PHP's functions of texts and plain values. */
export const TEXT_FUNCTIONS: Readonly<Record<string, BuiltIn>> = {
  basename: ofTexts((path, suffix = '') => posix.basename(path, suffix), 2),
  strtolower: ofTexts(lower, 1),
  strtoupper: ofTexts(upper, 1),
  trim: ofTexts(trimmer('both'), 2),
  ltrim: ofTexts(trimmer('start'), 2),
  rtrim: ofTexts(trimmer('end'), 2),
  substr,
  explode,
  in_array: inArray,
  base64_decode: ofTexts(base64, 1),
  str_replace: ofTexts((from, to, text) => (from === '' ? text : text?.replaceAll(from, () => to!)), 3),
  str_contains: ofTexts((text, part) => text.includes(part!), 2),
  str_starts_with: ofTexts((text, part) => text.startsWith(part!), 2),
  str_ends_with: ofTexts((text, part) => text.endsWith(part!), 2),
  strpos: ofTexts(
    (text, part) => (/^[\0-\x7f]*$/.test(text) ? (text.includes(part!) ? text.indexOf(part!) : false) : undefined),
    2,
  ),
  preg_replace: ofTexts((pattern, to, text) => replacePattern(pattern, to!, text!), 3),
  preg_match: ofTexts(
    (pattern, text) => (matchesPattern(pattern, text!) === undefined ? undefined : Number(matchesPattern(pattern, text!))),
    2,
  ),
  is_null: ({ values: [value = null] }) => (isUnknown(value) ? value : value === null),
  is_string: ({ values: [value = null] }) => (isUnknown(value) ? value : typeof value === 'string'),
  is_array: ({ values: [value = null] }) => (isUnknown(value) ? value : value instanceof Map),
}

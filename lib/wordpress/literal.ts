/**
 * PHP's literals, read from their source text. php-parser's own reading is not used: it takes bytes (`\xE9`) for
 * characters and unescapes `\"` in a heredoc, where PHP does not.
 * Source: https://www.php.net/manual/en/language.types.string.php
 */

const NAMED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  e: '\x1b',
  f: '\f',
  '\\': '\\',
  $: '$',
  '"': '"',
}
const ESCAPE = /\\(?:([nrtvef\\$"])|([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u\{([0-9a-fA-F]{1,6})\})/g

/** The text of a single-quoted literal's inside. */
export const singleQuoted = (inside: string): string => inside.replace(/\\([\\'])/g, '$1')

/**
 * The text of a piece of a double-quoted literal or (`quote` is empty) of a heredoc.
 * Undefined when its byte escapes do not make valid UTF-8.
 */
export function doubleQuoted(inside: string, quote: '"' | ''): string | undefined {
  const pieces: (string | number)[] = []
  let from = 0
  for (const found of inside.matchAll(ESCAPE)) {
    pieces.push(inside.slice(from, found.index), unescaped(found, quote))
    from = found.index + found[0].length
  }
  pieces.push(inside.slice(from))
  return joinBytes(pieces)
}

function unescaped(found: RegExpExecArray, quote: '"' | ''): string | number {
  const [whole, named, octal, hex, point] = found
  if (named !== undefined) return named === '"' && quote === '' ? whole : NAMED[named]!
  if (octal !== undefined) return Number.parseInt(octal, 8) & 0xff
  if (hex !== undefined) return Number.parseInt(hex, 16)
  const code = Number.parseInt(point!, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole
}

function joinBytes(pieces: readonly (string | number)[]): string | undefined {
  if (pieces.every(piece => typeof piece === 'string' || piece < 0x80))
    return pieces.map(piece => (typeof piece === 'string' ? piece : String.fromCharCode(piece))).join('')
  const bytes = pieces.map(piece => (typeof piece === 'string' ? Buffer.from(piece) : Buffer.of(piece)))
  return utf8(Buffer.concat(bytes))
}

/** The text of bytes; undefined when they are not UTF-8. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A string token with its quotes; undefined when it is not one of PHP's two quoted forms, or not UTF-8. */
export function quotedLiteral(raw: string): string | undefined {
  const text = /^[bB]/.test(raw) ? raw.slice(1) : raw
  if (text.startsWith("'")) return singleQuoted(text.slice(1, -1))
  return text.startsWith('"') ? doubleQuoted(text.slice(1, -1), '"') : undefined
}

/** The closing line's indentation in a heredoc's or nowdoc's source: PHP takes it from every line (since 7.3). */
export const docIndent = (raw: string): string => /\n([ \t]*)\w+[ \t]*$/.exec(raw)?.[1] ?? ''

/** A piece of a heredoc's body without its indentation; `first` when a line starts at its first character. */
export const outdent = (text: string, indent: string, first: boolean): string =>
  indent === '' ? text : (first ? '\n' + text : text).replaceAll('\n' + indent, '\n').slice(first ? 1 : 0)

/** A nowdoc's text from its whole source; undefined when the source is not one. */
export function nowdoc(raw: string): string | undefined {
  const found = /^[bB]?<<<[ \t]*'\w+'\r?\n([\s\S]*)$/.exec(raw)
  const body = found?.[1]?.replace(/(^|\r?\n)[ \t]*\w+[ \t]*$/, '')
  return body === undefined ? undefined : outdent(body, docIndent(raw), true)
}

/** A number token; undefined when it is too large to be held exactly. */
export function numberLiteral(raw: string): number | undefined {
  const text = raw.replaceAll('_', '').toLowerCase()
  const octal = /^0o?([0-7]+)$/.exec(text)
  const number = octal ? Number.parseInt(octal[1]!, 8) : Number(text)
  return Number.isNaN(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER ? undefined : number
}

const MAX_PATTERN = 100
const MAX_SUBJECT = 255
const SEVEN_BIT = /^[\0-\x7f]*$/
const ATOM = String.raw`(?:\[\^?(?:\\[\\\[\].\-/wd^]|[^\\\[\]])+\]|\\[.\-/\\wd:+*?(){}\[\]^$|_@#]|[\p{L}\p{N} _:/\-@,=~#!%&;<>'"]|\.)`
const SAFE = new RegExp(String.raw`^\^?(?:${ATOM}[*+?]?)*\$?$`, 'u')

/**
 * A PCRE pattern with its delimiters as a JavaScript one; undefined unless it is of the plain kind that means the same in
 * both and cannot take long: no groups, no alternatives, at most two repetitions, ASCII only.
 */
export function safePattern(pcre: string): RegExp | undefined {
  const found = /^([/#~@!%])([\s\S]*)\1(i?)$/.exec(pcre)
  if (!found || pcre.length > MAX_PATTERN || !isAscii(pcre)) return undefined
  const [, , body = '', flags = ''] = found
  if (!SAFE.test(body) || (body.match(/[*+?]/g)?.length ?? 0) > 2) return undefined
  return new RegExp(translate(body), flags + 'g')
}

/** PCRE's dot takes all but a newline, its `$` also stands before a last newline. */
const translate = (body: string): string =>
  body.replace(/\\.|\[\^?(?:\\.|[^\]])+\]|\.|\$$/g, token =>
    token === '.' ? '[^\\n]' : token === '$' ? '(?=\\n?(?![\\s\\S]))' : token,
  )

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** `preg_replace` for the safe patterns; undefined when pattern, replacement or subject is not of that kind. */
export function replacePattern(pcre: string, replacement: string, subject: string): string | undefined {
  const pattern = safePattern(pcre)
  if (!pattern || subject.length > MAX_SUBJECT || !SEVEN_BIT.test(subject) || /[$\\]/.test(replacement)) return undefined
  return subject.replace(pattern, () => replacement)
}

/** `preg_match` for the safe patterns; undefined as above. */
export function matchesPattern(pcre: string, subject: string): boolean | undefined {
  const pattern = safePattern(pcre)
  return pattern && subject.length <= MAX_SUBJECT && SEVEN_BIT.test(subject) ? pattern.test(subject) : undefined
}

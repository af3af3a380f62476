/** What a secret shows of itself wherever it is printed, joined, logged or turned into JSON. */
export const HIDDEN = '[secret]'

/** A text that must never be printed (S40): however a program prints it, that gives {@link HIDDEN}. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself, for a program's environment, standard input or a file of mode 600. Nowhere else. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN
  }
}

/** Where a password stands, in what programs print: after a word for it, or between the user and the host of a URL. */
const BEFORE = '(?<=(?:pass\\w*|pwd|secret|token|identified by)(?:\\s+is)?["\'\\s:=]{1,4})'

/** Long enough, and of letters, digits and signs mixed: nothing else is likely to hold it. */
const isUnlikely = (secret: string): boolean =>
  secret.length >= 8 && [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter(kind => kind.test(secret)).length > 1

/**
 * One that could be any word (`backup`, `1234`) is hidden only where a password stands: hidden everywhere, it would
 * make nonsense of messages, and show by that what it is.
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let clean = text
  // the longest first: one secret may be the beginning of another
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (isUnlikely(secret)) clean = clean.replaceAll(secret, HIDDEN)
    else if (secret !== '' && clean.includes(secret)) clean = clean.replace(placesOf(secret), HIDDEN)
  }
  return clean
}

function placesOf(secret: string): RegExp {
  const word = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return new RegExp(`${BEFORE}${word}(?![\\w])|(?<=//[^/\\s:]*:)${word}(?=@)`, 'gi')
}

/** What a secret shows of itself wherever it is printed, joined, logged or turned into JSON. */
export const HIDDEN = '[secret]'

/**
 * A text that must never be printed (S40): a passphrase, a database password, a mail login.
 * Printing it, by any of the ways a program prints, gives {@link HIDDEN}; only {@link reveal} gives the text.
 */
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

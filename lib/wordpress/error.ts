/**
 * A WordPress configuration that cannot be read, with the one message that says where (`file:line`), what was found and
 * what was wanted. The message never holds a password or the value of an environment variable (S40).
 */
export class WpConfigError extends Error {
  override readonly name = 'WpConfigError'
  readonly file: string
  /** Counted from 1; 0 when the error is of the whole file. */
  readonly line: number
  readonly what: string

  constructor(file: string, line: number, what: string) {
    super(line > 0 ? `${file}:${line}: ${what}` : `${file}: ${what}`)
    this.file = file
    this.line = line
    this.what = what
  }
}

/** A file that keeps the parser busy for too long: not to be tried again, nor passed over. */
export class ParseTimeout extends WpConfigError {}

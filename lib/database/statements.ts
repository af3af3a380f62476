import { beginsWith, isSandboxLine } from './dump-file.ts'

/** What becomes of the parts of a dump, in their order. Together they are the whole dump, byte for byte. */
export interface DumpParts {
  /** Rows, comments, and whatever else passes as it is: one line, which can be very long. */
  readonly line: (line: Buffer) => void
  /** A line of comment between two statements, or an empty one there; `line` takes it where this is not given. */
  readonly remark?: (line: Buffer) => void
  /** A whole statement with its delimiter and the end of its last line, as latin1 so that every byte survives. */
  readonly statement: (text: string) => void
}

/** A statement that is longer is data whatever it is, and passes as it comes. Bytes. */
const LONGEST_STATEMENT = 16 * 1024 * 1024

const [TAB, LF, CR, SPACE, HASH, STAR, DASH, SLASH, BACKSLASH] = [9, 10, 13, 32, 35, 42, 45, 47, 92]
const QUOTES = [34, 39, 96]
const BACKTICK = 96

/**
 * Takes the lines of a dump apart into statements and rows, as a client of MariaDB does: by quotes, comments and
 * delimiters. What begins within a text, a comment or the body of a routine is no statement, whatever it looks like. A
 * statement ends where a line ends with the delimiter.
 */
export class StatementReader {
  readonly #parts: DumpParts
  #delimiter = Buffer.from(';')
  /** The lines of the statement that is being read; undefined between two, and while one passes as it comes. */
  #lines: Buffer[] | undefined
  #size = 0
  #passes = false
  /** The quote that is open at the end of the last line, or the star of a comment; 0 for neither. */
  #open = 0
  /** Whether a backslash escapes in the session's sql_mode. */
  #escapes = true

  constructor(parts: DumpParts) {
    this.#parts = parts
  }

  /** Takes the next line, with its newline. */
  take(line: Buffer): void {
    const isBetween = this.#lines === undefined && !this.#passes
    if (isBetween && isRemark(line)) (this.#parts.remark ?? this.#parts.line)(line)
    else if (isBetween && (isRow(line, this.#delimiter) || this.#setDelimiter(line))) this.#parts.line(line)
    else this.#takePart(line, isBetween)
  }

  /** What is left at the end of the dump. */
  end(): void {
    for (const line of this.#lines ?? []) this.#parts.line(line)
    this.#lines = undefined
  }

  #takePart(line: Buffer, isFirst: boolean): void {
    if (isFirst) this.#begin(line)
    const hasEnded = this.#scan(line)
    if (this.#passes) this.#parts.line(line)
    else this.#gather(line)
    if (hasEnded) this.#end()
  }

  #begin(line: Buffer): void {
    this.#open = 0
    this.#size = 0
    this.#passes = /^\s*(INSERT|REPLACE)\b/i.test(line.toString('latin1', 0, 40))
    this.#lines = this.#passes ? undefined : []
  }

  #gather(line: Buffer): void {
    this.#lines!.push(line)
    this.#size += line.length
    if (this.#size <= LONGEST_STATEMENT) return
    this.end()
    this.#passes = true
  }

  #end(): void {
    if (this.#lines) {
      const text = Buffer.concat(this.#lines).toString('latin1')
      const mode = /\bsql_mode\s*=\s*('[^']*'|@)/i.exec(text.slice(0, 1000))
      if (mode) this.#escapes = !mode[1]!.includes('NO_BACKSLASH_ESCAPES')
      this.#parts.statement(text)
    }
    this.#lines = undefined
    this.#passes = false
  }

  #setDelimiter(line: Buffer): boolean {
    const found = /^\s*delimiter\s+(\S+)\s*$/i.exec(line.length > 200 ? '' : line.toString('latin1'))
    if (found) this.#delimiter = Buffer.from(found[1]!, 'latin1')
    return found !== null
  }

  /** Reads a line of a statement; gives whether the statement ends with it. */
  #scan(line: Buffer): boolean {
    let hasEnded = false
    for (let at = 0; at < line.length; ) {
      const byte = line[at]!
      const next = line[at + 1]
      if (this.#open === STAR) {
        if (byte === STAR && next === SLASH) this.#open = 0
        at += byte === STAR && next === SLASH ? 2 : 1
      } else if (this.#open !== 0) {
        if (byte === this.#open && next !== this.#open) this.#open = 0
        at +=
          (byte === BACKSLASH && this.#open !== BACKTICK && this.#escapes) || (byte === this.#open && next === this.#open) ? 2 : 1
      } else if (line.subarray(at, at + this.#delimiter.length).equals(this.#delimiter)) {
        hasEnded = true
        at += this.#delimiter.length
      } else if (byte === HASH || (byte === DASH && next === DASH && isSpace(line[at + 2]))) {
        break
      } else {
        if (QUOTES.includes(byte)) this.#open = byte
        // what stands in a comment for some version is code
        const isComment = byte === SLASH && next === STAR && line[at + 2] !== 0x21 && line[at + 2] !== 0x4d
        if (isComment) this.#open = STAR
        if (!isSpace(byte)) hasEnded = false
        at += isComment ? 2 : 1
      }
    }
    return hasEnded && this.#open === 0
  }
}

const isSpace = (byte: number | undefined): boolean =>
  byte === undefined || byte === SPACE || byte === LF || byte === CR || byte === TAB

const ROW = 'INSERT INTO `'

/** How mariadb-dump and mysqldump write a row when each has a line of its own. */
const isRow = (line: Buffer, delimiter: Buffer): boolean =>
  delimiter.length === 1 &&
  line.at(-1) === LF &&
  line.at(-2) === delimiter[0] &&
  line.at(-3) === 41 &&
  beginsWith(line, ROW) &&
  isNameWhole(line)

/** Whether the table's name ends on the line with which its row begins: a name may hold the end of a line too. */
function isNameWhole(line: Buffer): boolean {
  let end = line.indexOf(BACKTICK, ROW.length)
  while (end >= 0 && line[end + 1] === BACKTICK) end = line.indexOf(BACKTICK, end + 2)
  return end >= 0 && line[end + 1] === SPACE
}

/** An empty line, one of comment, or MariaDB's sandbox line, which ends with no delimiter. */
const isRemark = (line: Buffer): boolean =>
  isSpace(line[0])
    ? line.every(isSpace)
    : line[0] === HASH || (line[0] === DASH && line[1] === DASH && isSpace(line[2])) || isSandboxLine(line)

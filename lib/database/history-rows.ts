import type { Admin } from './admin.ts'
import { beginsWith } from './dump-file.ts'

/**
 * When a row ends that is in force, in UTC: with the last moment of a TIMESTAMP, which is another one since MariaDB
 * 11.5 (on 64 bits).
 */
const LAST_MOMENTS = { short: '2038-01-19 03:14:07.999999', long: '2106-02-07 06:28:15.999999' } as const
export type LastMoment = (typeof LAST_MOMENTS)[keyof typeof LAST_MOMENTS]

/** The last moment that a server knows. */
export async function lastMomentOf(admin: Pick<Admin, 'rows'>): Promise<LastMoment> {
  const [row] = await admin.rows('SELECT FROM_UNIXTIME(4294967295) IS NULL;')
  return row?.[0] === '1' ? LAST_MOMENTS.short : LAST_MOMENTS.long
}

const NAME = '`(?:[^`]|``)*`'
const TABLE = new RegExp(`^CREATE TABLE (${NAME}) \\(`)
const END_COLUMN = new RegExp(`^ {2}(${NAME}) timestamp\\(6\\) GENERATED ALWAYS AS ROW END`, 'm')
const ROW = new RegExp(`^INSERT INTO (${NAME}) \\(((?:${NAME}|[^)\`])*)\\) VALUES \\(`)
const COLUMN = new RegExp(`${NAME}|row_\\w+`, 'g')
/** What a table calls it that has no column for it. */
const HIDDEN = 'row_end'
const VALUE = /(?:'(?:[^'\\]|\\.|'')*'|[^,'])+/gs

/**
 * Rows with their history, made by a server that knows another last moment: what is in force stays in force. Taken as
 * they are, all of it would have ended in 2038, and the tables looked empty.
 */
export class HistoryRows {
  readonly #last: LastMoment
  /** The column in which each table that keeps a history says when a row ends. */
  readonly #ends = new Map<string, string>()

  /** @param last of the server that is to have them */
  constructor(last: LastMoment) {
    this.#last = last
  }

  /** Looks at the statement that makes a table; text as latin1. */
  statement(text: string): void {
    const [, table] = TABLE.exec(text) ?? []
    if (table !== undefined && /\bWITH SYSTEM VERSIONING\b/.test(text))
      this.#ends.set(table, END_COLUMN.exec(text)?.[1] ?? HIDDEN)
  }

  /** A row, as that server is to take it. */
  row(line: Buffer): Buffer {
    if (this.#ends.size === 0 || !beginsWith(line, 'INSERT INTO `')) return line
    const text = line.toString('latin1')
    const [head = '', table = '', columns = ''] = ROW.exec(text) ?? []
    const at = columns.match(COLUMN)?.indexOf(this.#ends.get(table) ?? '') ?? -1
    const value = at < 0 ? undefined : [...text.slice(head.length).matchAll(VALUE)][at]
    const isInForce = Object.values(LAST_MOMENTS).some(moment => value?.[0].startsWith(`'${moment}'`))
    if (value === undefined || !isInForce) return line
    const from = head.length + value.index + 1
    return Buffer.from(`${text.slice(0, from)}${this.#last}${text.slice(from + this.#last.length)}`, 'latin1')
  }
}

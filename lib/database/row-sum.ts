import { hash } from 'node:crypto'
import { quoteText } from './sql.ts'

/** What tells the rows of a table from others, in any order: how many, and the sum of what each is hashed to. */
export interface Rows {
  readonly count: string
  readonly sum: string
}

/** More than any sum: of a row whose line the server cannot give. */
const NO_LINE = '1000000000000000000000000000000'

/**
 * SQL that gives the count and the sum of rows, of the lines that `text` gives. The key is secret: nobody who may write
 * into a database can find other rows of the same sum. CHECKSUM TABLE would not do: it sees no text that moves from a
 * column to the next.
 */
export function selectSum(key: string, text: string): string {
  const line = `CONV(LEFT(SHA(CONCAT(${quoteText(key)}, ${text})), 16), 16, 10)`
  return `COUNT(*), IFNULL(SUM(IFNULL(CAST(${line} AS UNSIGNED), ${NO_LINE})), 0)`
}

/** The same of lines in a file. */
export class RowSum {
  readonly #key: Buffer
  #count = 0
  #sum = 0n

  constructor(key: string) {
    this.#key = Buffer.from(key)
  }

  /** @param line with the newline at its end, which does not count */
  add(line: Buffer): void {
    const text = Buffer.concat([this.#key, line.subarray(0, -1)])
    this.#count += 1
    this.#sum += hash('sha1', text, 'buffer').readBigUInt64BE()
  }

  get rows(): Rows {
    return { count: `${this.#count}`, sum: `${this.#sum}` }
  }
}

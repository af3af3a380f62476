import { type PlainTable, rowBytes, rowOrder, rowText } from './row-text.ts'
import { quoteName, quoteText } from './sql.ts'

/** What tells the rows of a table from others, in any order: how many, and the sum of what each is hashed to. */
export interface Rows {
  readonly count: string
  readonly sum: string
}

/** More than any sum: of a row that is too long for the server's functions. */
const TOO_LONG = '1000000000000000000000000000000'

/**
 * SQL that hashes a row to a number. The key is secret: nobody who may write into a database can find other rows of the
 * same sum. CHECKSUM TABLE would not do: it sees no text that moves from a column to the next.
 */
const hashOf = (key: string, table: PlainTable): string =>
  `IFNULL(CAST(CONV(LEFT(SHA(CONCAT(${quoteText(key)}, ${rowBytes(table)})), 16), 16, 10) AS DECIMAL(20)), ${TOO_LONG})`

/** SQL that puts the count and the sum of a table's rows into variables. */
export const sumRows = (key: string, table: PlainTable): string =>
  `SELECT COUNT(*), IFNULL(SUM(${hashOf(key, table)}), 0) INTO @count, @sum FROM ${quoteName(table.name)};`

/**
 * SQL that gives the lines of a table's rows in the order of its key, and puts the count and the sum of just these rows
 * into the same variables: with an engine that knows no moments, each question finds other ones.
 */
export const printRows = (key: string, table: PlainTable): string =>
  `SET @count = 0, @sum = CAST(0 AS DECIMAL(65)); SELECT IF((@count := @count + 1) AND (@sum := @sum + ${hashOf(key, table)}) >= 0, ${rowText(table)}, NULL) FROM ${quoteName(table.name)}${rowOrder(table)};`

/** Whether a sum says what the rows are. */
export const isSum = ({ sum }: Rows): boolean => sum.length < TOO_LONG.length

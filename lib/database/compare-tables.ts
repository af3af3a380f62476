import type { Admin } from './admin.ts'
import type { KnownTable } from './dump-record.ts'
import { selectSum } from './row-sum.ts'
import { type PlainTable, rowText, selectRows } from './row-text.ts'
import { quoteName, quoteText } from './sql.ts'

/** A table, and what is known of it. */
export interface Compared {
  readonly table: PlainTable
  readonly known: KnownTable
}

/** All of the tables are seen as they are at one moment, and their times are told in UTC, as a dump has them. */
const BEGIN =
  "SET time_zone = '+00:00'; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT;"
const END = 'COMMIT; SET time_zone = @@global.time_zone;'

/** A table that was read is held against being altered only until its definition was read too. */
const within = (statements: readonly string[]): string[] => [
  'SAVEPOINT holdfast;',
  ...statements,
  'ROLLBACK TO SAVEPOINT holdfast;',
]

const isKnown = ({ known }: Compared): string => `@count = ${known.count} AND @sum = ${known.sum}`

const sumOf = (key: string, table: PlainTable): string =>
  `SELECT ${selectSum(key, rowText(table))} INTO @count, @sum FROM ${quoteName(table.name)}`

/** What a look at all tables found. */
export interface Look {
  /** Whether all rows are those that are known. Nothing is read behind the first table of which they are not. */
  readonly isSame: boolean
  readonly definitions: ReadonlyMap<string, string>
}

/** Looks at the tables of a database, the smallest first, without reading a row into this process. */
export async function lookAtTables(
  admin: Pick<Admin, 'rows'>,
  database: string,
  key: string,
  tables: readonly Compared[],
): Promise<Look> {
  const smallestFirst = tables.toSorted((a, b) => Number(a.known.count) - Number(b.known.count))
  const looks = smallestFirst.flatMap(one =>
    within([
      `EXECUTE IMMEDIATE IF(@same, ${quoteText(sumOf(key, one.table))}, 'DO 0');`,
      `SET @same = @same AND ${isKnown(one)};`,
      `SHOW CREATE TABLE ${quoteName(one.table.name)};`,
    ]),
  )
  const rows = await admin.rows(
    [`USE ${quoteName(database)};`, BEGIN, 'SET @same = 1;', ...looks, 'SELECT @same;', END].join(' '),
  )
  const definitions = new Map(rows.slice(0, -1).map(([name, sql]) => [name!, sql!]))
  return { isSame: rows.at(-1)?.[0] === '1', definitions }
}

/**
 * SQL that prints of each table, behind a line that begins with the mark, its count and sum, its definition and,
 * behind another one, its rows where they are not those that are known.
 */
export function printChanged(key: string, mark: string, tables: readonly Compared[]): string {
  const prints = tables.flatMap(one =>
    within([
      `${sumOf(key, one.table)};`,
      `SELECT '${mark} table', @count, @sum;`,
      `SHOW CREATE TABLE ${quoteName(one.table.name)};`,
      `SELECT '${mark} rows';`,
      `EXECUTE IMMEDIATE IF(${isKnown(one)}, 'DO 0', ${quoteText(selectRows(one.table))});`,
    ]),
  )
  return [BEGIN, ...prints, `SELECT '${mark} end';`, END].join('\n')
}

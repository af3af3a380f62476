import type { KnownTable } from './dump-record.ts'
import { printRows, sumRows } from './row-sum.ts'
import type { PlainTable } from './row-text.ts'
import { quoteName } from './sql.ts'

/** A table, and what is known of it. */
export interface Compared {
  readonly table: PlainTable
  readonly known: KnownTable
}

/** All of the tables are seen as they are at one moment, and their times are told in UTC, as a dump has them. */
const BEGIN =
  "SET time_zone = '+00:00'; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT;"
const END = 'COMMIT; SET time_zone = @@global.time_zone;'

/**
 * SQL that prints of each table of a database, behind a line that begins with the mark, its definition and, behind
 * another one, its rows where they are not those that are known. A table that was read is held against being altered
 * only until all that is asked of it has come.
 */
export function printChanged(database: string, key: string, mark: string, tables: readonly Compared[]): string {
  const printed = tables.map(({ table, known: { rows } }) =>
    [
      'BEGIN NOT ATOMIC SAVEPOINT holdfast;',
      ...(rows ? [sumRows(key, table)] : []),
      `SELECT '${mark} table';`,
      `SHOW CREATE TABLE ${quoteName(table.name)};`,
      `IF ${rows ? `@count = ${rows.count} AND @sum = ${rows.sum}` : 'FALSE'} THEN SELECT '${mark} same'; ELSE`,
      `SELECT '${mark} rows';`,
      printRows(key, table),
      `SELECT '${mark} sum', @count, @sum;`,
      'END IF; ROLLBACK TO SAVEPOINT holdfast; END//',
    ].join(' '),
  )
  return [`USE ${quoteName(database)};`, BEGIN, 'DELIMITER //', ...printed, 'DELIMITER ;', `SELECT '${mark} end';`, END].join(
    '\n',
  )
}

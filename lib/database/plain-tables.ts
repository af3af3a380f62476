import type { Contents } from './contents.ts'
import { type Column, isPlain, type PlainTable } from './row-text.ts'
import { quoteText } from './sql.ts'

/** Engines that keep the rows of their tables themselves. */
const ENGINES = ['InnoDB', 'MyISAM', 'Aria']

/** What a database consists of, as far as its rows can be asked for. */
export interface Plain {
  /** Undefined where one of its tables is not plain. */
  readonly tables: readonly PlainTable[] | undefined
  /** The columns of its views, which depend on tables of any database. */
  readonly viewColumns: string
}

/** SQL that prints the columns and keys of a database's tables. */
export const columnsOf = (database: string): string =>
  [
    "SELECT 'key', table_name, index_name, column_name FROM information_schema.statistics WHERE non_unique = 0 AND",
    `table_schema = ${quoteText(database)};`,
    "SELECT 'column', table_name, column_name, data_type, IFNULL(character_set_name, ''), extra, is_nullable, column_type",
    `FROM information_schema.columns WHERE table_schema = ${quoteText(database)} ORDER BY table_name, ordinal_position;`,
  ].join(' ')

/** Reads what that prints of the tables of a database. */
export function plainTables(rows: readonly (readonly string[])[], { table, view, engineOf }: Contents): Plain {
  const byTable = (kind: string) =>
    Map.groupBy(
      rows.filter(([each]) => each === kind),
      ([, name]) => name!,
    )
  const [keys, columns] = [byTable('key'), byTable('column')]
  const tables = table.map(name => ({
    name,
    columns: (columns.get(name) ?? []).map(columnOf),
    key: firstKey(keys.get(name) ?? []),
  }))
  const arePlain = tables.every(one => ENGINES.includes(engineOf[one.name] ?? '') && isPlain(one))
  return { tables: arePlain ? tables : undefined, viewColumns: JSON.stringify(view.map(name => columns.get(name) ?? [])) }
}

const columnOf = ([, , name = '', type = '', charset = '', extra = '', nullable]: readonly string[]): Column => ({
  name,
  type,
  charset,
  extra,
  isNullable: nullable !== 'NO',
})

/** The first unique key, as mariadb-dump takes it: the primary one where there is one. */
function firstKey(rows: readonly (readonly string[])[]): string[] {
  const index = rows.find(([, , name]) => name === 'PRIMARY')?.[2] ?? rows[0]?.[2]
  return rows.filter(([, , name]) => name === index).map(([, , , column]) => column!)
}

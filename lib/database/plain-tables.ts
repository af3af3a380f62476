import type { Admin } from './admin.ts'
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
  /** The version of the server. */
  readonly server: string
}

/** Asks for the tables of a database. */
export async function plainTables(
  admin: Pick<Admin, 'rows'>,
  database: string,
  { table, view }: { readonly table: readonly string[]; readonly view: readonly string[] },
): Promise<Plain> {
  const of = `table_schema = ${quoteText(database)}`
  const rows = await admin.rows(
    [
      "SELECT 'version', VERSION();",
      `SELECT 'table', table_name, IFNULL(engine, '') FROM information_schema.tables WHERE ${of} AND table_type = 'BASE TABLE';`,
      `SELECT 'key', table_name, index_name, column_name FROM information_schema.statistics WHERE ${of} AND non_unique = 0;`,
      `SELECT 'column', table_name, column_name, data_type, IFNULL(character_set_name, ''), extra, column_type FROM information_schema.columns WHERE ${of} ORDER BY table_name, ordinal_position;`,
    ].join(' '),
  )
  const byTable = (kind: string) =>
    Map.groupBy(
      rows.filter(([each]) => each === kind),
      ([, name]) => name!,
    )
  const [engines, keys, columns] = [byTable('table'), byTable('key'), byTable('column')]
  const tables = table.map(name => ({
    name,
    isKnown: ENGINES.includes(engines.get(name)?.[0]?.[2] ?? ''),
    columns: (columns.get(name) ?? []).map(columnOf),
    key: firstKey(keys.get(name) ?? []),
  }))
  const viewColumns = JSON.stringify(view.map(name => columns.get(name) ?? []))
  const server = rows[0]?.[1] ?? ''
  return { tables: tables.every(one => one.isKnown && isPlain(one)) ? tables : undefined, viewColumns, server }
}

const columnOf = ([, , name = '', type = '', charset = '', extra = '']: readonly string[]): Column => ({
  name,
  type,
  charset,
  extra,
})

/** The first unique key, as mariadb-dump takes it: the primary one where there is one. */
function firstKey(rows: readonly (readonly string[])[]): string[] {
  const index = rows.find(([, , name]) => name === 'PRIMARY')?.[2] ?? rows[0]?.[2]
  return rows.filter(([, , name]) => name === index).map(([, , , column]) => column!)
}

import type { Admin } from './admin.ts'
import { quoteName, quoteText } from './sql.ts'

/**
 * A table with columns of FLOAT, of which a server prints six digits, and all else that matters when one of them is set
 * anew.
 */
interface FloatTable {
  readonly name: string
  readonly floats: readonly string[]
  /** The columns of its primary key, with whether they hold bytes. */
  readonly key: readonly { readonly column: string; readonly isBinary: boolean }[]
  /** Columns that a server sets by itself when a row is changed. */
  readonly touched: readonly string[]
}

/** What is to be added to a dump so that its FLOATs are exact. */
export interface ExactFloats {
  /** Queries that give the statements, a line each. */
  readonly queries: readonly string[]
  /** Tables in which they cannot be made exact: nothing names their rows, or each change of them is kept. */
  readonly rounded: readonly string[]
}

/** Finds the tables of a database whose FLOATs a dump would round, and how to make up for it. */
export async function exactFloats(
  admin: Admin,
  database: string,
  { versioned, undumped }: { readonly versioned: readonly string[]; readonly undumped: readonly string[] },
): Promise<ExactFloats> {
  const tables = (await floatTables(admin, database)).filter(({ name }) => !undumped.includes(name))
  const isExact = ({ name, key, floats }: FloatTable): boolean =>
    key.length > 0 && !versioned.includes(name) && !key.some(({ column }) => floats.includes(column))
  return {
    queries: tables.filter(isExact).map(table => updatesOf(table, database)),
    rounded: tables.filter(table => !isExact(table)).map(({ name }) => name),
  }
}

async function floatTables(admin: Admin, database: string): Promise<readonly FloatTable[]> {
  // most databases have none, and the server answers this in a tenth of the time
  const names = await admin.rows(
    `SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = ${quoteText(database)} AND data_type = 'float';`,
  )
  if (names.length === 0) return []
  const rows = await admin.rows(
    `SELECT c.table_name, c.column_name, c.data_type, c.extra, IFNULL(k.seq_in_index, 0)
     FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
     LEFT JOIN information_schema.statistics AS k ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name AND k.index_name = 'PRIMARY'
     WHERE c.table_schema = ${quoteText(database)} AND t.table_type NOT IN ('VIEW', 'SEQUENCE')
       AND c.table_name IN (${names.map(([name]) => quoteText(name!)).join(', ')})
     ORDER BY c.table_name, IFNULL(k.seq_in_index, 0), c.ordinal_position;`.replaceAll('\n', ' '),
  )
  return [...Map.groupBy(rows, ([table]) => table!)].map(([name, columns]) => ({
    name,
    floats: columns.filter(([, , type, extra]) => type === 'float' && !/GENERATED/i.test(extra!)).map(([, column]) => column!),
    key: columns
      .filter(([, , , , place]) => place !== '0')
      .map(([, column, type]) => ({ column: column!, isBinary: /binary|blob|bit|geometry/.test(type!) })),
    touched: columns.filter(([, , , extra]) => /on update/i.test(extra!)).map(([, column]) => column!),
  }))
}

/** A query that gives an UPDATE for each row in which six digits of a FLOAT are another number. */
function updatesOf({ name, floats, key, touched }: FloatTable, database: string): string {
  const values = floats.flatMap(column => [
    `'${floats.indexOf(column) > 0 ? ', ' : ''}'`,
    quoteText(`${quoteName(column)} = `),
    exact(column),
  ])
  const kept = touched.map(column => quoteText(`, ${quoteName(column)} = ${quoteName(column)}`))
  const where = key.flatMap(({ column, isBinary }, index) => [
    quoteText(`${index === 0 ? ' WHERE ' : ' AND '}${quoteName(column)} = `),
    isBinary ? `CONCAT('0x', HEX(${quoteName(column)}))` : `QUOTE(${quoteName(column)})`,
  ])
  const differs = floats.map(column => `${quoteName(column)} <> CAST(CAST(${quoteName(column)} AS CHAR) AS FLOAT)`).join(' OR ')
  const text = [quoteText(`UPDATE ${quoteName(name)} SET `), ...values, ...kept, ...where, "';'"].join(', ')
  const order = key.map(({ column }) => quoteName(column)).join(', ')
  return `SELECT CONCAT(${text}) FROM ${quoteName(database)}.${quoteName(name)} WHERE ${differs} ORDER BY ${order};`
}

const exact = (column: string): string => `IFNULL(CAST(${quoteName(column)} AS DOUBLE), 'NULL')`

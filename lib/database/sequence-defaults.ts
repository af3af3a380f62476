import type { Admin } from './admin.ts'
import { quoteName, quoteText } from './sql.ts'

/**
 * SQL by which columns of two databases that take their default from a sequence take it from the one beside them: a
 * table that is renamed into the other database goes on to name the sequence where it was.
 */
export async function sequenceDefaults(admin: Admin, [one, two]: readonly [string, string]): Promise<string> {
  const rows = await admin.rows(
    `SELECT table_schema, table_name, column_name, column_default FROM information_schema.columns WHERE table_schema IN (${quoteText(one)}, ${quoteText(two)}) AND column_default LIKE '%val(%';`,
  )
  const statements = rows.flatMap(([database = '', table = '', column = '', value = '']) => {
    const [from, to] = [database === one ? two : one, database].map(name => `(${quoteName(name)}.`) as [string, string]
    const place = `${quoteName(database)}.${quoteName(table)} ALTER COLUMN ${quoteName(column)}`
    return value.includes(from) ? [`ALTER TABLE ${place} SET DEFAULT (${value.replaceAll(from, to)});`] : []
  })
  return statements.join('\n')
}

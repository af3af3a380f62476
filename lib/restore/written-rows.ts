import type { WrittenRow } from '../core/local-changes.ts'
import { counted, messageOf } from '../core/wording.ts'
import { prefixIn, type Related, WRITTEN, WRITTEN_TABLES } from '../core/written-tables.ts'
import { adminOf } from '../database/admin.ts'
import { administrator } from '../database/client.ts'
import { contentsOf } from '../database/contents.ts'
import { dumpRows } from '../database/dump-rows.ts'
import { quoteName } from '../database/sql.ts'
import type { HostContext } from '../host/site.ts'

type Asks = Pick<HostContext, 'host' | 'shell'>

/** Keys that one statement names, and rows of one table that are kept or named. */
const AT_ONCE = 1000
const MOST_ROWS = 20_000

/** Rows of one table that are still there. */
interface Group {
  readonly database: string
  readonly table: string
  readonly keys: readonly string[]
}

function groupsOf(rows: readonly WrittenRow[]): Group[] {
  const there = rows.filter(({ how, key }) => how !== 'removed' && /^\d+$/.test(key))
  return [...Map.groupBy(there, ({ table }) => table)].map(([name, own]) => {
    const at = name.indexOf('.')
    const keys = own.map(({ key }) => key).toSorted((a, b) => Number(b) - Number(a))
    return { database: name.slice(0, at), table: name.slice(at + 1), keys }
  })
}

const writtenTableOf = ({ table }: Pick<Group, 'table'>) =>
  WRITTEN_TABLES.filter(each => table.endsWith(each.table)).toSorted((a, b) => b.table.length - a.table.length)[0]

/** What these rows are and what people call them, as far as that can be told. */
export async function described({ host, shell }: Asks, rows: readonly WrittenRow[]): Promise<readonly WrittenRow[]> {
  const admin = adminOf({ host, shell })
  const known = new Map<string, Pick<WrittenRow, 'kind' | 'label'>>()
  for (const { database, table, keys } of groupsOf(rows)) {
    const written = writtenTableOf({ table })
    if (!written) continue
    const { key: column, kind, label } = written
    const from = `${quoteName(database)}.${quoteName(table)}`
    for (let at = 0; at < Math.min(keys.length, MOST_ROWS); at += AT_ONCE) {
      const where = `${column} IN (${keys.slice(at, at + AT_ONCE).join(', ')})`
      const found = await admin
        .rows(`SELECT ${column}, ${kind}, LEFT(${label}, 100) FROM ${from} WHERE ${where};`)
        .catch(() => [])
      for (const [key = '', said, text = ''] of found)
        known.set(`${database}.${table} ${key}`, { kind: WRITTEN.find(each => each === said)!, label: text })
    }
  }
  return rows.map(row => ({ ...row, ...known.get(`${row.table} ${row.key}`) }))
}

/**
 * These rows, and what belongs to them, as INSERT statements.
 * @param most bytes
 * @returns also what is left out, a sentence each
 */
export async function writtenRowsSql(
  { host, shell }: Asks,
  rows: readonly WrittenRow[],
  most: number,
): Promise<{ readonly sql: string; readonly left: readonly string[] }> {
  const left: string[] = []
  let sql = ''
  const admin = adminOf({ host, shell })
  const client = administrator({ host, shell })
  const take = async ({ database, table, keys }: Group, column: string): Promise<void> => {
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const where = `${column} IN (${keys.slice(at, at + AT_ONCE).join(',')})`
      sql += await dumpRows({ host, client }, { database, table, where }, most - Buffer.byteLength(sql))
    }
  }
  const takeRelated = async ({ database, keys }: Group, prefix: string, related: readonly Related[]): Promise<void> => {
    const there = (await contentsOf(admin, database))?.table ?? []
    for (const { table: name, column, of } of related) {
      const table = prefix + name
      if (!there.includes(table)) continue
      await take({ database, table, keys }, column)
      if (!of) continue
      const query = `SELECT ${of.key} FROM ${quoteName(database)}.${quoteName(table)} WHERE ${column} IN (${keys.join(', ')});`
      const found = (await admin.rows(query)).map(([key]) => key!)
      if (found.length > 0) await takeRelated({ database, table, keys: found }, prefix, of.related)
    }
  }
  for (const group of groupsOf(rows)) {
    const written = writtenTableOf(group)
    if (!written) continue
    const kept = { ...group, keys: group.keys.slice(0, MOST_ROWS) }
    if (kept.keys.length < group.keys.length)
      left.push(`${counted(group.keys.length - kept.keys.length, 'row')} of ${group.table}: more than ${MOST_ROWS}`)
    try {
      await take(kept, written.key)
      await takeRelated(kept, prefixIn(group.table, written.table), written.related)
    } catch (error) {
      if (shell.stop.aborted) throw error
      left.push(`rows of ${group.table}, or what belongs to them: ${messageOf(error)}`)
    }
  }
  return { sql, left }
}

import { createHash } from 'node:crypto'
import type { DatabaseAccess } from '../core/database-access.ts'
import type { WrittenRow } from '../core/local-changes.ts'
import { WRITTEN_TABLES, type WrittenTable, withoutPrefix } from '../core/written-tables.ts'
import { adminOf } from '../database/admin.ts'
import { administrator } from '../database/client.ts'
import { contentsOf } from '../database/contents.ts'
import { bytesOf, linesIn } from '../database/dump-file.ts'
import { partName } from '../database/dump-parts.ts'
import { dumpedRows } from '../database/dump-rows.ts'
import type { OpenedDump } from '../database/opened-dump.ts'
import { quoteText } from '../database/sql.ts'
import type { HostContext } from '../host/site.ts'

/** A table that people write, in one of a WordPress's places. */
interface Found {
  readonly table: string
  readonly written: WrittenTable
}

/** By table: what each row says, by its key. */
type Rows = Map<string, Map<string, string>>

/**
 * The rows that people wrote since a dump was made, by this host and of this very database: those that are not in it,
 * and those that say something else there.
 */
export async function rowsSince(
  { host, shell }: Pick<HostContext, 'host' | 'shell'>,
  { database, tablePrefix }: DatabaseAccess,
  dump: OpenedDump,
): Promise<readonly WrittenRow[]> {
  const admin = adminOf({ host, shell })
  const all = (await contentsOf(admin, database))?.table ?? []
  const tables = all.flatMap((table): Found[] => {
    const name = withoutPrefix(table, tablePrefix)
    const written = WRITTEN_TABLES.find(each => each.table === name)
    return written ? [{ table, written }] : []
  })
  const before = await rowsIn(dump, tables)
  const client = administrator({ host, shell })
  const rows: WrittenRow[] = []
  for (const { table, written } of tables) {
    const order = `SELECT column_name FROM information_schema.columns WHERE table_schema = ${quoteText(database)} AND table_name = ${quoteText(table)} ORDER BY ordinal_position;`
    const columns = (await admin.rows(order)).map(([name]) => name!)
    if (!columns.includes(written.key)) continue
    const was = before.get(table) ?? new Map<string, string>()
    await dumpedRows({ host, client }, { database, table, where: written.where }, async output => {
      for await (const [key, said] of saidIn(output, columns, written)) {
        const how = !was.has(key) ? 'added' : was.get(key) === said ? undefined : 'changed'
        if (how) rows.push({ kind: 'post', table: `${database}.${table}`, key, how })
      }
    })
  }
  return rows
}

const INSERT = /^INSERT INTO `((?:[^`]|``)+)` VALUES \(/

async function* saidIn(
  output: AsyncIterable<Buffer>,
  columns: readonly string[],
  written: WrittenTable,
): AsyncGenerator<[string, string]> {
  for await (const lines of linesIn(output)) {
    for (const line of lines) {
      const text = line.toString('latin1')
      const head = INSERT.exec(text)?.[0]
      const said = head === undefined ? undefined : saidBy(text.slice(head.length), columns, written)
      if (said) yield said
    }
  }
}

/** All rows of these tables in a dump, which says itself in which order their columns are. */
async function rowsIn(dump: OpenedDump, tables: readonly Found[]): Promise<Rows> {
  const rows: Rows = new Map()
  const wanted = new Map(tables.map(({ table, written }) => [table, written]))
  const parts = new Set(tables.map(({ table }) => partName('table', table)))
  const paths = dump.files.length > 1 ? dump.files.filter(({ name }) => parts.has(name)).map(({ path }) => path) : dump.paths
  let columns: string[] = []
  for await (const lines of linesIn(bytesOf(paths))) {
    for (const line of lines) {
      const text = line.toString('latin1')
      if (text.startsWith('CREATE TABLE ')) columns = []
      const column = /^ {2}`((?:[^`]|``)+)` /.exec(text)?.[1]
      if (column !== undefined) columns.push(column)
      const [head, table = ''] = INSERT.exec(text) ?? []
      const written = head === undefined ? undefined : wanted.get(table)
      if (!written) continue
      const said = saidBy(text.slice(head!.length), columns, written)
      const own = rows.get(table) ?? new Map<string, string>()
      if (said) own.set(...said)
      rows.set(table, own)
    }
  }
  return rows
}

const VALUE = /(?:'(?:[^'\\]|\\.|'')*'|[^,'])+/gs

/** The key of a row and a digest of what it says. @param text its values, from the first on */
function saidBy(text: string, columns: readonly string[], written: WrittenTable): [key: string, said: string] | undefined {
  const values = text.replace(/\);\n?$/, '').match(VALUE) ?? []
  const valueIn = (column: string): string => values[columns.indexOf(column)] ?? ''
  const key = valueIn(written.key)
  if (!/^\d+$/.test(key)) return undefined
  const { same } = written
  const said = written.columns.map(column => {
    const value = valueIn(column)
    return column === same?.column && value === `'${same.value}'` ? `'${same.as}'` : value
  })
  return [key, createHash('sha1').update(said.join('\n')).digest('base64').slice(0, 16)]
}

import { readFileSync, writeFileSync } from 'node:fs'
import { type Admin, type Contents, contentsOf, type ObjectKind } from './admin.ts'
import { withoutDefiner } from './definers.ts'
import { quoteName, quoteText } from './sql.ts'

export type DefinitionKind = Exclude<ObjectKind, 'table'>

/** What a database defines besides its tables: a view, trigger, routine or event, with the session settings under which its text means what it means. */
export interface Definition {
  readonly kind: DefinitionKind
  readonly name: string
  /** The one statement that makes it, as the server gives it. */
  readonly sql: string
  readonly sqlMode: string
  readonly charset: string
  readonly collation: string
  /** Of an event. */
  readonly timeZone: string | undefined
}

/** The definitions of one side of an exchange, kept while its tables are moved: they cannot be renamed from one database to another. */
export interface Definitions {
  /**
   * Where they come from. Those that were `live` on this server are made again as they were, definers included, by the administrator; those of a
   * `set` are not trusted, have no definers, and are made by the site's own account (S41).
   */
  readonly from: 'live' | 'set'
  readonly list: readonly Definition[]
}

/** Names of each kind in an order in which they can be made: triggers in the order in which they act; a view may still want a later one. */
const ORDER: readonly DefinitionKind[] = ['function', 'procedure', 'view', 'trigger', 'event']

/** Which columns of SHOW CREATE are what. */
const COLUMNS: Readonly<Record<DefinitionKind, { sql: number; mode?: number; zone?: number; charset: number }>> = {
  view: { sql: 1, charset: 2 },
  trigger: { mode: 1, sql: 2, charset: 3 },
  procedure: { mode: 1, sql: 2, charset: 3 },
  function: { mode: 1, sql: 2, charset: 3 },
  event: { mode: 1, zone: 2, sql: 3, charset: 4 },
}

/** Reads what a database defines besides its tables; nothing where there is no such database. A view whose tables are gone is read like any other. */
export async function readDefinitions(admin: Admin, database: string): Promise<readonly Definition[]> {
  const contents = await contentsOf(admin, database)
  if (!contents) return []
  const trigger = contents.trigger.length > 1 ? await triggersInOrder(admin, database) : contents.trigger
  const named = ORDER.flatMap(kind => ({ ...contents, trigger })[kind].map(name => ({ kind, name })))
  if (named.length === 0) return []
  const shows = named.map(({ kind, name }) => `SHOW CREATE ${kind.toUpperCase()} ${quoteName(name)};`)
  const rows = await admin.rows([`USE ${quoteName(database)};`, ...shows].join('\n'))
  if (rows.length !== named.length)
    throw new Error(`the server shows ${rows.length} of ${named.length} definitions of ${database}`)
  return named.map((one, index) => {
    const { sql, mode, zone, charset } = COLUMNS[one.kind]
    const at = (column: number | undefined): string | undefined => (column === undefined ? undefined : rows[index]![column])
    return {
      ...one,
      sql: at(sql)!,
      sqlMode: at(mode) ?? '',
      charset: at(charset)!,
      collation: at(charset + 1)!,
      timeZone: at(zone),
    }
  })
}

const triggersInOrder = (admin: Admin, database: string): Promise<readonly string[]> =>
  admin.ask(
    `SELECT JSON_ARRAYAGG(trigger_name ORDER BY action_order, trigger_name) FROM information_schema.triggers WHERE trigger_schema = ${quoteText(database)};`,
  )

/** Writes down what a database defines besides its tables, as it is or, from a set, as it may be made: without definers and its database's name. */
export async function saveDefinitions(admin: Admin, database: string, from: Definitions['from'], file: string): Promise<void> {
  const found = await readDefinitions(admin, database)
  const own = `${quoteName(database)}.`
  const free = (one: Definition): Definition => ({ ...one, sql: withoutDefiner(one.sql).replaceAll(own, '') })
  const definitions: Definitions = { from, list: from === 'live' ? found : found.map(free) }
  writeFileSync(file, JSON.stringify(definitions, undefined, 2), { mode: 0o600, flush: true })
}

export const loadDefinitions = (file: string): Definitions => JSON.parse(readFileSync(file, 'utf8')) as Definitions

/** SQL that drops all of these kinds from a database. */
export function dropSql(database: string, contents: Contents): string[] {
  return ORDER.toReversed().flatMap(kind =>
    contents[kind].map(name => `DROP ${kind.toUpperCase()} IF EXISTS ${quoteName(database)}.${quoteName(name)};`),
  )
}

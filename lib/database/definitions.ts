import { type Admin, asksTogether, QueryFailed } from './admin.ts'
import { type Contents, contentsOf, type ObjectKind, ofTables } from './contents.ts'
import type { LeftOut } from './importable-statement.ts'
import { withoutDefiner } from './importable-statement.ts'
import { quoteName } from './sql.ts'

export type DefinitionKind = Exclude<ObjectKind, 'table'>

/**
 * What a database defines besides its tables: a view, trigger, routine or event, with the session settings under which
 * its text means what it means.
 */
export interface Definition {
  readonly kind: DefinitionKind
  readonly name: string
  /** The one statement that makes it, as the server gives it. */
  readonly sql: string
  readonly sqlMode: string
  readonly charset: string
  readonly collation: string
  /** The default collation that its database had when it was made; of a view there is none. */
  readonly databaseCollation: string | undefined
  /** Of an event. */
  readonly timeZone: string | undefined
}

/**
 * The definitions of one side of an exchange, kept while its tables are moved: they cannot be renamed from one database
 * to another.
 */
export interface Definitions {
  /**
   * Where they come from. Those that were `live` on this server are made again as they were, definers included, by the
   * administrator; those of a `set` are not trusted, have no definers, and are made by the site's own account (S41).
   */
  readonly from: 'live' | 'set'
  readonly list: readonly Definition[]
  /** Of a set: those that were live here too, word for word. They are made again as they were live. */
  readonly trusted?: readonly Definition[]
  /** The database's default collation. */
  readonly collation?: string
}

/** A definition that the server does not show. */
export interface Unreadable {
  readonly kind: DefinitionKind
  readonly name: string
  readonly error: string
}

/**
 * Names of each kind in an order in which they can be made: triggers in the order in which they act; a view may still
 * want a later one.
 */
export const ORDER_OF_MAKING = [
  'function',
  'procedure',
  'package',
  'package body',
  'view',
  'trigger',
  'event',
] as const satisfies readonly DefinitionKind[]

/**
 * Which columns of SHOW CREATE are what; behind the character set are the collation and, but for views, the database's
 * collation.
 */
const ROUTINE = { mode: 1, sql: 2, charset: 3 }
const COLUMNS: Readonly<Record<DefinitionKind, { sql: number; mode?: number; zone?: number; charset: number }>> = {
  view: { sql: 1, charset: 2 },
  trigger: ROUTINE,
  ...{ procedure: ROUTINE, function: ROUTINE, package: ROUTINE, 'package body': ROUTINE },
  event: { mode: 1, zone: 2, sql: 3, charset: 4 },
}

/**
 * Reads what a database defines besides its tables; nothing where there is no such database. A view whose tables are
 * gone is read like any other.
 * @throws when the server does not show one of them
 */
export async function definitionsOf(
  admin: Admin,
  database: string,
  contents: Contents | undefined,
): Promise<readonly Definition[]> {
  const { shown, unreadable: hidden } = await showDefinitions(
    admin,
    database,
    contents ? definitionsIn(contents, ORDER_OF_MAKING) : [],
  )
  const [first] = hidden
  if (first) throw new Error(`the server does not show the ${first.kind} ${first.name} of ${database}: ${first.error}`)
  return shown
}

type Named = Pick<Definition, 'kind' | 'name'>

/** What of these kinds is in a database, in an order in which it can be made. */
export const definitionsIn = (contents: Contents, kinds: readonly DefinitionKind[]): Named[] =>
  ORDER_OF_MAKING.filter(kind => kinds.includes(kind)).flatMap(kind => contents[kind].map(name => ({ kind, name })))

/** Reads these, as far as the server shows them. */
export async function showDefinitions(
  admin: Admin,
  database: string,
  named: readonly Named[],
): Promise<{ readonly shown: readonly Definition[]; readonly unreadable: readonly Unreadable[] }> {
  if (named.length === 0) return { shown: [], unreadable: [] }
  const found: readonly (Definition | Unreadable)[] | undefined = await show(admin, database, named).catch(error => {
    if (!(error instanceof QueryFailed)) throw error
    return named.length === 1 ? [unreadable(named[0]!, error.said)] : undefined
  })
  if (found !== undefined) {
    const isShown = (one: Definition | Unreadable): one is Definition => 'sql' in one
    return { shown: found.filter(isShown), unreadable: found.filter((one): one is Unreadable => !isShown(one)) }
  }
  // one of them stopped the client: each by itself
  const each = []
  for (const one of named) each.push(await showDefinitions(admin, database, [one]))
  return { shown: each.flatMap(({ shown }) => shown), unreadable: each.flatMap(one => one.unreadable) }
}

async function show(admin: Admin, database: string, named: readonly Named[]): Promise<readonly (Definition | Unreadable)[]> {
  const shows = named.map(({ kind, name }) => `SHOW CREATE ${kind.toUpperCase()} ${quoteName(name)};`)
  const rows = await admin.rows([`USE ${quoteName(database)};`, ...shows].join('\n'))
  if (rows.length !== named.length)
    throw new Error(`the server shows ${rows.length} of ${named.length} definitions of ${database}`)
  return named.map((one, index) => {
    const { sql, mode, zone, charset } = COLUMNS[one.kind]
    const at = (column: number | undefined): string | undefined => (column === undefined ? undefined : rows[index]![column])
    // who may not see the text of a routine is shown none
    if (at(sql) === 'NULL') return unreadable(one, 'its text is not shown to this account')
    return {
      ...one,
      sql: at(sql)!,
      sqlMode: at(mode) ?? '',
      charset: at(charset)!,
      collation: at(charset + 1)!,
      databaseCollation: at(charset + 2),
      timeZone: at(zone),
    }
  })
}

const unreadable = ({ kind, name }: Named, error: string): Unreadable => ({ kind, name, error })

/**
 * What the two sides of an exchange define besides their tables: the live one as it is, the one of a set as it may be
 * made.
 */
export interface Sides {
  readonly live: Definitions
  readonly set: Definitions
  /** Whether there is a live one. */
  readonly isLive: boolean
  /** Views that could not be imported, since they are of another database, and are live here word for word. */
  readonly keptViews: readonly string[]
}

/** The two databases of an exchange, and the only tables of which it is, where it is not of all. */
interface TwoDatabases {
  readonly live: string
  readonly held: string
  readonly tables?: readonly string[] | undefined
  /** The set does not say which triggers these tables have: they keep those that they have. */
  readonly keepsTriggers?: boolean
}

/** @param leftOut what could not be imported of the set */
export async function readSides(
  admin: Admin,
  { live, held, tables, keepsTriggers = false }: TwoDatabases,
  leftOut: readonly LeftOut[],
): Promise<Sides> {
  const together = asksTogether(admin)
  const [ofLive, ofHeld] = await Promise.all([contentsIn(together, live, tables), contentsIn(together, held, tables)])
  const [here, there] = [await definitionsOf(admin, live, ofLive), await definitionsOf(admin, held, ofHeld)]
  const [mine, theirs] = [here.map(one => freed(one, live)), there.map(one => freed(one, held))]
  const twinOf = (one: Definition): Definition | undefined => here[mine.findIndex(other => isSame(one, other))]
  const kept = here.filter(
    ({ kind, name, sql }) => kind === 'view' && leftOut.some(view => view.name === name && isSelecting(sql, view.selects)),
  )
  const trusted = keepsTriggers ? here : [...theirs.flatMap(one => twinOf(one) ?? []), ...kept]
  return {
    isLive: ofLive !== undefined,
    live: { from: 'live', list: here, ...collationOf(ofLive) },
    set: { from: 'set', list: theirs.filter(one => !twinOf(one)), trusted, ...collationOf(tables ? ofLive : ofHeld) },
    keptViews: kept.map(({ name }) => name),
  }
}

async function contentsIn(admin: Admin, database: string, tables: readonly string[] | undefined): Promise<Contents | undefined> {
  const contents = await contentsOf(admin, database)
  return contents && tables ? ofTables(contents, tables) : contents
}

/** What a live database defines besides its tables or, where only some of these are meant, the triggers of those. */
export async function readLive(admin: Admin, database: string, tables?: readonly string[]): Promise<Definitions> {
  const contents = await contentsIn(admin, database, tables)
  return { from: 'live', list: await definitionsOf(admin, database, contents), ...collationOf(contents) }
}

const isSelecting = (sql: string, selects: string | undefined): boolean => selects !== undefined && sql.endsWith(` ${selects}`)

const isSame = (one: Definition, other: Definition): boolean => JSON.stringify(one) === JSON.stringify(other)

/** A definition without its definer and its database's name. */
const freed = (one: Definition, database: string): Definition => ({
  ...one,
  sql: withoutDefiner(one.sql).replaceAll(`${quoteName(database)}.`, ''),
})

const collationOf = (contents: Contents | undefined): Pick<Definitions, 'collation'> =>
  contents === undefined ? {} : { collation: contents.collation }

/** SQL that drops all of these kinds from a database. */
export function dropSql(database: string, contents: Contents): string[] {
  return ORDER_OF_MAKING.toReversed().flatMap(kind =>
    contents[kind].map(name => dropOne(kind, `${quoteName(database)}.${quoteName(name)}`)),
  )
}

/** Packages are known to the parser of Oracle's mode only. */
function dropOne(kind: DefinitionKind, place: string): string {
  const drop = `DROP ${kind.toUpperCase()} IF EXISTS ${place};`
  return kind.startsWith('package') ? `SET sql_mode = 'ORACLE'; ${drop} SET sql_mode = '';` : drop
}

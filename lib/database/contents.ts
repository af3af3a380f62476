import type { Admin } from './admin.ts'
import { quoteText } from './sql.ts'

const KINDS = ['table', 'view', 'trigger', 'procedure', 'function', 'package', 'package body', 'event'] as const
export type ObjectKind = (typeof KINDS)[number]

/** What is in a database, by kind, in the order of their names; triggers in the order in which they act. */
export type Contents = Readonly<Record<ObjectKind, readonly string[]>> & {
  /** Tables that keep the history of their rows. */
  readonly versioned: readonly string[]
  /** The engine of each table that is of the usual kind. */
  readonly engineOf: Readonly<Record<string, string>>
  /** The table that each trigger acts on. */
  readonly tableOf: Readonly<Record<string, string>>
  /** The database's default collation. */
  readonly collation: string
}

/**
 * Where information_schema lists each kind: what tells it, the columns of its name and of what else matters, the column
 * of its database. A server reads all of a list anew for each question.
 */
const LISTS: readonly (readonly [columns: string, from: string, database: string, order?: string])[] = [
  ["'database', default_collation_name", 'schemata', 'schema_name'],
  ["'table', table_name, table_type, IFNULL(engine, '')", 'tables', 'table_schema'],
  ["'trigger', trigger_name, event_object_table", 'triggers', 'trigger_schema', 'action_order, 2'],
  ['LOWER(routine_type), routine_name', 'routines', 'routine_schema'],
  ["'event', event_name", 'events', 'event_schema'],
]

/** Lists what is in a database; undefined when there is no such database. */
export async function contentsOf(admin: Pick<Admin, 'rows'>, database: string): Promise<Contents | undefined> {
  return contentsIn(await admin.rows(listsOf(database)))
}

/** SQL that prints the lists of a database. */
export const listsOf = (database: string): string =>
  LISTS.map(
    ([columns, from, schema, order = '2']) =>
      `SELECT ${columns} FROM information_schema.${from} WHERE ${schema} = ${quoteText(database)} ORDER BY ${order};`,
  ).join(' ')

/** Reads what that prints. */
export function contentsIn(rows: readonly (readonly string[])[]): Contents | undefined {
  const [, collation] = rows.find(([kind]) => kind === 'database') ?? []
  if (collation === undefined) return undefined
  const pairs = (kind: string, column: number): [string, string][] =>
    rows.filter(([each]) => each === kind).map(row => [row[1]!, row[column]!])
  const named = (kind: string): string[] => pairs(kind, 1).map(([name]) => name)
  const ofType = (is: (type: string) => boolean): string[] =>
    pairs('table', 2).flatMap(([name, type]) => (is(type) ? [name] : []))
  const usual = ofType(type => type === 'BASE TABLE')
  return {
    ...(Object.fromEntries(KINDS.map(kind => [kind, named(kind)])) as Record<ObjectKind, string[]>),
    table: ofType(type => type !== 'VIEW'),
    view: ofType(type => type === 'VIEW'),
    versioned: ofType(type => type === 'SYSTEM VERSIONED'),
    engineOf: Object.fromEntries(pairs('table', 3).filter(([name]) => usual.includes(name))),
    tableOf: Object.fromEntries(pairs('trigger', 2)),
    collation,
  }
}

/** These tables of a database, with their triggers, and nothing else of it. */
export function ofTables(contents: Contents, tables: readonly string[]): Contents {
  const nothing = Object.fromEntries(KINDS.map(kind => [kind, []])) as unknown as Record<ObjectKind, string[]>
  const isOfThese = (table: string | undefined): boolean => table !== undefined && tables.includes(table)
  return {
    ...contents,
    ...nothing,
    table: contents.table.filter(isOfThese),
    trigger: contents.trigger.filter(trigger => isOfThese(contents.tableOf[trigger])),
  }
}

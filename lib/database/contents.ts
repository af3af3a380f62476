import type { Admin } from './admin.ts'
import { quoteText } from './sql.ts'

export type ObjectKind = 'table' | 'view' | 'trigger' | 'procedure' | 'function' | 'package' | 'package body' | 'event'

/** What is in a database, by kind, in the order of their names; triggers in the order in which they act. */
export type Contents = Readonly<Record<ObjectKind, readonly string[]>> & {
  /** Tables that keep the history of their rows. */
  readonly versioned: readonly string[]
  /** The table that each trigger acts on. */
  readonly tableOf: Readonly<Record<string, string>>
  /** The database's default collation. */
  readonly collation: string
}

/**
 * Where information_schema lists each kind: the column of the name, what it is from, and the column of the database.
 */
const LISTS: Readonly<Record<ObjectKind, readonly [name: string, from: string, database: string, order?: string]>> = {
  table: ['table_name', "tables WHERE table_type <> 'VIEW' AND", 'table_schema'],
  view: ['table_name', 'views WHERE', 'table_schema'],
  trigger: ['trigger_name', 'triggers WHERE', 'trigger_schema', 'action_order, 2'],
  procedure: ['routine_name', "routines WHERE routine_type = 'PROCEDURE' AND", 'routine_schema'],
  function: ['routine_name', "routines WHERE routine_type = 'FUNCTION' AND", 'routine_schema'],
  package: ['routine_name', "routines WHERE routine_type = 'PACKAGE' AND", 'routine_schema'],
  'package body': ['routine_name', "routines WHERE routine_type = 'PACKAGE BODY' AND", 'routine_schema'],
  event: ['event_name', 'events WHERE', 'event_schema'],
}

/** Lists what is in a database; undefined when there is no such database. */
export async function contentsOf(admin: Pick<Admin, 'rows'>, database: string): Promise<Contents | undefined> {
  return contentsIn(await admin.rows(listsOf(database)))
}

function listsOf(database: string): string {
  const name = quoteText(database)
  const queries = Object.entries(LISTS).map(
    ([kind, [column, from, schema, order = '2']]) =>
      `SELECT '${kind}', ${column} FROM information_schema.${from} ${schema} = ${name} ORDER BY ${order};`,
  )
  const exists = `SELECT 'database', default_collation_name FROM information_schema.schemata WHERE schema_name = ${name};`
  const versioned = `SELECT 'versioned', table_name FROM information_schema.tables WHERE table_type = 'SYSTEM VERSIONED' AND table_schema = ${name} ORDER BY 2;`
  const triggers = `SELECT 'acts on', trigger_name, event_object_table FROM information_schema.triggers WHERE trigger_schema = ${name};`
  return [exists, versioned, triggers, ...queries].join(' ')
}

function contentsIn(rows: readonly (readonly string[])[]): Contents | undefined {
  const [, collation] = rows.find(([kind]) => kind === 'database') ?? []
  if (collation === undefined) return undefined
  const named = (wanted: string): string[] => rows.filter(([kind]) => kind === wanted).map(([, found]) => found!)
  const lists = Object.keys(LISTS).map(kind => [kind, named(kind)] as const)
  const tableOf = Object.fromEntries(rows.filter(([kind]) => kind === 'acts on').map(([, trigger, table]) => [trigger!, table!]))
  const byKind = Object.fromEntries(lists) as unknown as Record<ObjectKind, string[]>
  return { ...byKind, versioned: named('versioned'), tableOf, collation }
}

/** These tables of a database, with their triggers, and nothing else of it. */
export function ofTables(contents: Contents, tables: readonly string[]): Contents {
  const nothing = Object.fromEntries(Object.keys(LISTS).map(kind => [kind, []])) as unknown as Record<ObjectKind, string[]>
  const isOfThese = (table: string | undefined): boolean => table !== undefined && tables.includes(table)
  return {
    ...contents,
    ...nothing,
    table: contents.table.filter(isOfThese),
    trigger: contents.trigger.filter(trigger => isOfThese(contents.tableOf[trigger])),
  }
}

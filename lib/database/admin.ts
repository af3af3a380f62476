import { Secret } from '../core/secret.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import { adminOptions } from './option-file.ts'
import { quoteText } from './sql.ts'
import { connectOption, lockWaitSetting, queryLimits } from './time-limits.ts'

/** What an administrator of the database server may do for a restore. SQL travels by standard input: it can hold a password. */
export interface Admin {
  /** Runs statements that change something. */
  readonly run: (sql: string | Secret) => Promise<void>
  /** Gives what a query prints: a row a line, tabs between columns. */
  readonly text: (sql: string) => Promise<string>
  /** Gives the rows that statements print, as their columns, whatever characters are in them. */
  readonly rows: (sql: string) => Promise<string[][]>
  /** Gives the one JSON value that a query selects. */
  readonly ask: <Value>(sql: string) => Promise<Value>
}

/** The administrator's session settings: lists as long as they are, names as they are. */
const sessionOf = (host: Host): string =>
  `SET SESSION group_concat_max_len = 1073741824, sql_mode = '', ${lockWaitSetting(host)};`

export function adminOf(host: Host, shell: Shell): Admin {
  const { clientProgram } = host.database
  const connecting = [...adminOptions(host), connectOption(host)]
  const escaping = [clientProgram, ...connecting, '--batch', '--skip-column-names', '--default-character-set=utf8mb4']
  const client = [...escaping, '--raw']
  const quiet = { onLine: () => {}, ...queryLimits(host) }
  const session = sessionOf(host)
  return {
    run: async sql => {
      const text = typeof sql === 'string' ? sql : sql.reveal()
      await shell.with({ ...quiet, explain: refusal, input: new Secret(`${session}\n${text}`) }).act`${client}`
    },
    rows: async sql => shell.with({ ...quiet, input: `${session} ${sql}` }).ask(rowsIn)`${escaping}`,
    text: async sql => shell.with({ ...quiet, input: `${session} ${sql}` }).ask(String)`${client}`,
    ask: async sql => shell.with({ ...quiet, input: `${session} ${sql}` }).ask(text => JSON.parse(text))`${client}`,
  }
}

/** The server names the statement that it refused, which can be very long: its last line says why. */
function refusal({ stderr }: { stderr: string }): Error | undefined {
  const said = stderr.split('\n').findLast(line => line.startsWith('ERROR '))
  return said === undefined ? undefined : new Error(`the database server refused: ${said}`)
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', 0: '\0' }

/** What the client prints in its batch form: a row a line, tabs between columns, either of them escaped in a value. */
export const rowsIn = (printed: string): string[][] =>
  printed
    .split('\n')
    .slice(0, -1)
    .map(line => line.split('\t').map(value => value.replace(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter)))

export type ObjectKind = 'table' | 'view' | 'trigger' | 'procedure' | 'function' | 'event'

/** What is in a database, by kind, in the order of their names. */
export type Contents = Readonly<Record<ObjectKind, readonly string[]>>

/** Where information_schema lists each kind: table, name and the column of the database. */
const LISTS: Readonly<Record<ObjectKind, readonly [from: string, name: string, database: string]>> = {
  table: ["tables WHERE table_type <> 'VIEW' AND", 'table_name', 'table_schema'],
  view: ['views WHERE', 'table_name', 'table_schema'],
  trigger: ['triggers WHERE', 'trigger_name', 'trigger_schema'],
  procedure: ["routines WHERE routine_type = 'PROCEDURE' AND", 'routine_name', 'routine_schema'],
  function: ["routines WHERE routine_type = 'FUNCTION' AND", 'routine_name', 'routine_schema'],
  event: ['events WHERE', 'event_name', 'event_schema'],
}

/** Lists what is in a database; undefined when there is no such database. */
export async function contentsOf(admin: Admin, database: string): Promise<Contents | undefined> {
  const name = quoteText(database)
  const exists = `(SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ${name})`
  const lists = Object.entries(LISTS).map(([kind, [from, column, schema]]) => {
    const rows = `SELECT ${column} AS name FROM information_schema.${from} ${schema} = ${name} ORDER BY 1`
    // JSON_OBJECT takes a text for a text, so each list is unpacked from one below
    return `'${kind}', (SELECT COALESCE(JSON_ARRAYAGG(name), '[]') FROM (${rows}) AS list)`
  })
  const { exists: count, ...found } = await admin.ask<Record<string, unknown>>(
    `SELECT JSON_OBJECT('exists', ${exists}, ${lists.join(', ')});`,
  )
  if (count === 0) return undefined
  const unpacked = Object.entries(found).map(([kind, list]) => [kind, typeof list === 'string' ? JSON.parse(list) : list])
  return Object.fromEntries(unpacked) as Contents
}

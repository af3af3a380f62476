import { appendFile, open } from 'node:fs/promises'
import type { Host } from '../inventory/schema.ts'
import { type Admin, QUERY_OPTIONS, queriesOf } from './admin.ts'
import type { DatabaseClient } from './client.ts'
import { type Contents, contentsOf, type ObjectKind } from './contents.ts'
import { type DefinitionKind, definitionsIn, showDefinitions, type Unreadable } from './definitions.ts'
import { commentLines, definitionsText } from './dump-definitions.ts'
import { COMPLETION_LINE, isComplete, SANDBOX_LINE } from './dump-file.ts'
import { copyTables } from './dump-sections.ts'
import { type Dumping, dumpTables, dumpViews } from './dump-tables.ts'
import { exactFloats } from './exact-floats.ts'
import { importDoubts } from './import-doubts.ts'
import { queryLimits } from './time-limits.ts'

/** A dump to be made. */
export interface DumpOrder {
  readonly host: Host
  /** Whoever may read all of the database: its administrator or, on another server, the site's account. */
  readonly client: DatabaseClient
  readonly database: string
  /** Where it is written. */
  readonly file: string
  /** The newest good dump, if there is one: the rows of a table that cannot be dumped today are taken from it. */
  readonly former: string | undefined
}

/** Something of a database that could not be dumped. */
export interface NotDumped {
  readonly kind: ObjectKind
  readonly name: string
  readonly error: string
  /** Its rows of an earlier dump are in this one. */
  readonly isKept: boolean
}

/** What became of a dump. */
export interface DumpResult {
  readonly notDumped: readonly NotDumped[]
  /** What does not come back as it is, or not everywhere: a sentence each. */
  readonly doubts: readonly string[]
}

/**
 * Dumps a database: its tables in one transaction, then what it defines besides them, in the order in which it can be
 * made again. What cannot be dumped is left out, or kept as it was in the former dump, and told; the rest is dumped.
 * What an import would leave out is told too.
 * @throws when the dump failed as a whole
 */
export async function writeDump({ host, client, database, file, former }: DumpOrder): Promise<DumpResult> {
  const dumping: Dumping = { host, client, database }
  const queries = queriesOf(host, client)
  const contents = await contentsOf(queries, database)
  if (contents === undefined) throw new Error(`there is no database "${database}" that could be dumped`)
  const tables = await dumpTables(dumping, contents, file)
  const notDumped: NotDumped[] = []
  const doubts: string[] = []
  await client.shell.act(`add what ${database} defines besides its tables`, async () => {
    if (!(await isComplete(file))) throw new Error('the dump is not complete: it does not end with its completion line')
    const names = tables.map(({ name }) => name)
    const kept = former === undefined ? [] : await copyTables(former, file, names)
    for (const { name, error } of tables) notDumped.push({ kind: 'table', name, error, isKept: kept.includes(name) })
    doubts.push(...(await addExactFloats(dumping, queries, contents, file)))
    notDumped.push(...(await addDefinitions(dumping, queries, contents, file)))
    const remarks = notDumped.map(one => commentLines(remarkOf(one)))
    await appendFile(file, [...remarks, COMPLETION_LINE].join('\n'))
    doubts.push(...(await importDoubts(file, database, queries)))
  })
  return { notDumped, doubts }
}

const remarkOf = ({ kind, name, error, isKept }: NotDumped): string =>
  `${isKept ? 'As in an earlier dump' : 'Not in this dump'}: ${kind} ${name}: ${error}`

async function addExactFloats(
  { host, client, database }: Dumping,
  queries: Admin,
  { versioned }: Contents,
  file: string,
): Promise<readonly string[]> {
  const { queries: selects, rounded } = await exactFloats(queries, database, versioned)
  if (selects.length > 0) {
    const shell = client.shell.with({
      ...queryLimits(host),
      input: selects.join('\n'),
      stdout: () => open(file, 'a'),
      onLine: () => {},
    })
    await shell.act`${client.words(host.database.clientProgram, [...QUERY_OPTIONS, '--raw'])}`
  }
  return rounded.map(table => `the columns of type FLOAT in its table ${table} are dumped with six digits only`)
}

async function addDefinitions(dumping: Dumping, queries: Admin, contents: Contents, file: string): Promise<readonly NotDumped[]> {
  const { database } = dumping
  const unreadable: Unreadable[] = []
  const textOf = async (kinds: readonly DefinitionKind[]): Promise<string> => {
    const found = await showDefinitions(queries, database, definitionsIn(contents, kinds))
    unreadable.push(...found.unreadable)
    return definitionsText(found.shown, contents.collation)
  }
  const routines = await textOf(['function', 'procedure', 'package', 'package body'])
  const views = await dumpViews(dumping, contents.view)
  const others = await textOf(['trigger', 'event'])
  const ofDatabase = `ALTER DATABASE COLLATE ${contents.collation};`
  await appendFile(file, ['', ofDatabase, routines, views.text.replace(SANDBOX_LINE, ''), others].join('\n'))
  const notDumped = [...views.undumped.map(({ name, error }) => ({ kind: 'view' as const, name, error })), ...unreadable]
  return notDumped.map(one => ({ ...one, isKept: false }))
}

import { hash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { bootId } from '../engine/kernel.ts'
import type { Host } from '../inventory/schema.ts'
import { type Admin, QUERY_OPTIONS, queriesOf, sessionOf } from './admin.ts'
import type { DatabaseClient } from './client.ts'
import type { Contents, ObjectKind } from './contents.ts'
import { type Definition, type DefinitionKind, definitionsIn, showDefinitions, type Unreadable } from './definitions.ts'
import { commentLines, definitionsText } from './dump-definitions.ts'
import { dumpFacts } from './dump-facts.ts'
import type { Undumped } from './dump-failures.ts'
import { bytesOf, SANDBOX_LINE } from './dump-file.ts'
import type { DumpFolder } from './dump-folder.ts'
import { partName } from './dump-parts.ts'
import { type DumpRecord, type KnownTable, whyUnknown } from './dump-record.ts'
import { type Dumping, dumpTables, dumpViews } from './dump-tables.ts'
import { exactFloats } from './exact-floats.ts'
import { ImportDoubts } from './import-doubts.ts'
import type { OpenedDump } from './opened-dump.ts'
import { columnsSum, definitionSum, refreshTables } from './refresh.ts'
import type { PlainTable } from './row-text.ts'
import { beginsFloats, beginsTable, type Splitting, splitDump } from './split-dump.ts'
import { tableFile } from './table-file.ts'
import { queryLimits } from './time-limits.ts'

/** A dump to be made. */
export interface DumpOrder {
  readonly host: Host
  /** Whoever may read all of the database: its administrator or, on another server, the site's account. */
  readonly client: DatabaseClient
  readonly database: string
  /** Where it is written. What it has of the night before is taken for a table that cannot be dumped today. */
  readonly into: DumpFolder
  /** The newest good dump, where that is one file. */
  readonly former: OpenedDump | undefined
  /** What is remembered of the newest one. */
  readonly record: DumpRecord | undefined
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
  /** Gives what is to be remembered of it once it is in place; undefined for nothing. */
  readonly recorded: () => Promise<DumpRecord | undefined>
}

/**
 * Dumps a database: its tables in one transaction, then what it defines besides them, in the order in which it can be
 * made again. What cannot be dumped is left out, or kept as it was in the former dump, and told; the rest is dumped.
 * What an import would leave out is reported too.
 * @throws when the dump failed as a whole
 */
export async function writeDump({ host, client, database, into, former, record }: DumpOrder): Promise<DumpResult> {
  const dumping: Dumping = { host, client, database }
  const queries = queriesOf(host, client)
  const { contents, plain, server, packet } = await dumpFacts(queries, dumping)
  const doubts = new ImportDoubts(database)
  const views = client.isKept ? await viewsSum(queries, database, contents, plain.viewColumns) : ''
  const here = { made: `2 ${server}`, database, boot: bootId() }
  const now = client.shell.now()
  const isKnown = whyUnknown(record, { ...here, now, files: into.marks() ?? {} }) === undefined
  const refreshed =
    isKnown && plain.tables ? await refreshTables(dumping, { record: record!, tables: plain.tables }, into, doubts) : undefined
  const tables = refreshed ? [] : await dumpTables(dumping, contents, into, doubts)
  const ofTables = doubts.known
  const notDumped: NotDumped[] = []
  const rounded: string[] = []
  const writing: Writing = {
    dumping,
    queries,
    contents,
    into,
    doubts,
    hasSameViews: refreshed !== undefined && views !== '' && views === record?.views,
  }
  await client.shell.act(`add what ${database} defines besides its tables`, async () => {
    const names = tables.map(({ name }) => name)
    const kept = await keepTables(names, into, former)
    for (const { name, error } of tables) notDumped.push({ kind: 'table', name, error, isKept: kept.includes(name) })
    if (!refreshed) rounded.push(...(await addExactFloats(writing, names)))
    notDumped.push(...(await addDefinitions(writing)))
    into.complete(notDumped.map(one => `${commentLines(remarkOf(one))}\n`).join(''))
  })
  const recorded = async (): Promise<DumpRecord | undefined> => {
    if (notDumped.length > 0 || !client.isKept || !plain.tables) return undefined
    const key = refreshed ? record!.key : randomBytes(16).toString('hex')
    const known = refreshed ?? knownTables(plain.tables, into)
    const wholeAt = refreshed ? record!.wholeAt : now
    // a view that was another one while the dump was made
    const isSame = refreshed !== undefined || views === (await viewsSum(queries, database, contents, plain.viewColumns))
    const files = into.marks() ?? {}
    return known && { ...here, wholeAt, key, files, tables: known, views: isSame ? views : '', doubts: ofTables }
  }
  return { notDumped, doubts: [...rounded, ...doubts.sentences({ has: packet, isKeptUp: plain.tables !== undefined })], recorded }
}

/** A dump that is being written. */
interface Writing {
  readonly dumping: Dumping
  readonly queries: Admin
  readonly contents: Contents
  readonly into: DumpFolder
  readonly doubts: ImportDoubts
  /** Whether its views are those of the dump before. */
  readonly hasSameViews: boolean
}

/** Adds what is printed to the parts that it begins, or to the first one. */
const add = async (
  { into, doubts }: Writing,
  output: AsyncIterable<Buffer>,
  first: string,
  begins: Splitting['begins'],
): Promise<void> => {
  await splitDump(output, { first, begins, take: (part, bytes) => into.take(part, bytes), look: doubts.look })
}

async function addText(writing: Writing, part: string, text: string): Promise<void> {
  if (text !== '') await add(writing, Readable.from([Buffer.from(text)]), part, () => undefined)
}

const remarkOf = ({ kind, name, error, isKept }: NotDumped): string =>
  `${isKept ? 'As in an earlier dump' : 'Not in this dump'}: ${kind} ${name}: ${error}`

/** Takes tables as they are in the dump of the last night. @returns those that it has */
async function keepTables(
  names: readonly string[],
  into: DumpFolder,
  former: OpenedDump | undefined,
): Promise<readonly string[]> {
  const parts = names.map(name => partName('table', name))
  const found = new Set(parts.filter(part => into.keep(part)))
  for (const name of names) into.keep(partName('floats', name))
  const lacking = parts.filter(part => !found.has(part))
  if (former && lacking.length > 0)
    await splitDump(bytesOf(former.paths), {
      first: partName('begin'),
      begins: beginsTable,
      take: (part, bytes) => {
        if (!lacking.includes(part)) return
        found.add(part)
        into.take(part, bytes)
      },
    })
  into.finishPart()
  return names.filter(name => found.has(partName('table', name)))
}

/** @param undumped tables that cannot be read today */
async function addExactFloats(writing: Writing, undumped: readonly string[]): Promise<readonly string[]> {
  const { dumping, queries, contents, into, doubts } = writing
  const { host, client, database } = dumping
  const { queries: selects, rounded } = await exactFloats(queries, database, { versioned: contents.versioned, undumped })
  if (selects.length > 0) {
    const begun = new Set<string>()
    // what comes before restores the client's own character set
    const take = (part: string, bytes: Buffer): void => {
      if (!begun.has(part)) into.take(part, Buffer.from('SET NAMES utf8mb4;\n'))
      begun.add(part)
      into.take(part, bytes)
    }
    const takeOutput = async (output: Readable): Promise<void> =>
      void (await splitDump(output, { first: partName('floats'), begins: beginsFloats, take, look: doubts.look }))
    const shell = client.shell.with({
      ...queryLimits(host),
      input: [sessionOf(host), ...selects].join('\n'),
      takeOutput,
      onLine: () => {},
    })
    await shell.act`${client.words(host.database.clientProgram, [...QUERY_OPTIONS, '--raw'])}`
  }
  return rounded.map(table => `the columns of type FLOAT in its table ${table} are dumped with six digits only`)
}

/** They are added again all the same: what of them cannot be imported is reported each night. */
function lastViews({ into }: Writing): { readonly text: string; readonly undumped: readonly Undumped[] } {
  using last = into.lastPart(partName('views'))
  return { text: last?.text(LONGEST_VIEWS) ?? '', undumped: [] }
}

const LONGEST_VIEWS = 64 << 20

/** What the text of all views depends on, hashed; empty where one of them is not shown. */
async function viewsSum(queries: Admin, database: string, contents: Contents, columns: string): Promise<string> {
  const { shown, unreadable } = await showDefinitions(queries, database, definitionsIn(contents, ['view']))
  return unreadable.length > 0 ? '' : hash('sha256', JSON.stringify([shown, columns]))
}

/** What the files of a dump in place say of its tables; undefined where one is not made as it is known to be. */
function knownTables(tables: readonly PlainTable[], into: DumpFolder): DumpRecord['tables'] | undefined {
  const found: Record<string, KnownTable> = {}
  for (const table of tables) {
    using last = into.placedPart(partName('table', table.name))
    const file = last && tableFile(last, table.name)
    if (!file) return undefined
    found[table.name] = { definition: definitionSum(file.definition), columns: columnsSum(table) }
  }
  return found
}

const ROUTINES = ['function', 'procedure', 'package', 'package body'] as const

async function addDefinitions(writing: Writing): Promise<readonly NotDumped[]> {
  const { dumping, queries, contents } = writing
  const unreadable: Unreadable[] = []
  const shownOf = async (kinds: readonly DefinitionKind[]): Promise<readonly Definition[]> => {
    const found = await showDefinitions(queries, dumping.database, definitionsIn(contents, kinds))
    unreadable.push(...found.unreadable)
    return found.shown
  }
  const textOf = (shown: readonly Definition[]): string => definitionsText(shown, contents.collation)
  const ofDatabase = `\nALTER DATABASE COLLATE ${contents.collation};\n`
  await addText(writing, partName('routines'), ofDatabase + textOf(await shownOf(ROUTINES)))
  const views = writing.hasSameViews ? lastViews(writing) : await dumpViews(dumping, contents.view)
  await addText(writing, partName('views'), views.text.replace(SANDBOX_LINE, ''))
  const triggers = Map.groupBy(await shownOf(['trigger']), ({ name }) => contents.tableOf[name])
  for (const [table, ofTable] of triggers) await addText(writing, partName('triggers', table), textOf(ofTable))
  await addText(writing, partName('events'), textOf(await shownOf(['event'])))
  const notDumped = [...views.undumped.map(({ name, error }) => ({ kind: 'view' as const, name, error })), ...unreadable]
  return notDumped.map(one => ({ ...one, isKept: false }))
}

import { hash, randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { Secret } from '../core/secret.ts'
import { endOfAnswer, QUERY_OPTIONS, sessionOf } from './admin.ts'
import { type Compared, printChanged } from './compare-tables.ts'
import { piecesOf } from './dump-file.ts'
import type { DumpFolder } from './dump-folder.ts'
import { partName } from './dump-parts.ts'
import type { DumpRecord, KnownTable } from './dump-record.ts'
import type { Dumping } from './dump-tables.ts'
import type { ImportDoubts } from './import-doubts.ts'
import { type Printed, takePrinted } from './printed-tables.ts'
import { isSum, type Rows } from './row-sum.ts'
import type { PlainTable } from './row-text.ts'
import { headWith, rowsOf, tableFile, withoutCounter } from './table-file.ts'
import { connectOption } from './time-limits.ts'

/** A dump that was made before, and the tables that there are now. */
export interface Former {
  readonly record: DumpRecord
  readonly tables: readonly PlainTable[]
}

/** The columns that the lines of its rows are made of, as they are remembered. */
export const columnsSum = ({ columns, key }: PlainTable): string => hash('sha256', JSON.stringify([columns, key]))

/** What SHOW CREATE TABLE says, as it is remembered. */
export const definitionSum = (definition: string): string => hash('sha256', definition)

/**
 * Brings the dump of an earlier night up to date: of a table whose rows and definition are those of its file, the file
 * is kept, and no row leaves the server. All tables are those of one moment. Whatever else is new of a table than rows
 * and the next number of its counter, or goes wrong, needs another dump of all.
 * @returns what is known of the tables now; undefined where all has to be dumped
 */
export async function refreshTables(
  dumping: Dumping,
  { record, tables }: Former,
  into: DumpFolder,
  doubts: ImportDoubts,
): Promise<DumpRecord['tables'] | undefined> {
  const compared = tables.map(table => ({ table, known: record.tables[table.name]! }))
  if (
    compared.some(({ known, table }) => known?.columns !== columnsSum(table)) ||
    compared.length !== Object.keys(record.tables).length
  )
    return undefined
  doubts.startFrom(record.doubts)
  try {
    return await printInto(dumping, record.key, compared, into, doubts)
  } catch (error) {
    if (dumping.client.shell.stop.aborted) throw error
    return undefined // a dump of all of it says better what is wrong
  }
}

function keep(part: string, into: DumpFolder): void {
  if (!into.keep(part)) throw new NotAsKnown(part)
}

/** What comes before all tables, and after them. */
function keepEnds(into: DumpFolder): void {
  for (const part of ['begin', 'end'] as const) keep(partName(part), into)
}

/** More than rows has changed. */
class NotAsKnown extends Error {}

async function printInto(
  { host, client, database }: Dumping,
  key: string,
  tables: readonly Compared[],
  into: DumpFolder,
  doubts: ImportDoubts,
): Promise<DumpRecord['tables']> {
  const mark = randomBytes(16).toString('hex') // what is printed comes from strangers, who cannot know it
  const found: Record<string, KnownTable> = {}
  const takeOutput = async (output: Readable): Promise<void> => {
    into.prepare()
    keepEnds(into)
    let name = ''
    let tail: Buffer | undefined
    const part = (): string => partName('table', name)
    const endPart = (): void => {
      if (tail) into.take(part(), tail)
      tail = undefined
    }
    const table = (printed: Printed): void => {
      endPart()
      name = printed.table.name
      found[name] = { ...printed.known, definition: definitionSum(printed.definition) }
      tail = beginPart(part(), printed, into)
    }
    const rows = (lines: readonly Buffer[]): void => {
      for (const line of lines) doubts.look.line(line)
      for (const piece of piecesOf(lines)) into.take(part(), piece)
    }
    const sum = (all: Rows): void => {
      found[name] = { ...found[name]!, rows: isSum(all) ? all : undefined }
    }
    await takePrinted(output, mark, tables, { table, rows, sum })
    endPart()
    into.finishPart()
  }
  const shell = client.shell.with({
    ...{ timeout: host.deadlines.dump, idleTimeout: host.deadlines.query },
    input: new Secret(`${sessionOf(host)}\n${printChanged(database, key, mark, tables)}`),
    takeOutput,
    onLine: () => {},
    endOfAnswer,
  })
  const options = [...QUERY_OPTIONS, '--raw', '--quick', '--max-allowed-packet=1G', connectOption(host)]
  await shell.act`${client.words(host.database.clientProgram, options)}`
  return found
}

/** Keeps the file of a table, or begins it anew. @returns what comes after its rows, where it is begun */
function beginPart(
  part: string,
  { table: { name }, known, definition, isChanged }: Printed,
  into: DumpFolder,
): Buffer | undefined {
  if (!isChanged && definitionSum(definition) === known.definition) {
    keep(part, into)
    return undefined
  }
  using last = into.lastPart(part)
  const file = last && tableFile(last, name)
  if (!file || withoutCounter(file.definition) !== withoutCounter(definition)) throw new NotAsKnown(name)
  into.take(part, headWith(file, definition))
  if (!isChanged) for (const bytes of rowsOf(last, file)) into.take(part, bytes)
  return file.tail
}

import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beginsWith, bytesOf, linesOf } from './dump-file.ts'
import { partName, partNamed } from './dump-parts.ts'
import type { OpenedDump } from './opened-dump.ts'
import { beginsFloats, beginsTable, type Splitting, splitDump } from './split-dump.ts'

/** The tables that a dump has. */
export async function tablesIn(dump: OpenedDump): Promise<readonly string[]> {
  const names = new Set(dump.files.map(({ name }) => name))
  if (!dump.isFolder) await splitDump(bytesOf(dump.paths), { ...ofOneFile(), take: part => names.add(part) })
  return [...names]
    .map(partNamed)
    .filter(part => part?.kind === 'table')
    .map(part => part!.of!)
}

/**
 * The files of a dump that bring back some of its tables, with their triggers where they are known, in their order.
 * Sequences come too: a table can want one.
 * @param beside a folder for the parts of a dump that is one file
 */
export async function filesOfTables(dump: OpenedDump, tables: readonly string[], beside: string): Promise<readonly string[]> {
  const ofTables = tables.flatMap(table => [partName('table', table), partName('floats', table), partName('triggers', table)])
  const isWanted = (name: string): boolean =>
    ['begin', 'sequence', 'end'].includes(partNamed(name)?.kind ?? '') || ofTables.includes(name)
  if (dump.isFolder) return dump.files.filter(({ name }) => isWanted(name)).map(({ path }) => path)
  return await takeApart(dump, isWanted, beside)
}

/** Whether one of these tables refers to a table, as far as a dump that is a folder tells. */
export async function haveForeignKeys(dump: OpenedDump, tables: readonly string[]): Promise<boolean> {
  const parts = tables.map(table => partName('table', table))
  for (const { path } of dump.files.filter(({ name }) => parts.includes(name))) if (await hasForeignKey(path)) return true
  return false
}

async function hasForeignKey(path: string): Promise<boolean> {
  for await (const lines of linesOf([path]))
    for (const line of lines) {
      if (beginsWith(line, '  CONSTRAINT ') && line.includes(' FOREIGN KEY ')) return true
      if (beginsWith(line, ')')) return false
    }
  return true // it ends before its table does
}

/** How a dump is taken apart that is one file, as in older sets: what it defines besides tables is its last part. */
function ofOneFile(): Pick<Splitting, 'first' | 'begins'> {
  let isPast = false
  const begins = (statement: string): string | undefined => {
    isPast ||= statement.startsWith('ALTER DATABASE ')
    return isPast ? partName('complete') : (beginsTable(statement) ?? beginsFloats(statement))
  }
  return { first: partName('begin'), begins }
}

async function takeApart(dump: OpenedDump, isWanted: (name: string) => boolean, beside: string): Promise<readonly string[]> {
  const files = new Map<string, number>()
  const take = (part: string, bytes: Buffer): void => {
    if (!isWanted(part)) return
    const file = files.get(part) ?? openSync(join(beside, part), 'w', 0o600)
    files.set(part, file)
    writeFileSync(file, bytes)
  }
  try {
    await splitDump(bytesOf(dump.paths), { ...ofOneFile(), take })
  } finally {
    for (const file of files.values()) closeSync(file)
  }
  return [...files.keys()].toSorted().map(part => join(beside, part))
}

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type BackupSet, setsOf } from '../core/collection.ts'
import { printTime } from '../core/restore-point.ts'
import { formatBytes } from '../core/size.ts'
import { collectionOf } from '../duplicity/listing.ts'

/** A table of the sets in an archive: one line a set, from the names and sizes of its files. */
export function archiveTable(archive: string): string {
  const rows = sitesIn(archive).flatMap(site => setsIn(join(archive, site)).map(set => rowOf(site, set)))
  return align([['site', 'set', 'taken', 'volumes', 'size'], ...rows], [3, 4])
}

function sitesIn(archive: string): string[] {
  const entries = readdirSync(archive, { withFileTypes: true })
  return entries.flatMap(entry => (entry.isDirectory() ? [entry.name] : [])).toSorted()
}

function setsIn(folder: string): BackupSet[] {
  const files = readdirSync(folder).map(name => ({ name, bytes: statSync(join(folder, name)).size }))
  return collectionOf(files).chains.flatMap(setsOf)
}

const rowOf = (site: string, { kind, time, volumes, bytes }: BackupSet): string[] => [
  site,
  kind,
  printTime(time),
  String(volumes.length),
  formatBytes(bytes),
]

/** Columns of equal width, two spaces between them; the columns in `right` are numbers. */
function align(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  const cell = (text: string, column: number): string =>
    right.includes(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
  return rows.map(row => `  ${row.map(cell).join('  ')}`.trimEnd()).join('\n')
}

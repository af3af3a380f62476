import { FOLDER } from './tree-lines.ts'
import { counted, listed, printable } from './wording.ts'
import { pathClass } from './wordpress-noise.ts'
import { WRITTEN, type Written } from './written-tables.ts'

/** A site's contents at one time, to find out later what was changed since. */
export interface SiteLook {
  /** By path: whatever changes with the file. */
  readonly files: Readonly<Record<string, string>>
  /** The checksum of a table (`database.table`), but for what visits change; of a view, trigger, … that of its text. */
  readonly tables: Readonly<Record<string, string>>
  /** By table (`database.table`), of those in which each row is somebody's: by key, what it is and a digest. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** When Holdfast itself asked the site for a page, after its files were looked at; ms since the epoch. */
  readonly asked?: { readonly from: number; readonly to: number } | undefined
}

export interface WrittenRow {
  readonly kind: Written
  /** `database.table`. */
  readonly table: string
  readonly key: string
  readonly how: 'added' | 'changed' | 'removed'
  readonly label?: string
}

export interface LocalChanges {
  readonly rows: readonly WrittenRow[]
  /** Paths of files that are somebody's, with how. */
  readonly files: readonly { readonly path: string; readonly kind: 'upload' | 'file'; readonly how: WrittenRow['how'] }[]
  /** Tables, definitions and files of which nobody can tell whether a person or a visit changed them. */
  readonly unknown: readonly string[]
  readonly noise: number
}

export function changesBetween(was: SiteLook, is: SiteLook): LocalChanges {
  const isFolder = (path: string): boolean => (is.files[path] ?? was.files[path])!.endsWith(FOLDER)
  const paths = changed(was.files, is.files).map(([path, how]) => {
    // what is in a folder speaks for itself
    const kind = isFolder(path) ? (how === 'changed' ? 'unknown' : 'noise') : pathClass(path)
    const isOwn = kind !== 'noise' && isOfCheck(is.files[path], was)
    return { path, kind: isOwn ? 'unknown' : kind, how }
  })
  const named = (kind: string) => paths.filter(each => each.kind === kind)
  const rows = Object.keys({ ...was.rows, ...is.rows }).flatMap(table => rowsOf(table, was, is))
  const tables = changed(was.tables, is.tables).map(([name]) => name)
  return {
    rows: rows.filter(row => typeof row !== 'string'),
    files: paths.flatMap(({ path, kind, how }) => (kind === 'upload' || kind === 'file' ? [{ path, kind, how }] : [])),
    unknown: [...tables, ...rows.filter(row => typeof row === 'string'), ...named('unknown').map(({ path }) => path)].toSorted(),
    noise: named('noise').length,
  }
}

/** Milliseconds by which the time of an inode, which the kernel counts in ticks, can lie before what happened. */
const TICK = 10

/** Whether a file was last changed while Holdfast asked the site: what a page writes whenever it is asked for. */
function isOfCheck(file: string | undefined, { asked }: SiteLook): boolean {
  const changed = Number(file?.split(' ')[1]) * 1000
  return asked !== undefined && changed >= asked.from - TICK && changed <= asked.to
}

/** Its rows or, where it came or went as a whole, its name. */
function rowsOf(table: string, was: SiteLook, is: SiteLook): (WrittenRow | string)[] {
  const [before, now] = [was.rows[table], is.rows[table]]
  if (!before || !now) return [table]
  return changed(before, now).flatMap(([key, how]): WrittenRow[] => {
    const [, kind] = /^(.+) \w+$/.exec(now[key] ?? before[key] ?? '') ?? []
    const known = WRITTEN.find(each => each === kind)
    return known ? [{ kind: known, table, key, how }] : []
  })
}

type Sums = Readonly<Record<string, string>>

function changed(was: Sums, is: Sums): [name: string, how: WrittenRow['how']][] {
  const has = (sums: Sums, name: string): boolean => Object.hasOwn(sums, name)
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(name => was[name] !== is[name]).toSorted()
  return names.map(name => [name, !has(was, name) ? 'added' : has(is, name) ? 'changed' : 'removed'])
}

export const isWritten = ({ rows, files }: LocalChanges): boolean => rows.length + files.length > 0

/** Whether somebody worked on pages or files, and perhaps settings: visitors write comments, orders, uploads. */
export const isEdited = ({ rows, files }: LocalChanges): boolean =>
  rows.some(({ kind }) => kind === 'post') || files.some(({ kind }) => kind === 'file')

/** Whether a database is as it was, but for what visits leave. */
export const isUntouched = ({ rows, unknown }: LocalChanges, database: string): boolean =>
  !rows.some(({ table }) => table.startsWith(`${database}.`)) &&
  !unknown.some(name =>
    name.replace(/^(view|trigger|procedure|function|package|package body|event) /, '').startsWith(`${database}.`),
  )

/** What somebody wrote, in one line: `1 comment by Ann, 2 uploads (a.jpg, b.jpg)`. */
export function changesText({ rows, files }: LocalChanges): string {
  const uploads = rows.filter(({ kind }) => kind === 'upload')
  const ofFiles = (kind: 'upload' | 'file') => files.filter(each => each.kind === kind).map(({ path }) => path)
  const parts = [
    ...WRITTEN.filter(kind => kind !== 'upload').map(kind => rowsText(kind, rows)),
    // a picture is one row, and a file for each of its sizes
    uploads.length > 0 ? rowsText('upload', rows) : filesText('upload', ofFiles('upload')),
    filesText('file', ofFiles('file')),
  ]
  return parts.filter(part => part !== '').join(', ')
}

function rowsText(kind: Written, rows: readonly WrittenRow[]): string {
  const own = rows.filter(row => row.kind === kind)
  if (own.length === 0) return ''
  const hows = new Set(own.map(({ how }) => how))
  const [how] = hows
  const labels = [...new Set(own.flatMap(({ label = '' }) => (label === '' ? [] : [labelText(label)])))]
  const names = namesText(labels)
  const called = names === '' ? '' : kind === 'comment' ? ` by ${names}` : ` (${names})`
  const things = kind === 'form entry' ? counted(own.length, 'form entry', 'form entries') : counted(own.length, kind)
  return `${things}${called}${hows.size === 1 && how !== 'added' ? ` ${how}` : ''}`
}

const filesText = (kind: string, paths: readonly string[]): string =>
  paths.length === 0 ? '' : `${counted(paths.length, kind)} (${namesText(paths.map(labelText))})`

const namesText = (names: readonly string[]): string => listed(names, 3, ', ')

/** A name that a visitor may have chosen, on one line. */
const labelText = (text: string): string => {
  const line = printable(text).replace(/\s*[\n\t]\s*/g, ' ')
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}

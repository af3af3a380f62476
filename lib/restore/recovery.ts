import { isAbsolute, normalize, resolve } from 'node:path'
import { parseInterval, parseTime } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { claimsIn } from '../core/marker.ts'
import { printTime } from '../core/restore-point.ts'
import { messageOf } from '../core/wording.ts'
import { COMPANION } from '../host/companion.ts'

/** Settings of a site that are of today, whatever day it is brought back to. */
export const OF_TODAY = ['max_NAS_space', 'full_backup_freq']

/**
 * Whether a path says whose the site is, how it is backed up, or is Holdfast's own: it does not come back by itself.
 */
function isOfToday(path: string): boolean {
  const [top = ''] = path.split('/')
  return [...OF_TODAY, COMPANION].includes(top) || claimsIn([top]).length > 0
}

/** What the person who recovers a site asked for. */
export interface Recovery {
  /** Milliseconds since the epoch; the newest backup when undefined. */
  readonly time: number | undefined
  /** Only a backup of a site that is known to have worked. */
  readonly lastGood: boolean
  /** It stays in place whatever the site answers then. */
  readonly anyway: boolean
  /** The same in the person's words. */
  readonly asked: string
  readonly scope: Scope
  /** Restore here and touch nothing live. */
  readonly into: string | undefined
  readonly undo: boolean
  /** Only list the restore points. */
  readonly list: boolean
  /** Which of the kept restores an undo is for; the newest when undefined. */
  readonly kept: string | undefined
  /** No question is asked. */
  readonly yes: boolean
}

type Values = Readonly<Record<string, unknown>>

/** Checks the options of a recovery, before anything is touched. @throws {BadInput} */
export function readRecovery(given: Values, now: number, isTerminal: boolean): Recovery {
  if (given.at !== undefined && given.before !== undefined) throw new BadInput('--before is the same as --at: wanted one of them')
  const values: Values = { ...given, at: given.at ?? given.before }
  const sites = (values.site as string[] | undefined) ?? []
  if (sites.length !== 1)
    throw new BadInput(`--site: found ${sites.length === 0 ? 'none' : sites.length}, wanted the one site to recover`)
  const yes = values.yes === true
  const into = values.into === undefined ? undefined : resolve(values.into as string)
  const undo = values.undo === true
  const paths = outermost(((values.path as string[] | undefined) ?? []).map(checkPath))
  const ofToday = into === undefined ? paths.find(isOfToday) : undefined
  if (ofToday !== undefined)
    throw new BadInput(
      `--path ${ofToday}: it says how the site is kept today and does not come back by itself; look at it with --into`,
    )
  const exclusive = ['age', 'at'].filter(name => values[name] !== undefined)
  if (exclusive.length > 1) throw new BadInput('--age and --at: wanted one of them')
  if (undo && ['age', 'at', 'last-good', 'path', 'table', 'into', 'files-only', 'db-only'].some(name => isGiven(values[name]))) {
    throw new BadInput(
      '--undo swaps the last restore back: it takes no --age, --at, --last-good, --path, --table, --into, --files-only or --db-only',
    )
  }
  const lastGood = values['last-good'] === true
  const kept = values.kept as string | undefined
  if (kept !== undefined && !undo) throw new BadInput('--kept says which recovery --undo is for: wanted both')
  const list = values.list === true
  if (list && (undo || into !== undefined || ['age', 'at', 'last-good', 'path', 'table'].some(name => isGiven(values[name]))))
    throw new BadInput('--list lists the restore points: it takes no --undo, --into, --age, --at, --last-good, --path or --table')
  if (!yes && !list && into === undefined && values['dry-run'] !== true && !isTerminal) {
    throw new BadInput(
      'there is no terminal to ask on: add --yes to go on without a question, or --dry-run to see what would be done',
    )
  }
  return {
    ...readTime(values, now, lastGood),
    scope: readScope(values, paths),
    into,
    undo,
    list,
    kept,
    yes,
    lastGood,
    anyway: values.anyway === true,
  }
}

/** An option that was not given is undefined, false or an empty list. */
const isGiven = (value: unknown): boolean => value !== undefined && value !== false && (!Array.isArray(value) || value.length > 0)

function readTime(values: Values, now: number, lastGood: boolean): Pick<Recovery, 'time' | 'asked'> {
  const given = values.age ?? values.at
  const what = lastGood ? 'the newest backup that is known to be good' : 'the newest backup'
  if (given === undefined) return { time: undefined, asked: what }
  const option = values.age === undefined ? '--at' : '--age'
  const time = timeOf(option, given as string, now)
  if (time > now) {
    throw new BadInput(`${option} ${given}: that is ${printTime(time)}, in the future; leave it out for the newest backup`)
  }
  const isDay = option === '--at' && /^\d+[-/]\d+[-/]\d+$|^\d{8}Z$/.test(given as string)
  const meant = `${printTime(time)}${isDay ? ', the beginning of that day' : ''}`
  return { time, asked: `${lastGood ? `${what}, ` : ''}as of ${given}${option === '--age' ? ' ago' : ''}, that is ${meant}` }
}

/** The earliest moment that a date can say, ms since the epoch. */
const EARLIEST = -8.64e15

function timeOf(option: '--at' | '--age', given: string, now: number): number {
  try {
    return option === '--at' ? parseTime(given, now) : Math.max(now - parseInterval(given, '--age') * 1000, EARLIEST)
  } catch (error) {
    throw new BadInput(messageOf(error))
  }
}

function readScope(values: Values, paths: readonly string[]): Scope {
  const filesOnly = values['files-only'] === true
  const dbOnly = values['db-only'] === true
  const tables = [...new Set((values.table as string[] | undefined) ?? [])]
  if (filesOnly && dbOnly) throw new BadInput('--files-only and --db-only: wanted one of them')
  if (paths.length > 0) {
    if (dbOnly) throw new BadInput('--path brings back files: it does not go with --db-only')
    if (tables.length > 0) throw new BadInput('--path brings back files: it does not go with --table')
    return { files: false, database: false, paths, tables }
  }
  if (tables.length > 0) {
    if (filesOnly) throw new BadInput('--table brings back a part of the database: it does not go with --files-only')
    if (tables.includes('')) throw new BadInput('--table: wanted the name of a table, such as wp_posts')
    return { files: false, database: true, paths, tables }
  }
  return { ...WHOLE, files: !dbOnly, database: !filesOnly }
}

function checkPath(path: string): string {
  const clean = normalize(path).replace(/\/+$/, '')
  if (clean === '' || clean === '.' || isAbsolute(path) || clean.split('/').includes('..') || clean.startsWith('-')) {
    throw new BadInput(
      `--path ${JSON.stringify(path)}: wanted a file or folder of the site, relative to its folder, such as SITE/wp-content/uploads`,
    )
  }
  return clean
}

/** Each path once, and none that lies within another: it comes with that one. */
const outermost = (paths: readonly string[]): string[] =>
  [...new Set(paths)].filter(path => !paths.some(other => path.startsWith(`${other}/`)))

/** How much of a site is brought back. */
export interface Scope {
  /** All files, certificates and the web server's configuration among them. */
  readonly files: boolean
  readonly database: boolean
  /** Single files or folders, relative to the site's folder, instead of all. */
  readonly paths: readonly string[]
  /** Single tables of the database, instead of all. */
  readonly tables: readonly string[]
}

export const WHOLE: Scope = { files: true, database: true, paths: [], tables: [] }

/** What has to be fetched from the set: paths in it, or undefined for the whole. */
export function partsOf(scope: Scope): readonly string[] | undefined {
  if (scope.paths.length > 0) return scope.paths
  return scope.files ? undefined : [COMPANION]
}

/** What is brought back, in words that go after "the live": `files and database`, the paths, or `table wp_posts`. */
export function whatOf({ files, database, paths, tables }: Scope): string {
  if (paths.length > 0) return paths.join(', ')
  if (tables.length > 0) return `${tables.length === 1 ? 'table' : 'tables'} ${tables.join(', ')}`
  return [...(files ? ['files'] : []), ...(database ? ['database'] : [])].join(' and ')
}

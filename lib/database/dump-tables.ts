import { type FileHandle, open, rm } from 'node:fs/promises'
import { CommandFailed } from '../engine/process.ts'
import type { Host } from '../inventory/schema.ts'
import type { DatabaseClient } from './client.ts'
import type { Contents } from './contents.ts'
import { dumpFailures, type Undumped } from './dump-failures.ts'
import { dumpLimits } from './time-limits.ts'

/**
 * Options that make a dump consistent (one transaction), exact (binary columns in hex) and much the same from one day
 * to the next: ordered by key, one row a line, no date. What is no table is dumped otherwise, and an error ends only
 * what it is about. Sources: mariadb-dump(1); the sizes in reference/cost.md.
 */
const SHAPE = [
  ...['--single-transaction', '--quick', '--skip-lock-tables', '--skip-triggers', '--hex-blob', '--order-by-primary'],
  ...['--skip-extended-insert', '--skip-dump-date', '--skip-add-locks', '--no-autocommit', '--no-tablespaces', '--force'],
  ...['--default-character-set=utf8mb4', '--max-allowed-packet=1G'],
]

/** Times that one dump is tried, each without what the last one could not dump. */
const MOST_TRIES = 5

/** What is to be dumped of a database. */
export interface Dumping {
  readonly host: Host
  readonly client: DatabaseClient
  readonly database: string
}

/**
 * Dumps all tables of a database into a file, in one transaction, less those that cannot be dumped. Views are left out.
 * @returns what could not be dumped
 * @throws when it failed as a whole
 */
export async function dumpTables(
  dumping: Dumping,
  { table, view, versioned }: Pick<Contents, 'table' | 'view' | 'versioned'>,
  file: string,
): Promise<readonly Undumped[]> {
  const { database, client } = dumping
  const shell = client.shell.with({ stdout: () => madeAnew(file), onLine: () => {} })
  const ignored = (names: readonly string[]): string[] => names.map(name => `--ignore-table=${database}.${name}`)
  return await withoutFailing(table, async left => {
    const history = versioned.length === 0 ? [] : ['--loose-dump-history']
    const words = wordsFor(dumping, [...history, ...ignored([...view, ...left])], [])
    await shell.with(dumpLimits(dumping.host, file)).act`${words}`
  })
}

/**
 * What has the name of an unfinished dump may have come with a restored folder: a link there is removed, not followed,
 * and a pipe is not waited for.
 */
async function madeAnew(file: string): Promise<FileHandle> {
  await rm(file, { force: true })
  return await open(file, 'wx', 0o600)
}

/**
 * Gives the text that makes some views, with a placeholder for each first, since one can want another; and those that
 * cannot be dumped.
 */
export async function dumpViews(
  dumping: Dumping,
  views: readonly string[],
): Promise<{ readonly text: string; readonly undumped: readonly Undumped[] }> {
  const viewShell = dumping.client.shell.with({ timeout: dumping.host.deadlines.dump, onLine: () => {} })
  let text = ''
  const undumped = await withoutFailing(views, async left => {
    const wanted = views.filter(name => !left.includes(name))
    text = wanted.length === 0 ? '' : await viewShell.ask(String)`${wordsFor(dumping, [], wanted)}`
  })
  return { text, undumped }
}

/**
 * Names come behind `--`, or as part of an option's word: none of them is an option itself, whatever it is called
 * (S41).
 */
const wordsFor = (
  { host, client, database }: Dumping,
  options: readonly string[],
  tables: readonly string[],
): readonly string[] => client.words(host.database.dumpProgram, [...SHAPE, ...options, '--', database, ...tables])

/** Dumps again without what failed, until nothing does. What may be there at another try gets one. */
async function withoutFailing(
  names: readonly string[],
  dump: (left: readonly string[]) => Promise<void>,
): Promise<readonly Undumped[]> {
  const left: Undumped[] = []
  let isSecondTry = false
  for (let tries = 1; ; tries += 1) {
    const { undumped, whole } = await failuresOf(() => dump(left.map(({ name }) => name)), names)
    if (undumped.length === 0 && whole === undefined) return left
    const fresh = undumped.filter(({ name }) => !left.some(one => one.name === name))
    if (whole !== undefined || fresh.length === 0 || tries === MOST_TRIES)
      throw new Error(`the database could not be dumped: ${whole ?? undumped[0]?.error}`)
    if (!isSecondTry && fresh.some(({ isPassing }) => isPassing)) isSecondTry = true
    else left.push(...fresh)
  }
}

async function failuresOf(dump: () => Promise<void>, names: readonly string[]): Promise<ReturnType<typeof dumpFailures>> {
  try {
    await dump()
    return { undumped: [], whole: undefined }
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    const failures = dumpFailures(error.stderr, names)
    return failures.undumped.length > 0 || failures.whole !== undefined ? failures : { undumped: [], whole: error.message }
  }
}

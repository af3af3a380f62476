import type { Readable } from 'node:stream'
import { CommandFailed } from '../engine/process.ts'
import type { Host } from '../inventory/schema.ts'
import type { DatabaseClient } from './client.ts'
import type { Contents } from './contents.ts'
import { dumpFailures, type Undumped } from './dump-failures.ts'
import { isCompletion } from './dump-file.ts'
import type { DumpFolder } from './dump-folder.ts'
import { partName } from './dump-parts.ts'
import type { ImportDoubts } from './import-doubts.ts'
import { beginsTable, splitDump } from './split-dump.ts'
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
 * Dumps all tables of a database, each into a part of its own, in one transaction, less those that cannot be dumped.
 * Views are left out.
 * @returns what could not be dumped
 * @throws when it failed as a whole
 */
export async function dumpTables(
  dumping: Dumping,
  { table, view, versioned }: Pick<Contents, 'table' | 'view' | 'versioned'>,
  into: DumpFolder,
  doubts: ImportDoubts,
): Promise<readonly Undumped[]> {
  const { database, client, host } = dumping
  const ignored = (names: readonly string[]): string[] => names.map(name => `--ignore-table=${database}.${name}`)
  return await withoutFailing(table, async left => {
    const history = versioned.length === 0 ? [] : ['--loose-dump-history']
    const words = wordsFor(dumping, [...history, ...ignored([...view, ...left])], [])
    let [hasBegun, isWhole] = [false, true]
    const takeOutput = async (output: Readable): Promise<void> => {
      into.prepare()
      doubts.startFrom()
      const take = (part: string, bytes: Buffer): void => {
        hasBegun = true
        into.take(part, bytes)
      }
      const last = await splitDump(output, { first: partName('begin'), begins: beginsTable, take, look: doubts.look })
      into.finishPart()
      isWhole = isCompletion(last)
    }
    await client.shell.with({ takeOutput, onLine: () => {}, ...dumpLimits(host, () => hasBegun) }).act`${words}`
    if (!isWhole) throw new Error('the dump is not complete: it does not end with its completion line')
  })
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

import { z } from 'zod'
import type { WordPressSettings } from '../core/site-state.ts'
import { memoryOfSites } from '../host/state.ts'
import { linesOf } from './dump-file.ts'
import { settingsIn } from './dump-settings.ts'
import type { DumpFile, OpenedDump } from './opened-dump.ts'

const names = z.array(z.string()).readonly()
const part = z.object({
  packed: z.boolean(),
  rows: z.array(z.tuple([z.string(), z.number()])),
  settings: z.object({ siteUrls: names, activePlugins: names, administrators: names }) satisfies z.ZodType<WordPressSettings>,
  stamp: z.string(),
})
type Part = z.infer<typeof part>

/** What this host remembers of the files of a site's dumps, by their names. */
export const dumpMemory = memoryOfSites('dump-contents', z.record(z.string(), part))

/** What was known of files of dumps, and is now: one that is as it was is not read again. */
export interface KnownParts {
  readonly before: Readonly<Record<string, Part>>
  readonly now: Record<string, Part>
}

/** What a dump holds. */
export interface DumpContents {
  /** A table is packed, kept by another engine than InnoDB, or in a place of its own. */
  readonly packed: boolean
  /** How many rows each table has, without what WordPress keeps for a while only (transients). */
  readonly rows: ReadonlyMap<string, number>
  readonly settings: WordPressSettings
}

/**
 * Reads a dump, which has one row a line.
 * @throws when it cannot be read to its end, or the run is stopped
 */
export async function contentsOf(
  dump: Pick<OpenedDump, 'name' | 'isFolder' | 'files'>,
  stop: AbortSignal,
  known: KnownParts = { before: {}, now: {} },
): Promise<DumpContents> {
  const parts: Part[] = []
  for (const file of dump.files) {
    const name = dump.isFolder ? `${dump.name}/${file.name}` : file.name
    const former = known.now[name] ?? known.before[name]
    const now = former?.stamp === file.stamp ? former : { ...(await read(file, stop)), stamp: file.stamp }
    known.now[name] = now
    parts.push(now)
  }
  return {
    packed: parts.some(({ packed }) => packed),
    rows: sumOf(parts.flatMap(({ rows }) => rows)),
    settings: settingsOf(parts.map(({ settings }) => settings)),
  }
}

function sumOf(rows: Part['rows']): ReadonlyMap<string, number> {
  const sum = new Map<string, number>()
  for (const [table, count] of rows) sum.set(table, (sum.get(table) ?? 0) + count)
  return sum
}

function settingsOf(parts: readonly WordPressSettings[]): WordPressSettings {
  const all = (field: keyof WordPressSettings): string[] => [...new Set(parts.flatMap(part => part[field]))].toSorted()
  return { siteUrls: all('siteUrls'), activePlugins: all('activePlugins'), administrators: all('administrators') }
}

/** What is looked at of a line, in bytes: the largest list of plugins is shorter. */
const HEAD = 100_000
/** Rows that tell settings, at most: whoever may write to the database decides how many there are. */
const MOST_SETTINGS = 2000

async function read({ path }: DumpFile, stop: AbortSignal): Promise<Omit<Part, 'stamp'>> {
  let packed = false
  const rows = new Map<string, number>()
  const settings: string[] = []
  let table: Table | undefined
  for await (const lines of linesOf([path])) {
    stop.throwIfAborted()
    for (const line of lines) {
      if (!table?.has(line)) table = Table.of(line)
      if (table) {
        rows.set(table.name, (rows.get(table.name) ?? 0) + (table.isKept(line) ? 1 : 0))
        if (settings.length < MOST_SETTINGS && table.tellsSettings(line)) settings.push(line.toString('utf8', 0, HEAD))
      } else {
        const text = line.toString('latin1', 0, HEAD)
        const created = /^CREATE TABLE `([^`]*)`/.exec(Buffer.from(text, 'latin1').toString())?.[1]
        if (created !== undefined && !rows.has(created)) rows.set(created, 0)
        packed ||= isPacked(text)
      }
    }
  }
  return { packed, rows: [...rows], settings: settingsIn(settings) }
}

/**
 * Whether a line that is no row speaks of a table that is kept in another way than usual; however the words are
 * written.
 */
const isPacked = (line: string): boolean =>
  (line.startsWith(')') && !/^\) ENGINE=InnoDB[ ;]/.test(line)) || /COMPRESS|(DATA|INDEX) DIRECTORY|TABLESPACE/i.test(line)

const INSERT = 'INSERT INTO `'
/** A row that WordPress keeps for a while only (transients): they come and go by the thousand. */
const TRANSIENT = /^ VALUES \(\d+,'_(site_)?transient_/
/** Rows that tell its address, its active plugins, and who may do everything. */
const OPTION = /^ VALUES \((\d+,)?'(siteurl|active_plugins)',/
const ADMINISTRATOR = /^ VALUES \(\d+,\d+,'[^']*capabilities',.*administrator/

/** A table, by how each of its rows begins: there are millions of them. */
class Table {
  readonly name: string
  readonly #beginning: Buffer
  readonly #isOptions: boolean
  readonly #isUsers: boolean

  private constructor(name: string, beginning: Buffer) {
    this.name = name
    this.#beginning = beginning
    this.#isOptions = name.endsWith('options')
    this.#isUsers = name.endsWith('usermeta')
  }

  /** The one that a line is a row of; undefined where it is none. */
  static of(line: Buffer): Table | undefined {
    const end = line.toString('latin1', 0, INSERT.length) === INSERT ? line.indexOf('`', INSERT.length) : -1
    return end < 0 ? undefined : new Table(line.toString('utf8', INSERT.length, end), Buffer.from(line.subarray(0, end + 1)))
  }

  has(line: Buffer): boolean {
    const { length } = this.#beginning
    return line.length >= length && line.compare(this.#beginning, 0, length, 0, length) === 0
  }

  /** Whether a row of it counts. */
  isKept(line: Buffer): boolean {
    return !this.#isOptions || !TRANSIENT.test(this.#rest(line, 100))
  }

  tellsSettings(line: Buffer): boolean {
    if (this.#isOptions) return OPTION.test(this.#rest(line, 100))
    return this.#isUsers && ADMINISTRATOR.test(this.#rest(line, HEAD))
  }

  #rest(line: Buffer, bytes: number): string {
    return line.toString('latin1', this.#beginning.length, this.#beginning.length + bytes)
  }
}

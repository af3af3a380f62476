import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { formatBytes } from '../../lib/core/wording.ts'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { type Dumping, dumpFolderOf, dumpWell } from '../support/dumping.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { hostIn } from '../support/host.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'
import { type Benchmark, median } from './benchmark.ts'

/** MB of the database, and how often each is measured. */
const MB = Number(process.env.BENCH_MB ?? 500)
const TIMES = Number(process.env.BENCH_TIMES ?? 3)
const TABLES = 10
/** Bytes of a row in a dump. */
const ROW = 250
const ROWS = Math.round((MB * 1e6) / TABLES / ROW)

const seconds = async (work: () => unknown): Promise<number> => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

const bytesIn = (folder: string): number => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

/** What an incremental took. */
interface Cost {
  readonly time: number
  readonly bytes: number
}

/** Backs a folder up by plain duplicity, and says what it took. What a full set takes is not asked: it is not compressed. */
async function backUp(program: string, source: string, archive: string): Promise<Cost> {
  const isFirst = mkdirSync(archive, { recursive: true }) !== undefined
  const before = bytesIn(archive)
  const words = [
    ...(isFirst ? ['--no-compression'] : []),
    '--no-encryption',
    `--archive-dir=${archive}.cache`,
    '--allow-source-mismatch',
    source,
    `file://${archive}`,
  ]
  const time = await seconds(() => execFileSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] }))
  return { time, bytes: bytesIn(archive) - before }
}

/** A WordPress with ten large tables beside its own. */
async function fill(stage: Dumping): Promise<TinyWordpress> {
  const site = await tinyWordpress(stage.host.vhosts, 'shop', 'shop', stage.mariadb)
  const text = 'CONCAT_WS(" ", SHA2(RAND(), 512), MD5(RAND()), MD5(RAND()))'
  for (let table = 0; table < TABLES; table++)
    await stage.mariadb.query(
      `CREATE TABLE wp_large${table} (id INT PRIMARY KEY, t TEXT); INSERT INTO wp_large${table} SELECT seq, ${text} FROM seq_1_to_${ROWS};`,
      'shop',
    )
  return site
}

const OPTIONS = [
  ...['--no-defaults', '--single-transaction', '--quick', '--skip-lock-tables', '--hex-blob', '--order-by-primary'],
  ...['--skip-extended-insert', '--skip-dump-date', '--skip-add-locks', '--no-autocommit', '--no-tablespaces'],
]

/** The dump as one file, as a script makes it. */
function dumpPlainly({ mariadb }: Dumping, file: string): void {
  const descriptor = openSync(file, 'w')
  execFileSync('mariadb-dump', [...OPTIONS, `--socket=${mariadb.socket}`, 'shop'], { stdio: ['ignore', descriptor, 'inherit'] })
  closeSync(descriptor)
}

/** Which hundredth of a table's rows changes in a night. */
const CHANGES = {
  scattered: (night: number, _rows: number): string => `id % 100 = ${night}`,
  'side by side': (night: number, rows: number): string => `id BETWEEN ${night * 0.1 * rows} AND ${(night * 0.1 + 0.01) * rows}`,
} as const
type Change = keyof typeof CHANGES

/** What a night took, of both forms of the dump. */
interface Pair<Value> {
  readonly one: Value
  readonly tables: Value
}

const ratio = (pairs: readonly Pair<number>[]): string => median(pairs.map(({ one, tables }) => tables / one)).toFixed(2)

const rowOf = (what: string, pairs: readonly Pair<number>[], text: (value: number) => string): string[] => [
  what,
  text(median(pairs.map(({ one }) => one))),
  text(median(pairs.map(({ tables }) => tables))),
  ratio(pairs),
]

const inSeconds = (value: number): string => value.toFixed(2)

/** A site whose nights are backed up by plain duplicity, in both versions, with both forms of its dump. */
class Nights {
  readonly #stage: Dumping
  readonly #site: TinyWordpress
  readonly #one: string
  readonly #programs: Readonly<Record<string, string>>

  private constructor(stage: Dumping, site: TinyWordpress, programs: Readonly<Record<string, string>>) {
    this.#stage = stage
    this.#site = site
    this.#one = join(stage.folder, 'one')
    this.#programs = programs
    mkdirSync(this.#one)
  }

  static async make(stage: Dumping): Promise<Nights> {
    return new Nights(stage, await fill(stage), { '0.8.22': 'duplicity', '3.0.4': join(await duplicity3(), 'duplicity') })
  }

  get versions(): readonly string[] {
    return Object.keys(this.#programs)
  }

  async change(kind: Change, night: number): Promise<void> {
    const which = CHANGES[kind](night, ROWS)
    await this.#stage.mariadb.query(`UPDATE wp_large3 SET t = REVERSE(t) WHERE ${which}`, 'shop')
  }

  /** The whole step beside what a script does. */
  async dump(): Promise<Pair<number>> {
    const one = await seconds(() => dumpPlainly(this.#stage, join(this.#one, 'database.sql')))
    return { one, tables: await seconds(() => dumpWell(this.#stage, this.#site)) }
  }

  async backUp(version: string): Promise<Pair<Cost>> {
    const archive = (form: string): string => join(this.#stage.folder, `${form}-${version}`)
    const one = await backUp(this.#programs[version]!, this.#one, archive('one'))
    return { one, tables: await backUp(this.#programs[version]!, dumpFolderOf(this.#site), archive('tables')) }
  }
}

const benchmark: Benchmark = {
  about: `a database of ${MB} MB in ${TABLES} tables, 1 % of the rows of one of them changed: with a file for each table, beside one dump = 1, medians of ${TIMES} pairs`,
  columns: ['', 'one dump', 'by table', 'ratio'],
  async *run(folder, tell) {
    const mariadb = await startMariadb(join(folder, 'db'), ['--innodb-buffer-pool-size=1G'])
    try {
      tell('filling the database')
      const host = hostIn(folder, { database: { socket: mariadb.socket } })
      const nights = await Nights.make({ folder, mariadb, host, shop: undefined! })
      tell('the full sets')
      await nights.dump()
      for (const version of nights.versions) await nights.backUp(version)
      const dumps: Pair<number>[] = []
      let night = 0
      for (const kind of Object.keys(CHANGES) as Change[]) {
        const costs = new Map<string, Pair<Cost>[]>(nights.versions.map(version => [version, []]))
        for (let time = 1; time <= TIMES; time++) {
          tell(`rows that are ${kind}, ${time} of ${TIMES}`)
          await nights.change(kind, night)
          night += 1
          dumps.push(await nights.dump())
          for (const [version, list] of costs) list.push(await nights.backUp(version))
        }
        for (const [version, list] of costs) {
          const of = (what: keyof Cost): Pair<number>[] =>
            list.map(({ one, tables }) => ({ one: one[what], tables: tables[what] }))
          yield rowOf(`incremental of ${version}, rows ${kind}, seconds`, of('time'), inSeconds)
          yield rowOf(`incremental of ${version}, rows ${kind}, size`, of('bytes'), formatBytes)
        }
      }
      yield rowOf('the dump itself: plain mariadb-dump, and the whole step; seconds', dumps, inSeconds)
    } finally {
      await mariadb.stop()
    }
  },
}

export default benchmark

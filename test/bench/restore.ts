import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { quickSite, runTask } from '../support/recovering.ts'
import { claim, PASSPHRASE, Stage, type StageHost } from '../support/stage.ts'
import { type Benchmark, median } from './benchmark.ts'

/** MB of the site's uploads; the sets of the long chain; how often each is measured. */
const MB = Number(process.env.BENCH_MB ?? 200)
const SETS = Number(process.env.BENCH_SETS ?? 30)
const TIMES = Number(process.env.BENCH_TIMES ?? 3)
const DAY = 86_400_000
const FIRST = Date.parse('2026-01-05T03:00:00Z')

const seconds = async (work: () => unknown): Promise<number> => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** A site whose chain grows, on a host that owns it and on one that keeps its replica. */
class Bench {
  private readonly stage: Stage
  private readonly web1: StageHost
  private readonly web2: StageHost
  private readonly nights: DatedNights
  private readonly site: string
  private readonly folder: string
  private readonly source: Mariadb
  private readonly database: string
  private readonly encrypted: boolean
  sets = 0

  private constructor(folder: string, encrypted: boolean, [source, copy]: readonly [Mariadb, Mariadb], site: string) {
    this.folder = folder
    this.encrypted = encrypted
    this.source = source
    this.site = site
    this.database = databaseOf(encrypted)
    this.stage = new Stage(folder)
    const encryption = encrypted ? { kind: 'passphrase', secret: 'PP', generated: true } : { kind: 'none' }
    const fields = ({ socket }: Mariadb) => ({ encryption, database: { socket } }) as unknown as Partial<HostFile>
    this.web1 = this.stage.addHost('web1', fields(source))
    this.web2 = this.stage.addHost('web2', fields(copy))
    claim(site, this.web1)
    this.nights = new DatedNights(this.stage, this.web1, 'blog', fields(source))
  }

  static async make(folder: string, encrypted: boolean, servers: readonly [Mariadb, Mariadb]): Promise<Bench> {
    const site = await quickSite(join(folder, 'web1/vhosts'), 'blog', databaseOf(encrypted), servers[0])
    mkdirSync(join(site.folder, 'SITE/uploads'))
    for (let file = 0; file < MB * 4; file++) writeFileSync(join(site.folder, `SITE/uploads/${file}.bin`), randomBytes(250_000))
    for (let file = 0; file < MB * 10; file++)
      writeFileSync(join(site.folder, `SITE/${file}.php`), `<?php // ${file}\n`.repeat(600))
    writeFileSync(join(site.folder, 'full_backup_freq'), '1Y\n')
    return new Bench(folder, encrypted, servers, site.folder)
  }

  /** One more set: a hundredth of the uploads and some rows are new. */
  async night(): Promise<void> {
    for (let file = 0; file < Math.max(1, MB / 25); file++)
      writeFileSync(join(this.site, `SITE/uploads/${(this.sets * 8 + file) % (MB * 4)}.bin`), randomBytes(250_000))
    writeFileSync(join(this.site, 'SITE/small.bin'), randomBytes(10_000))
    await this.source.query("INSERT INTO wp_posts (title) VALUES ('of tonight')", this.database)
    await this.nights.backUp(FIRST + this.sets * DAY)
    this.sets++
  }

  /** A restore by duplicity alone, with a cache that knows the archive, as Holdfast's has. */
  plain(...words: string[]): Promise<number> {
    const into = join(this.folder, 'plain')
    const [archive, cache] = [join(this.stage.archive, 'blog'), join(this.folder, 'plain-cache')]
    const gpg = this.encrypted ? ['--gpg-options=--s2k-count=65536'] : ['--no-encryption']
    const all = ['restore', `--archive-dir=${cache}`, ...gpg, ...words, `file://${archive}`, into]
    rmSync(into, { recursive: true, force: true })
    const env = { ...process.env, PASSPHRASE }
    return seconds(() => execFileSync('duplicity', all, { stdio: 'ignore', env }))
  }

  recover(...words: string[]): Promise<number> {
    return this.run('recover', this.web1, ['--site', 'blog', '--yes', ...words])
  }

  replica(): Promise<number> {
    return this.run('nightly', this.web2, [])
  }

  private run(task: string, host: StageHost, words: string[]): Promise<number> {
    return seconds(async () => {
      const { code, stdout, stderr } = await runTask(this.stage, task, host, words)
      if (code !== 0) throw new Error(`${task} ended with ${code}: ${stdout}\n${stderr}`)
    })
  }
}

const databaseOf = (encrypted: boolean): string => `bench_${encrypted ? 'e' : 'p'}`

type Row = readonly [what: string, once: () => Promise<number>, beside: () => Promise<number>]

/** What is measured, each beside what duplicity alone takes for the same: pairs in turn, of which the medians are taken. */
const rowsOf = (bench: Bench): Row[] => [
  ['recover, all phases', () => bench.recover(), () => bench.plain()],
  ['one file of 10 kB', () => bench.recover('--path', 'SITE/small.bin'), () => bench.plain('-r', 'SITE/small.bin')],
  ['replica, nothing newer', () => bench.replica(), () => bench.plain()],
]

const restore: Benchmark = {
  about: `a site of ${MB} MB: seconds of each, over those of duplicity restore alone for the same (medians of ${TIMES} pairs; whole processes, from start to end)`,
  run: async (folder, tell) => {
    await using one = await startMariadb(join(folder, 'one'))
    await using two = await startMariadb(join(folder, 'two'))
    const rows: (string | number)[][] = []
    for (const encrypted of [false, true]) {
      const bench = await Bench.make(join(folder, encrypted ? 'e' : 'p'), encrypted, [one, two])
      for (const sets of [1, SETS]) {
        tell(`${encrypted ? 'encrypted' : 'not encrypted'}, ${sets} sets`)
        while (bench.sets < sets) await bench.night()
        const cipher = encrypted ? 'gpg' : 'none'
        // the first replay brings a whole new site; the last of these is of the set that was added
        const newer: Row = ['replica, newer', () => bench.replica(), () => bench.plain()]
        rows.push([newer[0], cipher, sets, ...(await measure(newer, 1))])
        for (const row of rowsOf(bench)) rows.push([row[0], cipher, sets, ...(await measure(row, TIMES))])
      }
    }
    return { columns: ['what', 'cipher', 'sets', 'seconds', 'duplicity alone', 'ratio'], rows }
  },
}
export default restore

async function measure([, once, beside]: Row, times: number): Promise<string[]> {
  const [mine, theirs]: [number[], number[]] = [[], []]
  for (let time = 0; time < times; time++) {
    theirs.push(await beside())
    mine.push(await once())
  }
  const ratio = median(mine.map((each, index) => each / theirs[index]!))
  return [median(mine), median(theirs), ratio].map(number => number.toFixed(2))
}

import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from '../../lib/core/outcome.ts'
import { formatBytes } from '../../lib/core/wording.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { claim, Stage, type StageHost } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'
import { type Benchmark, median } from './benchmark.ts'

const SITES = 20
const PAIRS = Number(process.env.BENCH_TIMES ?? 5)
/** Files of a site, some 3 MB: few of them, so that what is the same for each site weighs most. */
const FILES = 300
const WITHOUT = { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/without-reading-back.ts')}` }
/** What moves bytes between a program and a file. */
const CALLS = ['read', 'pread64', 'readv', 'write', 'pwrite64', 'writev', 'copy_file_range', 'sendfile']

/** What a night took: seconds by the clock, of the processors, and by the clock in the step that reads back. */
interface Cost {
  readonly wall: number
  readonly cpu: number
  readonly step: number
}

/** What went between this machine and the archive in a night, in bytes, and how many programs were started. */
interface Traffic {
  readonly read: number
  readonly written: number
  readonly programs: number
}

/** A host with its sites, whose nights read back what they made, or do not. */
class Nights {
  readonly #stage: Stage
  readonly #host: StageHost
  readonly #env: NodeJS.ProcessEnv
  readonly #sites: readonly string[]

  private constructor(stage: Stage, host: StageHost, env: NodeJS.ProcessEnv, sites: readonly string[]) {
    this.#stage = stage
    this.#host = host
    this.#env = env
    this.#sites = sites
  }

  static async make(folder: string, fields: Partial<HostFile>, env: NodeJS.ProcessEnv, mariadb: Mariadb): Promise<Nights> {
    const stage = new Stage(folder)
    const database = { socket: mariadb.socket }
    const host = stage.addHost('web1', { ...fields, auditBudget: 0, database } as object)
    const sites: string[] = []
    for (let index = 0; index < SITES; index++) {
      const unique = `db_${randomBytes(6).toString('hex')}`
      const site = await tinyWordpress(host.vhosts, `site${index}`, unique, mariadb)
      claim(site.folder, host)
      mkdirSync(join(site.folder, 'SITE/wp-content'))
      for (let file = 0; file < FILES; file++)
        writeFileSync(join(site.folder, `SITE/wp-content/${file}.php`), `<?php // ${file}\n`.repeat(700))
      sites.push(site.folder)
    }
    return new Nights(stage, host, env, sites)
  }

  /** Something is new in every second site. */
  change(): void {
    for (const site of this.#sites.filter((_, index) => index % 2 === 0))
      writeFileSync(join(site, 'SITE/wp-content/upload.jpg'), randomBytes(100_000))
  }

  night(): Cost {
    const { stdout, stderr } = this.#run(['bash', '-c', 'TIMEFORMAT="took %R %U %S"; time "$@"', 'night'])
    const [wall = 0, user = 0, system = 0] = /took (\S+) (\S+) (\S+)/.exec(stderr)!.slice(1).map(Number)
    const { outcomes } = JSON.parse(stdout) as { outcomes: Outcome[] }
    const steps = outcomes.filter(({ step }) => step === 'read-back')
    return { wall, cpu: user + system, step: steps.reduce((sum, { seconds }) => sum + seconds, 0) }
  }

  traffic(): Traffic {
    const into = join(this.#stage.folder, 'trace')
    mkdirSync(into)
    this.#run(['strace', '-ff', '-qq', '-y', '-s', '0', '-e', `trace=execve,${CALLS}`, '-o', join(into, 'of')])
    const lines = readdirSync(into).flatMap(name => readFileSync(join(into, name), 'utf8').split('\n'))
    rmSync(into, { recursive: true })
    const moved = (call: RegExp): number =>
      lines.reduce((sum, line) => {
        const found = call.exec(line)
        return found?.[1]?.startsWith(`${this.#stage.archive}/`) ? sum + Number(found[2]) : sum
      }, 0)
    return {
      read:
        moved(/^(?:read|pread64|readv|copy_file_range)\(\d+<([^>]*)>.* = (\d+)$/) +
        moved(/^sendfile\(.*, \d+<([^>]*)>.* = (\d+)$/),
      written: moved(/^(?:write|pwrite64|writev|sendfile)\(\d+<([^>]*)>.* = (\d+)$/),
      programs: lines.filter(line => /^execve\(.* = 0$/.test(line)).length,
    }
  }

  #run([program = '', ...before]: readonly string[]): { readonly stdout: string; readonly stderr: string } {
    const task = join(import.meta.dirname, '../../tasks/nightly.ts')
    const words = [process.execPath, task, '--host', this.#host.name, '--inventory', join(this.#stage.folder, 'hosts'), '--json']
    const env = { ...process.env, ...this.#env }
    const { status, stdout, stderr } = spawnSync(program, [...before, ...words], { env, encoding: 'utf8', maxBuffer: 1e9 })
    if (status !== 0) throw new Error(`the night failed: ${stdout}\n${stderr}`)
    return { stdout, stderr }
  }
}

const readback: Benchmark = {
  about: `a night of ${SITES} sites with a database, every second one changed, with and without reading back what was made (medians of ${PAIRS} pairs; wanted at most 1.10), and the bytes that go to and from the archive for it`,
  columns: ['', 'without, s', 'with, s', 'ratio', 'of processor time', 'by the step', 'read', 'written', 'programs a site'],
  async *run(folder, tell) {
    execFileSync('strace', ['-V'], { stdio: 'ignore' })
    await using mariadb = await startMariadb(join(folder, 'db'))
    for (const cipher of ['gpg', 'none'] as const) {
      const encryption =
        cipher === 'gpg' ? ({ kind: 'passphrase', secret: 'PP', generated: true } as const) : ({ kind: 'none' } as const)
      const made = (name: string, env: NodeJS.ProcessEnv) =>
        Nights.make(join(folder, `${cipher}-${name}`), { encryption }, env, mariadb)
      const [without, reading] = [await made('without', WITHOUT), await made('with', {})]
      tell(`${cipher}: full backups`)
      const full = [without.night(), reading.night()] as const
      yield rowOf(`${cipher}, full backups`, [full])
      const pairs: Pair[] = []
      for (let pair = 1; pair <= PAIRS; pair++) {
        tell(`${cipher}: nights ${pair} of ${PAIRS}`)
        for (const each of [without, reading]) each.change()
        // which one is first is no advantage
        const order = pair % 2 === 0 ? [without, reading] : [reading, without]
        const costs = new Map(order.map(each => [each, each.night()]))
        pairs.push([costs.get(without)!, costs.get(reading)!])
      }
      tell(`${cipher}: bytes`)
      for (const each of [without, reading]) each.change()
      yield rowOf(`${cipher}, incremental`, pairs, [without.traffic(), reading.traffic()])
    }
  },
}
export default readback

type Pair = readonly [without: Cost, reading: Cost]

function rowOf(name: string, pairs: readonly Pair[], traffic?: readonly [without: Traffic, reading: Traffic]): string[] {
  const ratios = (of: (pair: Pair) => number): string => median(pairs.map(of)).toFixed(3)
  const more = (what: keyof Traffic): number => traffic![1][what] - traffic![0][what]
  return [
    name,
    ...[0, 1].map(at => median(pairs.map(pair => pair[at]!.wall)).toFixed(2)),
    ratios(([without, reading]) => reading.wall / without.wall),
    ratios(([without, reading]) => reading.cpu / without.cpu),
    // all in one night, so that nothing else that the machine does can tell the two apart
    ratios(([, { wall, step }]) => wall / (wall - step)),
    ...(traffic === undefined
      ? ['', '', '']
      : [`+${formatBytes(more('read'))}`, `+${formatBytes(more('written'))}`, `+${(more('programs') / SITES).toFixed(1)}`]),
  ]
}

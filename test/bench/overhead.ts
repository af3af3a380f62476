import { spawnSync } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Outcome } from '../../lib/core/outcome.ts'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { taskWords } from '../../lib/setup/units.ts'
import { claim, Stage, type StageHost, troubles } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'
import { type Benchmark, median, type Row } from './benchmark.ts'

const SITES = (process.env.BENCH_SITES ?? '1,10,50').split(',').map(Number)
const AT_ONCE = [1, 2]
/** How often the nights of one site are measured. */
const TIMES = Number(process.env.BENCH_TIMES ?? 5)
const ROOT = join(import.meta.dirname, '../..')

/** What a night cost in seconds: by the clock, and the sum of its duplicity calls. */
interface Cost {
  readonly wall: number
  readonly duplicity: number
}

/** Nights of tiny sites, every second one with a database: what Holdfast adds to duplicity. */
const overhead: Benchmark = {
  about: 'wall time of a night over the sum of its duplicity calls (every second site has a database that is dumped too)',
  columns: ['night', 'sites', 'at once', 'wall s', 'duplicity s', 'ratio', 'added ms a site'],
  async *run(folder, tell) {
    await using mariadb = await startMariadb(join(folder, 'db'))
    for (const sites of SITES) {
      for (const atOnce of AT_ONCE) {
        const stage = new Stage(join(folder, `${sites}-${atOnce}`))
        const host = stage.addHost('web1', { concurrency: atOnce, database: { socket: mariadb.socket } } as object)
        for (let index = 0; index < sites; index++) {
          const name = `site${index}`
          const { folder: site } =
            index % 2 === 1
              ? await tinyWordpress(host.vhosts, name, `db_${sites}_${atOnce}_${index}`, mariadb)
              : await createStatic({ vhosts: host.vhosts, name })
          claim(site, host)
        }
        for (const night of ['full', 'incremental']) {
          tell(`${sites} sites, ${atOnce} at once, ${night}`)
          yield rowOf(night, sites, atOnce, await nightOf(stage, host))
        }
      }
    }
    tell('one site, whole processes')
    const stage = new Stage(join(folder, 'one'))
    const host = stage.addHost('web1')
    const site = await createStatic({ vhosts: host.vhosts, name: 'site' })
    claim(site.folder, host)
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') }
    const words = ['--json', '--host', host.name, '--inventory', join(stage.folder, 'hosts')]
    const starts = [taskWords('nightly', { commandPlace: { folder: ROOT, words } }), ['npx', 'zx', 'tasks/nightly.ts', ...words]]
    const empty = join(folder, 'empty.mjs')
    writeFileSync(empty, '')
    const [cron, person, npx]: [Cost[], Cost[], number[]] = [[], [], []]
    for (let time = -1; time < TIMES; time++) {
      const costs: Cost[] = []
      for (const start of starts) {
        appendFileSync(join(site.folder, 'SITE/index.html'), `${time} ${start[0]}\n`)
        await setTimeout(1000) // a set of the same second would wait for the next one
        const { wall, stdout } = run(start, env)
        costs.push({ wall, duplicity: duplicitySeconds(JSON.parse(stdout).outcomes) })
      }
      const { wall } = run(['npx', 'zx', empty], env)
      if (time < 0) continue // the full sets, and what is compiled
      cron.push(costs[0]!)
      person.push(costs[1]!)
      npx.push(wall)
    }
    const all = (costs: readonly Cost[], less: number): Cost => ({
      wall: median(costs.map(cost => cost.wall)) - less,
      duplicity: median(costs.map(cost => cost.duplicity)),
    })
    yield rowOf('an incremental as cron starts it', 1, 1, all(cron, 0))
    yield rowOf('the same by npx zx, less that of an empty script', 1, 1, all(person, median(npx)))
  },
}
export default overhead

async function nightOf(stage: Stage, host: StageHost): Promise<Cost> {
  const begun = performance.now()
  const told = await stage.told(host)
  const wall = (performance.now() - begun) / 1000
  if (told.code !== 0) throw new Error(`the night failed: ${troubles(told).join('; ')}`)
  return { wall, duplicity: duplicitySeconds(told.outcomes) }
}

const duplicitySeconds = (outcomes: readonly Outcome[]): number =>
  outcomes
    .flatMap(({ commands }) => commands)
    .filter(({ line, ran }) => ran && line.startsWith('bwrap … -- duplicity '))
    .reduce((sum, { seconds }) => sum + seconds, 0)

function rowOf(night: string, sites: number, atOnce: number, { wall, duplicity }: Cost): Row {
  const added = ((wall - duplicity) / sites) * 1000
  return [night, sites, atOnce, wall.toFixed(2), duplicity.toFixed(2), (wall / duplicity).toFixed(2), added.toFixed(0)]
}

function run([program = '', ...words]: readonly string[], env: NodeJS.ProcessEnv): { wall: number; stdout: string } {
  const begun = performance.now()
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: ROOT, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}\n${stderr}`)
  return { wall: (performance.now() - begun) / 1000, stdout }
}

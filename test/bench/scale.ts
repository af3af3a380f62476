import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { taskWords } from '../../lib/setup/units.ts'
import { claim, Stage, type StageHost, troubles } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'
import type { Benchmark, Row } from './benchmark.ts'
import { makeHistories } from './histories.ts'

const SITES = Number(process.env.BENCH_SITES ?? 1000)
const SETS = Number(process.env.BENCH_SETS ?? 200)
/** One in so many sites changes in a night, and one in so many has a database. */
const CHANGED = 20
/** Rows of a database, of one KB each; one in a hundred of them changes. */
const ROWS = 4000

/** What a whole process took: seconds by the clock, and MB of memory at most, its own without those of its children. */
interface Cost {
  readonly seconds: number
  readonly megabytes: number
}

/** A host of many sites: nights in which few or none of them changed, and `status` of long histories. */
const scale: Benchmark = {
  about: `${SITES} sites, every ${CHANGED}th a WordPress; and status of as many with ${SETS} sets each`,
  columns: ['', 'seconds', 'ms a site', 'MB at most'],
  async *run(folder, tell) {
    await using mariadb = await startMariadb(join(folder, 'db'))
    const stage = new Stage(join(folder, 'nights'))
    const host = stage.addHost('web1', { setAtLeastEvery: '7D', concurrency: 2, database: { socket: mariadb.socket } } as object)
    const folders = await makeSites(host, mariadb)
    const night = (): Promise<Cost> => costOf(stage, 'nightly', host)
    tell(`the first night of ${SITES} sites`)
    yield rowOf('night: all sites are new', await night())
    tell('two nights')
    yield rowOf('night: no site changed', await night())
    for (const site of folders.filter((_, index) => index % CHANGED === 1))
      appendFileSync(join(site, 'SITE/index.html'), 'something new\n')
    yield rowOf(`night: ${folders.length / CHANGED} sites changed`, await night())
    tell('two nights of changed databases')
    await changeDatabases(mariadb)
    yield rowOf(`night: ${DATABASES.length} sites with 1 % of a database changed`, await night())
    await changeDatabases(mariadb)
    yield ['such a night: a site that has not changed', '', await unchangedIn(stage, host), '']
    tell(`histories of ${SETS} sets`)
    const many = new Stage(join(folder, 'status'))
    const [owner, other] = [many.addHost('web1'), many.addHost('web2')]
    makeHistories(many, owner, SITES, SETS)
    for (const words of [[], ['--json'], ['--html', join(folder, 'pages')]])
      yield rowOf(['status', ...words.slice(0, 1)].join(' '), await costOf(many, 'status', owner, words))
    yield rowOf("status of another host's", await costOf(many, 'status', other))
  },
}
export default scale

const rowOf = (what: string, { seconds, megabytes }: Cost): Row => [
  what,
  seconds.toFixed(1),
  ((seconds / SITES) * 1000).toFixed(1),
  megabytes.toFixed(0),
]

/** Which sites have a database. */
const DATABASES = Array.from({ length: Math.ceil(SITES / CHANGED) }, (_, index) => index * CHANGED)
const FILL = `INSERT INTO wp_posts (title) SELECT REPEAT(SHA2(seq, 512), 8) FROM seq_1_to_${ROWS}`
const databaseOf = (index: number): string => `scale_${index}`

async function changeDatabases(mariadb: Mariadb): Promise<void> {
  for (const index of DATABASES)
    await mariadb.query("UPDATE wp_posts SET title = CONCAT('x', title) WHERE id % 100 = 7", databaseOf(index))
}

/** How many milliseconds of a night a site takes that has not changed and has no database, others at the same time. */
async function unchangedIn(stage: Stage, host: StageHost): Promise<string> {
  const { exitCode, outcomes, stderr } = await stage.told(host)
  if (exitCode !== 0) throw new Error(`the night ended with ${exitCode}: ${troubles({ outcomes }).join('; ')} ${stderr}`)
  const of = Object.groupBy(outcomes, ({ subject }) => subject ?? '')
  const times = Array.from({ length: SITES }, (_, index) => index)
    .filter(index => !DATABASES.includes(index))
    .map(index => of[`site${index}`]!.reduce((sum, { seconds }) => sum + seconds, 0))
  return ((times.reduce((sum, time) => sum + time, 0) / times.length) * 1000).toFixed(1)
}

async function makeSites(host: StageHost, mariadb: Mariadb): Promise<string[]> {
  const folders: string[] = []
  for (let index = 0; index < SITES; index++) {
    const name = `site${index}`
    const hasDatabase = DATABASES.includes(index)
    const { folder } = hasDatabase
      ? await tinyWordpress(host.vhosts, name, databaseOf(index), mariadb)
      : await createStatic({ vhosts: host.vhosts, name })
    if (hasDatabase) await mariadb.query(FILL, databaseOf(index))
    claim(folder, host)
    folders.push(folder)
  }
  return folders
}

async function costOf(stage: Stage, task: string, host: StageHost, words: readonly string[] = []): Promise<Cost> {
  const all = taskWords(task, {
    commandPlace: { folder: '', words: ['--host', host.name, '--inventory', join(stage.folder, 'hosts'), ...words] },
  })
  const begun = performance.now()
  const child = spawn(all[0]!, all.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
  let megabytes = 0
  const timer = setInterval(() => {
    megabytes = Math.max(megabytes, peakOf(child))
  }, 50)
  const code = new Promise(resolve => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [exitCode, seconds] = [await code, (performance.now() - begun) / 1000]
  clearInterval(timer)
  if (exitCode !== 0) throw new Error(`${task} ended with ${exitCode}: ${stdout.slice(-2000)}\n${stderr}`)
  return { seconds, megabytes }
}

/** The most memory that a process has had so far (`VmHWM` of proc(5)), in MB. */
function peakOf({ pid }: ChildProcess): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0 // it has ended
  }
}

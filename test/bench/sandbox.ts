import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sandboxed } from '../../lib/host/sandbox.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { pathWith } from '../support/programs.ts'
import { quickSite, runTask } from '../support/recovering.ts'
import { claim, type Ended, Stage, type StageHost } from '../support/stage.ts'
import { type Benchmark, median, type Row } from './benchmark.ts'

const STARTS = 100
const SITES = Number(process.env.BENCH_SITES ?? 20)
const MB = Number(process.env.BENCH_MB ?? 50)
const PAIRS = Number(process.env.BENCH_PAIRS ?? 6)

/** What something took: seconds by the clock, and of the processors. */
interface Cost {
  readonly wall: number
  readonly cpu: number
}

/** Something that takes seconds, with the environment of its processes. */
type Timed = (env: NodeJS.ProcessEnv) => Promise<Cost>

/** What the sandbox costs: the same with it and, by programs on PATH that leave it out, without it, each first in turn: every night leaves more to read for the next. */
const sandbox: Benchmark = {
  about: `the start of a program (median of ${STARTS}), nights and restores (medians of ${PAIRS} pairs), with and without the sandbox`,
  columns: ['', 'without', 'with', 'ratio', 'of processor time'],
  async *run(folder, tell) {
    const without = { PATH: pathWith(fakes(folder)), GNUPGHOME: join(folder, 'gnupg') }
    mkdirSync(without.GNUPGHOME, { mode: 0o700 })
    await using server = await startMariadb(join(folder, 'db'))
    countProcessorTime()
    yield [...startRow(), '']
    const measure = async (what: string, timed: Timed): Promise<Row> => {
      tell(what)
      await timed({})
      const [bare, kept]: [Cost[], Cost[]] = [[], []]
      for (let pair = 0; pair < PAIRS; pair++) {
        const turns = [async () => bare.push(await timed(without)), async () => kept.push(await timed({}))]
        for (const turn of pair % 2 === 0 ? turns : turns.toReversed()) await turn()
      }
      const medians = (of: keyof Cost): [number, number] => [
        median(bare.map(cost => cost[of])),
        median(kept.map(cost => cost[of])),
      ]
      const ratio = ([one, other]: [number, number]): string => (other / one).toFixed(2)
      const wall = medians('wall')
      return [`${what}, s`, ...wall.map(seconds => seconds.toFixed(2)), ratio(wall), ratio(medians('cpu'))]
    }
    try {
      const small = await smallSites(join(folder, 'small'))
      yield await measure(`night of ${SITES} small sites`, small)
      for (const isEncrypted of [false, true]) {
        const { night, recover } = await wordpress(join(folder, isEncrypted ? 'gpg' : 'plain'), isEncrypted, server)
        const what = `WordPress site of ${MB} MB${isEncrypted ? ', encrypted' : ''}`
        yield await measure(`night of a ${what}`, night)
        yield await measure(`restore of a ${what}`, recover)
      }
    } finally {
      stopCounting()
      // what commands leave in a /tmp that is not their own
      for (const name of ['piece', 'said', 'ended', 'unread']) rmSync(join('/tmp', name), { force: true })
    }
  },
}
export default sandbox

/** Programs that run what is in a sandbox without it, at the cost of one more `sh`. */
function fakes(folder: string): string {
  const bin = join(folder, 'without')
  mkdirSync(bin)
  const skip = `#!/bin/sh
while [ "$1" != bwrap ] && [ "\${0##*/}" = unshare ]; do shift; done
until [ "$1" = -- ]; do shift; done; shift
while [ "$1" = setpriv ] || [ "$1" = prlimit ] || [ "$1" = stdbuf ]; do until [ "$1" = -- ]; do shift; done; shift; done
exec "$@"
`
  for (const name of ['bwrap', 'unshare']) {
    writeFileSync(join(bin, name), skip)
    chmodSync(join(bin, name), 0o755)
  }
  return bin
}

function startRow(): string[] {
  const [bare, kept] = [['true'], sandboxed(['true'])].map(words => median(Array.from({ length: STARTS }, () => startOf(words))))
  return ['start, ms', bare!.toFixed(1), kept!.toFixed(1), `+${(kept! - bare!).toFixed(1)} ms`]
}

function startOf([program = '', ...words]: readonly string[]): number {
  const begun = performance.now()
  spawnSync(program, words)
  return performance.now() - begun
}

async function costOf(run: () => Promise<Ended>): Promise<Cost> {
  const [begun, before] = [performance.now(), processorSeconds()]
  const { code, stdout, stderr } = await run()
  if (code !== 0) throw new Error(`it ended with ${code}: ${stdout}\n${stderr}`)
  return { wall: (performance.now() - begun) / 1000, cpu: processorSeconds() - before }
}

/** Where the kernel counts the processor time of a group of processes: cgroup v1. */
const GROUP = `/sys/fs/cgroup/cpuacct/holdfast-bench-${process.pid}`

/** From now on this process and what it starts are counted, however they end: bubblewrap does not wait for what it started. NaN where that cannot be counted. */
function countProcessorTime(): void {
  try {
    mkdirSync(GROUP)
    writeFileSync(join(GROUP, 'cgroup.procs'), String(process.pid))
  } catch {
    // no such groups here, or no right to make one
  }
}

function stopCounting(): void {
  if (!existsSync(GROUP)) return
  writeFileSync(join(GROUP, '../cgroup.procs'), String(process.pid))
  rmdirSync(GROUP)
}

function processorSeconds(): number {
  return existsSync(GROUP) ? Number(readFileSync(join(GROUP, 'cpuacct.usage'), 'utf8')) / 1e9 : Number.NaN
}

async function smallSites(folder: string): Promise<Timed> {
  const stage = new Stage(folder)
  const host = stage.addHost('web1')
  for (let index = 0; index < SITES; index++)
    claim((await createStatic({ vhosts: host.vhosts, name: `site${index}` })).folder, host)
  return env => costOf(() => stage.nightly(host, [], env))
}

/** A site with a database, as large as WordPress and some uploads: PHP to three fifths, the rest as good as compressed. */
async function wordpress(folder: string, isEncrypted: boolean, server: Mariadb): Promise<{ night: Timed; recover: Timed }> {
  const stage = new Stage(folder)
  const encryption = isEncrypted ? { kind: 'passphrase', secret: 'PP', generated: true } : { kind: 'none' }
  const fields = { encryption, database: { socket: server.socket } } as unknown as Partial<HostFile>
  const host: StageHost = stage.addHost('web1', fields)
  const site = await quickSite(host.vhosts, 'blog', isEncrypted ? 'bench_e' : 'bench_p', server)
  // in the sandbox an empty one covers it
  writeFileSync(join(site.folder, 'SITE/wp-settings.php'), '')
  for (let file = 0; file < MB * 30; file++)
    writeFileSync(join(site.folder, `SITE/${file}.php`), `<?php // ${file}\n`.repeat(1400))
  for (let file = 0; file < MB * 2; file++) writeFileSync(join(site.folder, `SITE/${file}.jpg`), randomBytes(200_000))
  claim(site.folder, host)
  const recover = ['--site', 'blog', '--yes']
  return {
    night: env => costOf(() => stage.nightly(host, [], env)),
    recover: env => costOf(() => runTask(stage, 'recover', host, recover, env)),
  }
}

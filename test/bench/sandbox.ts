import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { sandboxed } from '../../lib/host/sandbox.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { claim, Stage, type StageHost, troubles } from '../support/stage.ts'
import { type Benchmark, median } from './benchmark.ts'

const STARTS = 50
const SITES = 20
const PAIRS = 3

/** What the sandbox costs: the same commands with it and, by programs on PATH that leave it out, without it, in turns. */
const sandbox: Benchmark = {
  about: `the start of a program (median of ${STARTS}), and an incremental night of ${SITES} small sites (median of ${PAIRS}), with and without the sandbox`,
  run: async (folder, tell) => {
    const [program, kept] = [['true'], sandboxed(['true'])].map(words =>
      median(Array.from({ length: STARTS }, () => startOf(words))),
    )
    const stage = new Stage(folder)
    const host = stage.addHost('web1')
    for (let index = 0; index < SITES; index++)
      claim((await createStatic({ vhosts: host.vhosts, name: `site${index}` })).folder, host)
    const bin = join(folder, 'without')
    const skip = 'while [ "$1" != -- ]; do shift; done; shift'
    fakeProgram(bin, 'bwrap', `${skip}; exec "$@"`)
    // what mounts without links is left out too
    fakeProgram(bin, 'unshare', 'while [ "$1" != bwrap ]; do shift; done; exec "$@"')
    tell('full backups')
    await nightOf(stage, host)
    const seconds: { without: number; kept: number }[] = []
    for (let pair = 1; pair <= PAIRS; pair++) {
      tell(`nights ${pair} of ${PAIRS}`)
      seconds.push({ without: await nightOf(stage, host, { PATH: pathWith(bin) }), kept: await nightOf(stage, host) })
    }
    const [without, within] = [median(seconds.map(each => each.without)), median(seconds.map(each => each.kept))]
    return {
      columns: ['', 'without', 'with', 'ratio'],
      rows: [
        ['start, ms', program!.toFixed(1), kept!.toFixed(1), `+${(kept! - program!).toFixed(1)} ms`],
        [`night of ${SITES} sites, s`, without.toFixed(2), within.toFixed(2), (within / without).toFixed(2)],
      ],
    }
  },
}
export default sandbox

function startOf([program = '', ...words]: readonly string[]): number {
  const begun = performance.now()
  spawnSync(program, words)
  return performance.now() - begun
}

async function nightOf(stage: Stage, host: StageHost, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const begun = performance.now()
  const told = await stage.told(host, [], env)
  if (told.code !== 0) throw new Error(`the night failed: ${troubles(told).join('; ')}`)
  return (performance.now() - begun) / 1000
}

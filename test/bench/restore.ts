import { join } from 'node:path'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { BenchedSite } from '../support/benched-site.ts'
import { type Benchmark, median } from './benchmark.ts'

/** MB of the site; the sets of the long chain; how often each is measured. */
const MB = Number(process.env.BENCH_MB ?? 200)
const SETS = Number(process.env.BENCH_SETS ?? 30)
const TIMES = Number(process.env.BENCH_TIMES ?? 3)

type Row = readonly [what: string, once: () => Promise<number>, beside: () => Promise<number>]

/** What is measured, each beside what duplicity alone takes for the same: pairs in turn, of which the medians are taken. */
const rowsOf = (bench: BenchedSite): Row[] => [
  ['recover, all phases', () => bench.recover(), () => bench.plain()],
  ['one file of 10 kB', () => bench.recover('--path', 'SITE/small.bin'), () => bench.plain('-r', 'SITE/small.bin')],
  ['replica, nothing newer', () => bench.replica(), () => bench.plain()],
]

const restore: Benchmark = {
  about: `a WordPress of ${MB} MB, its uploads included: seconds of each, over those of duplicity restore alone for the same (medians of ${TIMES} pairs; whole processes, from start to end)`,
  columns: ['what', 'cipher', 'sets', 'seconds', 'duplicity alone', 'ratio'],
  async *run(folder, tell) {
    await using one = await startMariadb(join(folder, 'one'))
    await using two = await startMariadb(join(folder, 'two'))
    for (const encrypted of [false, true]) {
      const bench = await BenchedSite.make(join(folder, encrypted ? 'e' : 'p'), { mb: MB, encrypted }, [one, two])
      for (const sets of [1, SETS]) {
        tell(`${encrypted ? 'encrypted' : 'not encrypted'}, ${sets} sets`)
        while (bench.sets < sets) await bench.night()
        const cipher = encrypted ? 'gpg' : 'none'
        // the first replay brings a whole new site; the last of these is of the set that was added
        const newer: Row = ['replica, newer', () => bench.replica(), () => bench.plain()]
        yield [newer[0], cipher, sets, ...(await measure(newer, 1))]
        for (const row of rowsOf(bench)) yield [row[0], cipher, sets, ...(await measure(row, TIMES))]
      }
    }
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

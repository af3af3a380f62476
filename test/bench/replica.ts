import { join } from 'node:path'
import { formatBytes } from '../../lib/core/wording.ts'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { BenchedSite } from '../support/benched-site.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { type Benchmark, median } from './benchmark.ts'

/** MB of the site; the sets of its chain; how often each is measured. */
const MB = Number(process.env.BENCH_MB ?? 100)
const SETS = Number(process.env.BENCH_SETS ?? 10)
const TIMES = Number(process.env.BENCH_TIMES ?? 5)

/** Seconds of a replica's night and of duplicity's whole restore, one pair a night. */
interface Pairs {
  readonly mine: number[]
  readonly theirs: number[]
}

const replica: Benchmark = {
  about: `a replica of a WordPress of ${MB} MB, its uploads included, in a chain of ${SETS} sets: seconds of a whole nightly run over those of duplicity restore alone (medians of ${TIMES} pairs; wanted at most 0.25 one set behind, 0.15 with nothing newer), and what it read of the archive`,
  columns: ['replica', 'duplicity', 'cipher', 'seconds', 'whole restore', 'ratio', 'read'],
  async *run(folder, tell) {
    await using one = await startMariadb(join(folder, 'one'))
    await using two = await startMariadb(join(folder, 'two'))
    const path = process.env.PATH
    for (const major of [0, 3] as const) {
      process.env.PATH = major === 3 ? (await withDuplicity3()).PATH : path
      for (const encrypted of [false, true]) {
        const about = [String(major), encrypted ? 'gpg' : 'none']
        tell(`duplicity ${major}, ${about[1]}: ${SETS} sets`)
        const site = await BenchedSite.make(join(folder, about.join('')), { mb: MB, encrypted }, [one, two])
        while (site.sets < SETS - TIMES) await site.night()
        await site.replica()
        const [behind, nothing]: Pairs[] = [
          { mine: [], theirs: [] },
          { mine: [], theirs: [] },
        ]
        let read = ''
        for (let time = 0; time < TIMES; time++) {
          await site.night()
          const plain = await site.plain()
          const { took, outcomes } = await site.toldReplica()
          const bytes = outcomes.reduce((sum, { transferred }) => sum + (transferred?.read ?? 0), 0)
          read = `${formatBytes(bytes)} of ${formatBytes(site.archiveBytes())}`
          behind!.mine.push(took)
          behind!.theirs.push(plain)
          nothing!.mine.push(await site.replica())
          nothing!.theirs.push(plain)
        }
        yield ['one set behind', ...about, ...figuresOf(behind!), read]
        yield ['nothing newer', ...about, ...figuresOf(nothing!), '']
      }
    }
    process.env.PATH = path
  },
}
export default replica

function figuresOf({ mine, theirs }: Pairs): string[] {
  const ratio = median(mine.map((each, index) => each / theirs[index]!))
  return [median(mine), median(theirs), ratio].map(number => number.toFixed(2))
}

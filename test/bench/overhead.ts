import { join } from 'node:path'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { claim, Stage, type StageHost, troubles } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'
import type { Benchmark } from './benchmark.ts'

const SITES = [1, 10, 50]
const AT_ONCE = [1, 2]

/** What a night cost in seconds: by the clock, and the sum of its duplicity calls. */
interface Cost {
  readonly wall: number
  readonly duplicity: number
}

/** Nights of tiny sites, every second one with a database: what Holdfast adds to duplicity. */
const overhead: Benchmark = {
  about: `wall time of a night over the sum of its duplicity calls (every second site has a database that is dumped too)`,
  run: async (folder, tell) => {
    await using mariadb = await startMariadb(join(folder, 'db'))
    const rows: (string | number)[][] = []
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
          const { wall, duplicity } = await nightOf(stage, host)
          const added = ((wall - duplicity) / sites) * 1000
          rows.push([
            night,
            sites,
            atOnce,
            wall.toFixed(2),
            duplicity.toFixed(2),
            (wall / duplicity).toFixed(2),
            added.toFixed(0),
          ])
        }
      }
    }
    const columns = ['night', 'sites', 'at once', 'wall s', 'duplicity s', 'ratio', 'added ms a site']
    return { columns, rows: rows.toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))) }
  },
}
export default overhead

async function nightOf(stage: Stage, host: StageHost): Promise<Cost> {
  const begun = performance.now()
  const told = await stage.told(host)
  const wall = (performance.now() - begun) / 1000
  if (told.code !== 0) throw new Error(`the night failed: ${troubles(told).join('; ')}`)
  const calls = told.outcomes
    .flatMap(({ commands }) => commands)
    .filter(({ line, ran }) => ran && line.startsWith('bwrap … -- duplicity '))
  return { wall, duplicity: calls.reduce((sum, { seconds }) => sum + seconds, 0) }
}

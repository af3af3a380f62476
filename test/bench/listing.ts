import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { filesOfSet, type SetSketch } from '../duplicity/archive.ts'
import { listFolder } from '../duplicity/real-archive.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { type Benchmark, median } from './benchmark.ts'

const SETS = [1, 30, 200, 1000]
const ROUNDS = 5
const exec = promisify(execFile)

/** The ways are timed in turns, so that what else the machine does disturbs all alike. */
const benchmark: Benchmark = {
  about: 'the collection of a site from the names in its archive, against duplicity collection-status; medians in ms',
  columns: ['sets', 'files', 'from names', 'asking 0.8.22', 'asking 3.0.4', 'names / 0.8.22'],
  async *run(folder, tell) {
    const programs = ['duplicity', join(await duplicity3(), 'duplicity')]
    for (const sets of SETS) {
      tell(`${sets} sets`)
      yield await rowFor(join(folder, String(sets)), sets, programs)
    }
  },
}
export default benchmark

async function rowFor(archive: string, sets: number, programs: readonly string[]): Promise<(string | number)[]> {
  const files = await makeArchive(archive, sets)
  const times: number[][] = [[], [], []]
  await listed(archive) // the first call compiles
  for (let round = 0; round < ROUNDS; round++) {
    times[0]!.push(await timed(() => listed(archive)))
    for (const [index, program] of programs.entries()) times[index + 1]!.push(await timed(() => asked(program, archive)))
  }
  const [ours = 0, old = 0, modern = 0] = times.map(median)
  return [sets, files, ours.toFixed(1), old.toFixed(0), modern.toFixed(0), (ours / old).toFixed(3)]
}

const listed = async (archive: string) => collectionOf(await listFolder(archive))
const asked = (program: string, archive: string) =>
  exec(program, ['collection-status', `--archive-dir=${archive}.cache`, '--no-encryption', `file://${archive}`], {
    maxBuffer: 2 ** 26,
  })

/** A chain of a full and 29 incrementals, again and again. */
async function makeArchive(archive: string, sets: number): Promise<number> {
  await mkdir(archive)
  const files = Array.from({ length: sets }, (_, day) => filesOfSet(sketchOf(day))).flat()
  for (const file of files) await writeFile(join(archive, file.name), 'x')
  return files.length
}

const sketchOf = (day: number): SetSketch => (day % 30 === 0 ? { day, volumes: [1, 2, 3] } : { day, base: day - 1 })

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Collection } from '../../lib/core/collection.ts'
import { printTime, restorePoints } from '../../lib/core/restore-point.ts'
import type { NightSite } from '../support/night.ts'

const run = promisify(execFile)

/** Writes a page, larger now and then: an incremental of 1 to 8 kB, a full that grows slowly. */
export async function live({ source }: NightSite, index: number, now: number, chance: (below: number) => number): Promise<void> {
  const page = join(source, 'SITE', `page${index % 12}`)
  const time = now / 1000
  await writeFile(page, randomBytes(800 + chance(6000) + index * 4))
  await utimes(page, time, time) // duplicity sees whole seconds
}

/** A digest of the names and bytes of a folder. */
export async function contentOf(folder: string): Promise<string> {
  const hash = createHash('sha1')
  const names = (await readdir(folder)).sort()
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(folder, name)))
  return hash.digest('hex')
}

/** The restore point that a person would get for a random night, restored and compared with what the site was then. */
export async function proveOne(
  place: NightSite,
  collection: Collection,
  content: ReadonlyMap<number, string>,
  chance: (below: number) => number,
): Promise<void> {
  const points = restorePoints(collection)
  const { time, problems } = points[chance(points.length)]!
  assert.deepEqual(problems, [])
  const into = await mkdtemp(join(tmpdir(), 'holdfast-restored-'))
  const words = [
    'restore',
    `--archive-dir=${into}/cache`,
    `--time=${time / 1000}`,
    '--no-encryption',
    `file://${place.archive}`,
    `${into}/site`,
  ]
  await run(place.facts.host.duplicity.program, words)
  const wanted = [...content].findLast(([night]) => night <= time)![1]
  assert.equal(await contentOf(join(into, 'site', 'SITE')), wanted, `the set of ${printTime(time)} restores to something else`)
  await rm(into, { recursive: true })
}

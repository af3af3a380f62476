import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { planBackup } from '../../lib/core/backup-plan.ts'
import type { Collection } from '../../lib/core/collection.ts'
import { printTime, restorePoints } from '../../lib/core/restore-point.ts'
import { planPrune } from '../../lib/core/retention.ts'
import { backupWords } from '../../lib/duplicity/args.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { siteArchiveOf } from '../../lib/steps/collection.ts'
import { targetOf } from '../../lib/steps/duplicity.ts'
import { chanceFrom, listFolder } from '../duplicity/real-archive.ts'
import { startDuplicity } from '../support/duplicity-server.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'

const run = promisify(execFile)
const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const KEEP = 1
const ALLOWANCE = 1_800_000

/** What a simulated year shows, night by night. */
interface Diary {
  /** The site's content by the night's time (whole seconds, in ms). */
  readonly content: Map<number, string>
  readonly sizes: number[]
  readonly actions: string[]
}

/** Writes a page, larger now and then: an incremental of 1 to 8 kB, a full that grows slowly. */
async function live({ source }: NightSite, index: number, chance: (below: number) => number): Promise<void> {
  const page = join(source, 'SITE', `page${index % 12}`)
  const time = (START + index * DAY) / 1000
  await writeFile(page, randomBytes(800 + chance(6000) + index * 4))
  await utimes(page, time, time) // duplicity sees whole seconds
}

async function contentOf(folder: string): Promise<string> {
  const hash = createHash('sha1')
  const names = (await readdir(folder)).sort()
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(folder, name)))
  return hash.digest('hex')
}

/** The restore point that a person would get for a random night, restored and compared with what the site was then. */
async function proveOne(
  place: NightSite,
  collection: Collection,
  diary: Diary,
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
  const wanted = [...diary.content].findLast(([night]) => night <= time)![1]
  assert.equal(await contentOf(join(into, 'site', 'SITE')), wanted, `the set of ${printTime(time)} restores to something else`)
  await rm(into, { recursive: true })
}

/**
 * Declares the test of so many simulated nights of a small site on real duplicity under a simulated clock. Nights on which something is to be pruned, and every tenth, run the
 * nightly steps; after them a set that was kept is restored and compared. The other nights are one duplicity call, or the years would take too long.
 */
export function simulateNights(major: 0 | 3, nights: number): void {
  test(`${nights} nights with duplicity ${major}: what is kept restores, and the archive settles at its allowance`, async () => {
    const folder = await mkdtemp(join(tmpdir(), `holdfast-years${major}-`))
    const server = await startDuplicity(major, join(folder, 'server'))
    try {
      const place = await makeNightSite(folder, {
        duplicity: { program: server.program, compression: 'none' },
        keepIncrementals: 2,
      })
      await writeFile(join(place.source, 'max_NAS_space'), String(ALLOWANCE / 1e6))
      const diary: Diary = { content: new Map(), sizes: [], actions: [] }
      const chance = chanceFrom(major + 1)
      for (let index = 0; index < nights; index++) await oneNight(place, index, diary, chance, server.setClock)
      conclude(diary, nights)
    } finally {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  })
}

async function oneNight(
  place: NightSite,
  index: number,
  diary: Diary,
  chance: (below: number) => number,
  setClock: (time: number) => Promise<void>,
): Promise<void> {
  const now = START + index * DAY
  await live(place, index, chance)
  diary.content.set(now, await contentOf(join(place.source, 'SITE')))
  await setClock(now)
  const before = collectionOf(await listFolder(place.archive).catch(() => []))
  const { action } = planPrune({ collection: before, allowanceBytes: ALLOWANCE, keepIncrementals: KEEP, now })
  if (action.kind === 'none' && index % 10 !== 0) return await backUpOnly(place, before, now, diary)
  const notes = notesIn(await night(place, { now }))
  assert.ok(!notes.some(note => /^(problem|warning|failed)/.test(note)), notes.join('\n'))
  assert.equal(
    notes.filter(note => /^significant: (Delete|Clean)/.test(note)).length,
    action.kind === 'none' ? 0 : 1,
    notes.join('\n'),
  )
  if (action.kind !== 'none') diary.actions.push(action.kind)
  const collection = collectionOf(await listFolder(place.archive))
  diary.sizes.push(collection.bytes!)
  await proveOne(place, collection, diary, chance)
}

/** A night on which nothing is to be pruned, without the steps around: the same duplicity call that the backup step makes. */
async function backUpOnly({ facts, source }: NightSite, collection: Collection, now: number, diary: Diary): Promise<void> {
  const { host, site, archive } = facts
  const target = targetOf(host, site.name, siteArchiveOf(archive, site.name), 'backup')
  const plan = planBackup({ collection, frequencySeconds: 30 * 86_400, now, fullBackups: { allowed: true, reason: '' } })
  assert.notEqual(plan.kind, 'none', plan.reason)
  const kind = plan.kind === 'full' ? 'full' : 'incremental'
  const [program, ...words] = backupWords({ ...target, kind, source, volumeSize: 200, exclude: [], otherHost: true })
  await run(program!, words)
  diary.sizes.push(collectionOf(await listFolder(join(host.paths.state, '../nas', site.name))).bytes!)
}

/** From the night on which the allowance was met, the archive stays near it: over it by a full at most, and by less most nights. */
function conclude({ sizes, actions }: Diary, nights: number): void {
  const met = sizes.findIndex(bytes => bytes > ALLOWANCE)
  assert.ok(met > 60 && met < nights / 2, `the allowance was met on night ${met}`)
  const settled = sizes.slice(met)
  const most = Math.max(...settled)
  const mean = settled.reduce((sum, bytes) => sum + bytes, 0) / settled.length
  assert.ok(most < 1.35 * ALLOWANCE, `once it took ${most} bytes`)
  assert.ok(mean > 0.6 * ALLOWANCE && mean < 1.1 * ALLOWANCE, `it takes ${mean} bytes on average`)
  const wanted = nights < 1000 ? ['strip-incrementals'] : ['remove-chain', 'strip-incrementals']
  assert.deepEqual([...new Set(actions)].sort(), wanted)
  console.log(
    `${nights} nights: met on night ${met}, then ${Math.round(mean / 1000)} kB of ${ALLOWANCE / 1000} on average, ${actions.length} prunings`,
  )
}

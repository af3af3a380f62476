import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { planBackup } from '../../lib/core/backup-plan.ts'
import type { Collection } from '../../lib/core/collection.ts'
import { planPrune } from '../../lib/core/retention.ts'
import { backupWords } from '../../lib/duplicity/args.ts'
import { targetOf } from '../../lib/duplicity/io/call.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { siteArchiveOf } from '../../lib/store/archive.ts'
import { listFolder } from '../duplicity/real-archive.ts'
import { chanceFrom } from '../support/chance.ts'
import { startDuplicity } from '../support/duplicity-server.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'
import { contentOf, live, proveOne } from './years-site.ts'

const run = promisify(execFile)
const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const KEEP = 1
const ALLOWANCE = 1_200_000
/** Duplicity takes longer the more sets there are: short chains keep the years short. */
const FULL_EVERY_DAYS = 10

/** What the step says of each action. */
const SAID = {
  none: undefined,
  cleanup: 'Clean up',
  'strip-incrementals': 'Delete the incrementals',
  'remove-chain': 'Delete the chain',
} as const
const DONE = /^significant: (Clean up|Delete the \w+)/

/** What a simulated year shows, night by night. */
interface Diary {
  /** The site's content by the night's time (whole seconds, in ms). */
  readonly content: Map<number, string>
  readonly sizes: number[]
  readonly actions: string[]
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
        keepIncrementals: KEEP,
      })
      await writeFile(join(place.source, 'max_NAS_space'), String(ALLOWANCE / 1e6))
      await writeFile(join(place.source, 'full_backup_freq'), `${FULL_EVERY_DAYS}D`)
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
  await live(place, index, now, chance)
  diary.content.set(now, await contentOf(join(place.source, 'SITE')))
  await setClock(now)
  const before = collectionOf(await listFolder(place.archive).catch(() => []))
  const { action } = planPrune({ collection: before, allowanceBytes: ALLOWANCE, keepIncrementals: KEEP, now })
  if (action.kind === 'none' && index % 10 !== 0) return await backUpOnly(place, before, now, diary)
  const notes = notesIn(await night(place, { now }))
  assert.ok(!notes.some(note => /^(problem|warning|failed)/.test(note)), notes.join('\n'))
  assert.equal(
    notes.map(note => DONE.exec(note)?.[1]).find(text => text !== undefined),
    SAID[action.kind],
    notes.join('\n'),
  )
  if (action.kind !== 'none') diary.actions.push(action.kind)
  const collection = collectionOf(await listFolder(place.archive))
  diary.sizes.push(collection.bytes!)
  await proveOne(place, collection, diary.content, chance)
}

/** A night on which nothing is to be pruned, without the steps around: the same duplicity call that the backup step makes. */
async function backUpOnly({ facts, source }: NightSite, collection: Collection, now: number, diary: Diary): Promise<void> {
  const { host, site, archive } = facts
  const target = targetOf(host, site.name, siteArchiveOf(archive, site.name), 'backup')
  const plan = planBackup({
    collection,
    frequencySeconds: FULL_EVERY_DAYS * 86_400,
    now,
    fullBackups: { allowed: true, reason: '' },
  })
  assert.notEqual(plan.kind, 'none', plan.reason)
  const kind = plan.kind === 'full' ? 'full' : 'incremental'
  const [program, ...words] = backupWords({ ...target, kind, source, volumeSize: 200, exclude: [], otherHost: true })
  await run(program!, words)
  diary.sizes.push(collectionOf(await listFolder(join(host.paths.state, '../nas', site.name))).bytes!)
}

/** From the night on which the allowance was met, the archive stays near it: over it by a full at most, and by less most nights. */
function conclude({ sizes, actions }: Diary, nights: number): void {
  const met = sizes.findIndex(bytes => bytes > ALLOWANCE)
  assert.ok(met > 30 && met < nights / 2, `the allowance was met on night ${met}`)
  const settled = sizes.slice(met)
  const most = Math.max(...settled)
  const mean = settled.reduce((sum, bytes) => sum + bytes, 0) / settled.length
  assert.ok(most < 1.35 * ALLOWANCE, `once it took ${most} bytes`)
  assert.ok(mean > 0.6 * ALLOWANCE && mean < 1.1 * ALLOWANCE, `it takes ${mean} bytes on average`)
  assert.deepEqual([...new Set(actions)].sort(), ['remove-chain', 'strip-incrementals'])
  console.log(
    `${nights} nights: met on night ${met}, then ${Math.round(mean / 1000)} kB of ${ALLOWANCE / 1000} on average, ${actions.length} prunings`,
  )
}

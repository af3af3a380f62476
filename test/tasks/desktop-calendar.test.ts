import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { chanceFrom } from '../support/chance.ts'
import { Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2026-01-01T00:07:00Z') // a Thursday
const DAYS = 91
const CATCH_UP = 3
/** A week, and the days within which a missed one is made up for. */
const STALE = 10 * DAY

/** The hours at which a machine that is on now and then asks: every seven hours while it is on, off for up to ten days. */
function asking(seed: number): number[] {
  const chance = chanceFrom(seed)
  const times: number[] = []
  for (let now = START; now < START + DAYS * DAY; ) {
    const off = now + (30 + chance(chance(4) === 0 ? 200 : 80)) * HOUR
    for (let on = chance(4) === 0 ? 2 : 1; on > 0 && now < START + DAYS * DAY; on--, now += 7 * HOUR) times.push(now)
    now = Math.max(now, off)
  }
  return times
}

/** The backup day before a time: Wednesdays at 03:00. */
const backupDayOf = (time: number): number => time - ((time - Date.parse('2025-12-31T03:00:00Z')) % (7 * DAY))
const dayOf = (time: number): number => Math.floor(time / DAY)

test('a quarter of a machine that is on now and then, for real: no backup day lost that could be made up for, none done twice, and none of its backups older than a week and that', async t => {
  const desktop = new Desktop(ownFolder('desktop-quarter'), { catchUpDays: CATCH_UP }, { fullBackupFrequency: '1M' })
  const backups: number[] = []
  const tidied: number[] = []
  const times = asking(7)
  for (const now of times) {
    appendFileSync(join(desktop.source, 'diary'), `${now}\n`)
    const asked = await desktop.ask([], now)
    assert.equal(asked.code, 0, asked.stderr)
    const did = didOf(asked)
    if (did === 'backup') backups.push(now)
    if (did === 'tidy') tidied.push(dayOf(now))
  }
  const expected: number[] = []
  for (const now of times) {
    const newest = expected.at(-1) ?? Number.NEGATIVE_INFINITY
    const isDue = newest < backupDayOf(now) && dayOf(now) - dayOf(backupDayOf(now)) <= CATCH_UP
    if (isDue || now - newest > STALE) expected.push(now)
  }
  assert.deepEqual(backups, expected)
  assert.equal(new Set(tidied).size, tidied.length)
  const { chains } = collectionOf(desktop.sets().map(name => ({ name, bytes: 1 })))
  const inArchive = chains.flatMap(chain => [chain.full, ...chain.incrementals]).map(set => set.time)
  assert.equal(inArchive.length, backups.length)
  assert.deepEqual(inArchive.map(dayOf), backups.map(dayOf))
  assert.ok(chains.length >= 3, 'a full backup every month')
  t.diagnostic(`${times.length} askings, ${backups.length} backups in ${chains.length} chains, ${tidied.length} days tidied`)
})

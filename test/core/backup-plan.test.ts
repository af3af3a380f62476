import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullBackupsIn, planBackup, unchangedSince } from '../../lib/core/backup-plan.ts'
import { withRecords } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, filesOfSet, listing, type SetSketch } from '../duplicity/archive.ts'

const DAY = 86_400
const room = { allowed: true, reason: 'room enough' }
const full = { allowed: false, reason: 'no room' }
const plan = (sketches: SetSketch[], today: number, fullBackups = room, frequencySeconds = 30 * DAY) =>
  planBackup({ collection: collectionOf(listing(...sketches)), frequencySeconds, now: at(today), fullBackups })

/** [what there is, its sets, today, kind where there is room, kind where there is none, reason] */
const table: [string, SetSketch[], number, string, string, RegExp][] = [
  ['nothing', [], 0, 'full', 'none', /there is no full backup yet/],
  ['a full of today', [{ day: 0 }], 0, 'incremental', 'incremental', /./],
  ['a full of yesterday', [{ day: 0 }], 1, 'incremental', 'incremental', /./],
  ['a chain of a month', chainSketch(0, 30), 31, 'full', 'incremental', /./],
  ['a chain of a month less a day', chainSketch(0, 28), 29, 'incremental', 'incremental', /./],
  ['a chain of just a month', chainSketch(0, 29), 30, 'full', 'incremental', /30 days old, one is due after 30 days/],
  ['a second chain', [...chainSketch(0, 5), ...chainSketch(40, 2)], 43, 'incremental', 'incremental', /./],
  ['lost signatures', [{ day: 0, signatures: false }], 1, 'full', 'none', /the signatures of the newest chain are missing/],
  ['a hole in the full', [{ day: 0, volumes: [1, 3] }], 1, 'full', 'none', /the newest chain is damaged/],
  ['a hole in an incremental', [{ day: 0 }, { day: 1, base: 0, volumes: [2] }], 2, 'full', 'none', /the newest chain is damaged/],
  ['a full that was cut short', [{ day: 0, manifest: false }], 1, 'full', 'none', /there is no full backup yet/],
  ['damage in an old chain', [{ day: 0, volumes: [2] }, { day: 10 }], 11, 'incremental', 'incremental', /./],
  ['a backup from the future', [{ day: 5 }], 1, 'none', 'none', /ahead of this clock: one of the clocks is wrong/],
  ['a backup of this very moment', [{ day: 5 }], 5, 'incremental', 'incremental', /./],
]
for (const [name, sketches, today, withRoom, withoutRoom, reason] of table) {
  test(`planBackup() of ${name} is ${withRoom}, and ${withoutRoom} where there is no room for a full`, () => {
    assert.equal(plan(sketches, today).kind, withRoom)
    assert.match(plan(sketches, today).reason, reason)
    assert.equal(plan(sketches, today, full).kind, withoutRoom)
    if (withRoom === 'full') assert.match(plan(sketches, today, full).reason, /but no room$/)
  })
}

test('planBackup() of a site without any backup is full also where there is room for a first one only', () => {
  const first = { ...full, first: true }
  assert.equal(plan([], 0, first).kind, 'full')
  assert.equal(plan([{ day: 0, signatures: false }], 1, first).kind, 'none')
  assert.equal(plan(chainSketch(0, 30), 31, first).kind, 'incremental')
})

test('planBackup() keeps to the frequency of the site', () => {
  assert.equal(plan([{ day: 0 }], 8, room, 7 * DAY).kind, 'full')
  assert.equal(plan([{ day: 0 }], 7, room, 7 * DAY).kind, 'full')
  assert.equal(plan([{ day: 0 }], 6, room, 7 * DAY).kind, 'incremental')
})

test('planBackup() does not take a local partial set for a chain', () => {
  const partial = filesOfSet({ day: 0 }).map(file => ({ ...file, name: file.name.replace('.manifest', '.manifest.part') }))
  const collection = collectionOf(partial)
  assert.equal(planBackup({ collection, frequencySeconds: DAY, now: at(1), fullBackups: room }).kind, 'full')
})

test('planBackup() completes a set that was cut off by an incremental, however old its full is, unless the chain cannot carry one', () => {
  const planAfter = (sketches: SetSketch[], cutOffDay: number) => {
    const collection = withRecords(collectionOf(listing(...sketches)), [{ time: at(cutOffDay), cutOff: true }])
    return planBackup({ collection, frequencySeconds: DAY, now: at(40), fullBackups: room })
  }
  assert.deepEqual(planAfter([{ day: 0 }], 0).kind, 'incremental')
  assert.match(planAfter(chainSketch(0, 2), 2).reason, /^the newest set was cut off/)
  assert.equal(planAfter(chainSketch(0, 2), 1).kind, 'full')
  assert.equal(planAfter([{ day: 0, signatures: false }], 0).kind, 'full')
})

test('planBackup() begins a new chain once a file can be read again of which the newest has only the beginning, where there is room', () => {
  const collection = collectionOf(listing({ day: 0 }))
  const planOf = (fullBackups: typeof room) =>
    planBackup({ collection, frequencySeconds: 30 * DAY, now: at(1), fullBackups, readableAgain: ['SITE/a'] })
  assert.match(planOf(room).reason, /only the beginning of SITE\/a, which can be read again/)
  assert.deepEqual([planOf(room).kind, planOf(full).kind], ['full', 'incremental'])
})

/** [what is otherwise, the input, whether tonight needs no set] */
const nights: [string, Partial<Parameters<typeof unchangedSince>[0]>, boolean][] = [
  ['nothing has changed', {}, true],
  ['nothing is known of changes', { change: undefined }, false],
  ['something has changed', { change: { differs: true, overlooked: [], overlookedBytes: 0 } }, false],
  ['a full is due', { plan: { kind: 'full', reason: '' } }, false],
  ['the site works no more', { answer: { works: false, said: 'HTTP 500' } }, false],
  ['nobody asked the site', { answer: undefined }, true],
  ['the newest set is a week old', { everySeconds: DAY }, false],
  ['its database could not be dumped', { isDumped: false }, false],
  ['there is no set', { collection: collectionOf([]) }, false],
  ['a set was cut short', { collection: collectionOf(listing({ day: 0 }, { day: 1, base: 0, manifest: false })) }, false],
]
for (const [name, input, needsNone] of nights)
  test(`unchangedSince() when ${name}: ${needsNone ? 'no set is needed' : 'a set is made'}`, () => {
    const works = { works: true, said: 'HTTP 200' }
    const collection = withRecords(input.collection ?? collectionOf(listing({ day: 0 })), [{ time: at(0), answer: works }])
    const usual = {
      plan: { kind: 'incremental', reason: '' },
      change: { differs: false, overlooked: [], overlookedBytes: 0 },
      answer: works,
      isDumped: true,
      now: at(3),
      everySeconds: 7 * DAY,
    } as const
    assert.equal(unchangedSince({ ...usual, ...input, collection }), needsNone ? at(0) : undefined)
  })

test('unchangedSince() of a newest set that was cut off, or lacks files: a set is made', () => {
  for (const mark of [{ cutOff: true }, { unread: ['SITE/x'] }] as const) {
    const collection = withRecords(collectionOf(listing({ day: 0 })), [{ time: at(0), ...mark }])
    const change = { differs: false, overlooked: [], overlookedBytes: 0 }
    const plan = { kind: 'incremental', reason: '' } as const
    assert.equal(
      unchangedSince({ collection, plan, change, answer: undefined, isDumped: true, now: at(1), everySeconds: 7 * DAY }),
      undefined,
    )
  }
})

const MB = 1_000_000
/** [free MB, factor, allowances in MB, whether full backups may start, and whether the first of a site may] */
const spaces: [number, number, number[], boolean, boolean][] = [
  [1000, 10, [100, 50], true, true],
  [999, 10, [100, 50], false, true],
  [5000, 10, [100, 501], false, true],
  [499, 10, [20, 500], false, false],
  [500, 10, [500, 20], false, true],
  [10_000, 10, [1000], true, true],
  [0, 10, [], true, true],
  [0, 0, [1000], true, false],
]
for (const [free, factor, allowances, allowed, first] of spaces)
  test(`fullBackupsIn() ${allowed ? 'allows' : 'forbids'} full backups with ${free} MB, ${factor} times the largest of ${allowances.join(', ') || 'none'}`, () => {
    const sites = allowances.map((megabytes, index) => ({ site: `site${index}`, bytes: megabytes * MB }))
    const found = fullBackupsIn(free * MB, sites, factor)
    assert.deepEqual([found.allowed, found.first], [allowed, first])
    assert.match(found.reason, /^[\d.]+ \w+ free, [\d.]+ \w+ required/)
    if (allowed) return assert.equal(found.problem, undefined)
    const largest = `site${allowances.indexOf(Math.max(...allowances))}`
    assert.ok(
      found.problem!.startsWith(`no full backup will start${first ? ', but for the first of a site' : ''}: ${found.reason}. `),
    )
    assert.match(found.reason, new RegExp(`freeSpaceFactor, 10, times the largest allowance, .* of ${largest}\\)$`))
    assert.match(found.problem!, new RegExp(`Free some room there, lower max_NAS_space of ${largest}, or freeSpaceFactor`))
  })

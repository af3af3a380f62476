import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SetAnswer } from '../../lib/core/page.ts'
import {
  adviceInstead,
  blameText,
  newestRestorePoint,
  type RestorePoint,
  reachText,
  restorePointAt,
  restorePoints,
} from '../../lib/core/restore-point.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

const collection = collectionOf(
  listing(...chainSketch(10, 2), ...chainSketch(20, 1), { day: 35, base: 30 }, { day: 36, manifest: false }),
)

test('restorePoints() are the sets of the chains, oldest first, without orphans and incomplete sets', () => {
  assert.deepEqual(
    restorePoints(collection).map(point => point.time),
    [10, 11, 12, 20, 21].map(at),
  )
  assert.equal(newestRestorePoint(collection)!.time, at(21))
})

const cases: [string, number, number][] = [
  ['the very time', at(11), at(11)],
  ['between two sets the earlier', at(11) + 1, at(11)],
  ['between two chains the end of the older', at(15), at(12)],
  ['after all the newest', at(100), at(21)],
]
for (const [what, moment, time] of cases) {
  test(`restorePointAt() takes for ${what}`, () => assert.equal(restorePointAt(collection, moment).time, time))
}

test('restorePointAt() never gives a later set than asked for, and names the first', () => {
  const message = 'cannot restore to 2026-01-10 00:00:00 UTC: the first backup is of 2026-01-11 00:00:00 UTC'
  assert.throws(() => restorePointAt(collection, at(9)), { message })
  assert.throws(() => restorePointAt(collectionOf([]), at(9)), { message: 'cannot restore: the archive holds no backup' })
})

test('restorePoints() tell the damage of the sets that they build on, and of no later ones', () => {
  const damaged = collectionOf(listing({ day: 0 }, { day: 1, base: 0, volumes: [2] }, { day: 2, base: 1 }))
  assert.deepEqual(
    restorePoints(damaged).map(point => point.problems.length),
    [0, 1, 1],
  )
})

/** [the days of the sets, which are damaged, the one that was chosen, the days that are named instead]. */
const instead: [Parameters<typeof listing>, number, number[]][] = [
  [[{ day: 0 }, { day: 1, base: 0 }, { day: 2, base: 1, volumes: [2] }], 2, [1]],
  [[{ day: 0 }, { day: 1, base: 0, volumes: [2] }, { day: 2, base: 1 }, { day: 9 }], 2, [0, 9]],
  [[{ day: 0, volumes: [2] }, { day: 9 }], 0, [9]],
  [
    [
      { day: 0, volumes: [2] },
      { day: 1, base: 0 },
    ],
    1,
    [],
  ],
]
for (const [sets, chosen, named] of instead) {
  test(`adviceInstead() of day ${chosen} names ${named.length === 0 ? 'none' : `days ${named}`}`, () => {
    const damaged = collectionOf(listing(...sets))
    const point = restorePoints(damaged).find(({ time }) => time === at(chosen))!
    const advice = adviceInstead(damaged, point, (...options) => options.join(' '))
    assert.deepEqual(
      [...advice.matchAll(/--at (.*?) UTC$/gm)].map(([, time]) => Date.parse(`${time}Z`)),
      named.map(at),
    )
    if (named.length === 0) assert.equal(advice, 'nor can any other, as far as is known')
  })
}

test('reachText() says how far back one can go, and counts no point that may not restore', () => {
  assert.match(reachText(collection, at(22)), /as far back as 2026-01-11 00:00:00 UTC, 12 days ago; 5 restore points$/)
  const damaged = collectionOf(listing({ day: 0, volumes: [2] }, { day: 3 }))
  assert.match(reachText(damaged, at(22)), /as far back as 2026-01-04 .*; 1 restore point$/)
  assert.equal(reachText(collectionOf([]), at(22)), 'it cannot be restored to any backup')
})

const BLAMES: readonly (readonly [SetAnswer | undefined, RegExp])[] = [
  [undefined, /the backup may be what is broken: the site was not checked/],
  [{ works: true, said: 'HTTP 200' }, /worked when the backup was made, so what is broken is on this host/],
  [{ works: false, said: 'HTTP 503' }, /the backup is what is broken: HTTP 503 when it was made/],
]
for (const [answer, said] of BLAMES)
  test(`blameText() of a backup of a site that answered ${answer?.said ?? 'nobody'}`, () =>
    assert.match(blameText({ set: answer ? { answer } : {} } as RestorePoint), said))

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LastDrill, nextToDrill, pointToDrill } from '../../lib/core/drill.ts'
import { ownTest, type SetTest, testText, withTest } from '../../lib/core/page.ts'
import { restorePoints } from '../../lib/core/restore-point.ts'
import { withRecords } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

const testOf = (day: number, works: boolean, more: Partial<SetTest> = {}): SetTest => ({
  ...{ at: at(day), works, said: works ? 'HTTP 200' : 'HTTP 500', restored: 9.6 },
  ...more,
})

/** Four nights in one chain, of which those of these days were tested. */
const nights = (...tested: readonly number[]) =>
  restorePoints(
    withRecords(
      collectionOf(listing(...chainSketch(0, 3))),
      tested.map(day => ({ time: at(day), tests: [testOf(9, true)] })),
    ),
  )

test('nextToDrill() takes what was never drilled, by name, then what was drilled longest ago', () => {
  const sites = ['c', 'b', 'a'].map(name => ({ name }))
  const last = (tried: Record<string, number>) =>
    nextToDrill(sites, ({ name }) => (tried[name] === undefined ? undefined : { triedAt: tried[name], newest: true }))?.name
  assert.equal(last({}), 'a')
  assert.equal(last({ a: 7 }), 'b')
  assert.equal(last({ a: 7, b: 5, c: 6 }), 'b')
  assert.equal(
    nextToDrill([], () => undefined),
    undefined,
  )
})

const NEWEST: LastDrill = { triedAt: 1, newest: true }
const POINTS: readonly (readonly [string, readonly number[], LastDrill | undefined, number])[] = [
  ['the newest first', [], undefined, 3],
  ['then the oldest that was not tried', [3], NEWEST, 0],
  ['then the newest', [0], { ...NEWEST, newest: false }, 3],
  ['the next older one after that', [0, 3], NEWEST, 1],
  ['the newest while something was wrong', [3], { ...NEWEST, isProblem: true }, 3],
  ['the newest where all were tried', [0, 1, 2, 3], NEWEST, 3],
]
for (const [what, tested, last, day] of POINTS) {
  test(`pointToDrill() takes ${what}`, () => assert.equal(pointToDrill(nights(...tested), last)?.point.time, at(day)))
}

test('pointToDrill() takes none where there is none', () => assert.equal(pointToDrill([], undefined), undefined))

test('a test that worked counts as an answer where nobody asked that night; one that did not counts as nothing', () => {
  const of = (record: object) => nights0(record)[0]!.set.answer?.works
  const nights0 = (record: object) =>
    restorePoints(withRecords(collectionOf(listing(...chainSketch(0, 0))), [{ time: at(0), ...record }]))
  assert.equal(of({ tests: [testOf(1, true)] }), true)
  assert.equal(of({ tests: [testOf(1, false)] }), undefined)
  assert.equal(of({ tests: [testOf(1, true, { asked: 'shop' })] }), undefined)
  assert.equal(of({ tests: [testOf(1, true)], answer: { works: false, said: 'HTTP 500' } }), false)
})

test('withTest() keeps one of each question, and ownTest() is the one of the site itself', () => {
  const tests = withTest(withTest(withTest([], testOf(1, false)), testOf(2, true, { asked: 'shop' })), testOf(3, true))
  assert.deepEqual(
    tests.map(test => test.at),
    [at(2), at(3)],
  )
  assert.equal(ownTest(tests)?.at, at(3))
})

test('testText() of what could not be restored tells why', () => {
  assert.equal(testText({ at: 1, works: false, said: 'a volume is missing' }), 'cannot be restored: a volume is missing')
})

test('testText() tells what it took and what a recovery would', () => {
  assert.equal(
    testText(testOf(1, true, { imported: 80 })),
    'restored in 10 s, its database imported in 80 s, works: HTTP 200; a recovery of it would take about 90 s',
  )
})

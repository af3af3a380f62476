import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { brokenFinding, brokenSince, newestKnownGood } from '../../lib/core/known-good.ts'
import { lastGoodPoint } from '../../lib/core/restore-point.ts'
import { type PruneInput, planPrune } from '../../lib/core/retention.ts'
import { withMarksOf, withRecords } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

/** Nights one after the other, in two chains: `+` the site worked, `-` it did not, `.` nobody asked. */
function nights(signs: string) {
  const half = Math.ceil(signs.length / 2)
  const sketch = [...chainSketch(0, half - 1), ...(signs.length > half ? chainSketch(half, signs.length - half - 1) : [])]
  const records = [...signs].flatMap((sign, day) =>
    sign === '.' ? [] : [{ time: at(day), answer: { works: sign === '+', said: sign === '+' ? 'HTTP 200' : `HTTP 50${day}` } }],
  )
  return withRecords(collectionOf(listing(...sketch)), records)
}

/** The nights, the day since which it is broken, the last good one: neither while it works or nobody knows. */
const BROKEN: readonly (readonly [string, number | undefined, number | undefined])[] = [
  ['', undefined, undefined],
  ['....', undefined, undefined],
  ['++++', undefined, undefined],
  ['++--', 2, 1],
  ['++-+', undefined, undefined],
  ['+-+-', 3, 2],
  ['+..-', 3, 0],
  ['+.-.', 2, 0],
  ['----', 0, undefined],
  ['.-..', 1, undefined],
]
for (const [signs, since, good] of BROKEN) {
  test(`brokenSince() of "${signs}": ${since === undefined ? 'not broken' : `day ${since}, good on day ${good}`}`, () => {
    const broken = brokenSince(nights(signs))
    assert.equal(broken?.since, since === undefined ? undefined : at(since))
    assert.equal(broken?.good, good === undefined ? undefined : at(good))
  })
}

test('brokenFinding() asks the owner to act, once the site had worked', () => {
  const broken = brokenSince(nights('++--'))!
  const told = brokenFinding("o'hara", broken, true, at(4))
  assert.deepEqual(told, {
    level: 'attention',
    text: 'it does not work for 2 days: HTTP 503. The last backup of it that is known to be good is of 2026-01-02 00:00:00 UTC',
    isKnown: false,
  })
  assert.equal(brokenFinding('blog', broken, true, at(4), at(3)).isKnown, true)
  assert.equal(brokenFinding('blog', broken, true, at(2), at(1)).isKnown, false)
  assert.equal(brokenFinding('blog', broken, false, at(4)).level, 'remark')
  assert.equal(brokenFinding('blog', brokenSince(nights('--'))!, true, at(4)).level, 'remark')
})

test('lastGoodPoint() takes the newest that is known to be good, up to the moment that is asked for, and none of which nothing is known', () => {
  const collection = nights('+.+--.')
  assert.equal(lastGoodPoint(collection).time, at(2))
  assert.equal(lastGoodPoint(collection, at(1)).time, at(0))
  assert.throws(() => lastGoodPoint(collection, at(0) - 1), {
    message: /no backup up to .* is known to be of a site that worked/,
  })
  assert.throws(() => lastGoodPoint(nights('..-')), { message: /^no backup is known to be of a site that worked/ })
})

test('the newest set that is known to be good is never pruned, however little is allowed and however long the site is broken', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('+', '-', '.'), minLength: 3, maxLength: 12 }), signs => {
      let collection = nights(signs)
      const good = newestKnownGood(collection)
      for (;;) {
        const input: PruneInput = { collection, allowanceBytes: 0, keepIncrementals: 0, knownGood: good?.time }
        const plan = planPrune(input)
        if (plan.action.kind === 'none') break
        const gone = new Set([...plan.files, ...plan.mayGo].map(({ name }) => name))
        assert.ok(plan.files.length > 0)
        collection = withMarksOf(collectionOf(collection.files.filter(({ name }) => !gone.has(name))), collection)
      }
      assert.equal(newestKnownGood(collection)?.time, good?.time)
    }),
  )
})

test('a suspect set of a site that worked is not known to be good, though the site is not broken', () => {
  const collection = withRecords(nights('+++'), [{ time: at(2), suspect: ['SITE is empty'] }])
  assert.equal(brokenSince(collection), undefined)
  assert.equal(lastGoodPoint(collection).time, at(1))
  assert.equal(newestKnownGood(collection)!.time, at(1))
  const broken = withRecords(nights('++-'), [{ time: at(1), suspect: ['SITE is empty'] }])
  assert.deepEqual([brokenSince(broken)!.since, brokenSince(broken)!.good], [at(2), at(0)])
})

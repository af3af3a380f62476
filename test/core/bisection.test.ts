import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bisect, fileEvents, type Night } from '../../lib/core/bisection.ts'

/** Searches to the end. Gives what was found, and how many nights were tried. */
function search(nights: readonly Night[], truth: (at: number) => Night) {
  const known = [...nights]
  for (let tried = 0; ; tried++) {
    const step = bisect(known)
    if (step.next === undefined) return { good: step.good, bad: step.bad, tried }
    assert.equal(known[step.next], undefined, 'what is known is tried no more')
    known[step.next] = truth(step.next)
  }
}

test('bisect() finds the night on which a site broke, of forty with at most seven tries', () => {
  for (let broke = 0; broke <= 40; broke++) {
    const { good, bad, tried } = search(Array(40).fill(undefined), at => (at < broke ? 'good' : 'bad'))
    assert.deepEqual([good, bad], [broke === 0 ? undefined : broke - 1, broke === 40 ? undefined : broke])
    assert.ok(tried <= 7, `${tried} tries`)
  }
})

const NIGHT = fc.constantFrom<Night>('good', 'bad', 'cannot be tried')

test('bisect() ends between a good night and a later bad one, whatever the nights are and whatever is known', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(NIGHT, fc.boolean()), { maxLength: 50 }), all => {
      const truth = (at: number): Night => all[at]![0]
      const { good, bad } = search(
        all.map(([night, isKnown]) => (isKnown ? night : undefined)),
        truth,
      )
      if (good !== undefined) assert.equal(truth(good), 'good')
      if (bad !== undefined) {
        assert.equal(truth(bad), 'bad')
        assert.ok(good === undefined || good < bad)
        for (let at = (good ?? -1) + 1; at < bad; at++) assert.equal(truth(at), 'cannot be tried', 'they are neighbours')
      } else {
        const newest = all.findLastIndex(([night]) => night !== 'cannot be tried')
        assert.equal(good, newest < 0 ? undefined : newest, 'there is nothing to find where the newest works')
      }
    }),
    { numRuns: 300 },
  )
})

test('fileEvents() tells between which sets a file appeared, changed and went', () => {
  const mark = (hash: number) => ({ modifiedAt: hash, hash, form: 'a' })
  const history = [undefined, mark(1), mark(1), mark(2), undefined].map((each, time) => ({ time, mark: each }))
  assert.deepEqual(fileEvents(history), [
    { what: 'appeared', after: 0, by: 1 },
    { what: 'changed', after: 2, by: 3 },
    { what: 'went', after: 3, by: 4 },
  ])
  assert.deepEqual(fileEvents([{ time: 7, mark: mark(1) }]), [{ what: 'appeared', after: undefined, by: 7 }])
  assert.deepEqual(fileEvents([]), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signsOfWriter } from '../../lib/core/prune-check.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

const HOUR = 3_600_000
const now = at(10)

/** A whole chain, and a set without a manifest, whose volume was written at a time. */
function writing(modifiedAt: number | undefined, day = 9) {
  const left = listing({ day, manifest: false, signatures: false }).map(file => ({
    ...file,
    ...(modifiedAt !== undefined && { modifiedAt }),
  }))
  const whole = listing(...chainSketch(0, 3)).map(file => ({ ...file, ...(modifiedAt !== undefined && { modifiedAt: now }) }))
  return collectionOf([...whole, ...left])
}

const cases: [string, number | undefined, number | undefined, boolean][] = [
  ['a volume written an hour ago', now - HOUR, undefined, true],
  ['a volume dated ahead of this clock', now + 100 * HOUR, undefined, true],
  ['no volume for a night', now - 7 * HOUR, undefined, false],
  ['without times, a set begun yesterday', undefined, 9, true],
  ['without times, a set begun three days ago', undefined, 7, false],
]
for (const [what, modifiedAt, day, expected] of cases)
  test(`signsOfWriter() ${expected ? 'sees a writer in' : 'sees none in'} ${what}`, () =>
    assert.equal(signsOfWriter(writing(modifiedAt, day), now) !== undefined, expected))

test('signsOfWriter() sees none where every set is finished, however new', () => {
  assert.equal(
    signsOfWriter(collectionOf(listing(...chainSketch(0, 3)).map(file => ({ ...file, modifiedAt: now }))), now),
    undefined,
  )
})

test('signsOfWriter() passes over the set that this host itself has left unfinished, and over no other, with and without times', () => {
  for (const modifiedAt of [now - HOUR, undefined]) {
    const ofDay = (day: number) =>
      listing({ day, manifest: false, signatures: false }).map(file => ({ ...file, ...(modifiedAt && { modifiedAt }) }))
    const names = new Set(ofDay(9).map(file => file.name))
    const isOwn = (file: { name: string }): boolean => names.has(file.name)
    assert.equal(signsOfWriter(writing(modifiedAt), now, isOwn), undefined)
    const both = collectionOf([...listing(...chainSketch(0, 3)), ...ofDay(9), ...ofDay(10)])
    assert.notEqual(signsOfWriter(both, now, isOwn), undefined)
  }
})

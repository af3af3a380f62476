import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restorePoints } from '../../lib/core/restore-point.ts'
import { treeSizeIn, withRecord, withRecords } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

const OLD = { time: 1, host: 'web1', files: 3, bytes: 100 }
const NEW = { time: 2, files: 7, bytes: 2300, dump: { bytes: 8, packed: true } }

test('withRecord() adds a set in front, and keeps what is known of one that is there', () => {
  assert.deepEqual(withRecord([OLD], NEW), [NEW, OLD])
  assert.deepEqual(withRecord([NEW, OLD], { time: 1, files: 4 }), [NEW, { ...OLD, files: 4 }])
})

test('treeSizeIn() finds the size of a set, where all of it is known', () => {
  const { time, ...size } = NEW
  assert.deepEqual(treeSizeIn([OLD, NEW], time), size)
  assert.equal(treeSizeIn([{ time: 3, files: 7 }], 3), undefined)
  assert.equal(treeSizeIn([OLD, NEW], 4), undefined)
})

test('withRecords() marks the sets that were cut off: they are no restore points, and what builds on them is', () => {
  const collection = collectionOf(listing(...chainSketch(0, 3)))
  const cutOff = [0, 2].map(day => ({ time: at(day), cutOff: true as const }))
  const known = withRecords(collection, [...cutOff, { time: at(1), files: 3 }, { time: at(9), cutOff: true }])
  assert.deepEqual(
    restorePoints(known).map(({ time }) => time),
    [at(1), at(3)],
  )
  assert.equal(restorePoints(known)[1]?.chain.incrementals.length, 3)
})

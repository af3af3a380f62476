import assert from 'node:assert/strict'
import { test } from 'node:test'
import { treeSizeIn, withRecord } from '../../lib/core/set-record.ts'

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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileRef } from '../../lib/core/collection.ts'
import { roomForFull } from '../../lib/core/room.ts'
import { withRecords } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'

const MB = 1_000_000
/** A full set of one volume, with or without what makes it complete. */
const full = (stamp: string, megabytes: number, complete = true): FileRef[] => {
  const file = (name: string, bytes: number): FileRef => ({ name, bytes })
  const rest = [
    file(`duplicity-full.${stamp}.manifest`, 0.5 * MB),
    file(`duplicity-full-signatures.${stamp}.sigtar.gz`, 0.5 * MB),
  ]
  return [file(`duplicity-full.${stamp}.vol1.difftar.gz`, (megabytes - 1) * MB), ...(complete ? rest : [])]
}
const [old, young, begun] = [full('20260101T030000Z', 100), full('20260401T030000Z', 200), full('20260701T030000Z', 51, false)]

test('roomForFull() without a full backup has nothing to compare, and hinders nothing', () => {
  assert.equal(roomForFull(collectionOf([]), 5).enough, true)
})

test('roomForFull() wants the size of the newest full, and lets the collection grow until just that is left', () => {
  const room = roomForFull(collectionOf([...old, ...young]), 250 * MB)
  assert.ok(room.enough && room.prunable)
  assert.equal(room.allowanceBytes, (300 + 250 - 200) * MB)
  assert.match(room.reason, /^plenty of space for the next full backup: 250 MB free, 200 MB required$/)
})

test('roomForFull() short of space gives an allowance that is passed by what is missing', () => {
  const room = roomForFull(collectionOf([...old, ...young]), 150 * MB)
  assert.equal(room.enough, false)
  assert.equal(room.allowanceBytes, 250 * MB)
  assert.match(room.reason, /^too little space/)
  assert.equal(roomForFull(collectionOf(young), 150 * MB).prunable, false)
})

test('roomForFull() counts what an interrupted full has sent already', () => {
  const files = [...old, ...young, ...begun]
  assert.equal(roomForFull(collectionOf(files), 149 * MB).enough, false)
  assert.equal(roomForFull(collectionOf(files), 151 * MB).enough, true)
})

test('roomForFull() wants at least what an interrupted backup needs to go on, however small a full is', () => {
  const collection = collectionOf([...old, ...young])
  const room = roomForFull(collection, 220 * MB, undefined, 250 * MB)
  assert.deepEqual([room.enough, room.allowanceBytes], [false, 270 * MB])
  assert.match(room.reason, /^too little space to complete the interrupted backup: 220 MB free, 250 MB required$/)
  assert.match(roomForFull(collection, 150 * MB, undefined, 100 * MB).reason, /^too little space for the next full backup/)
})

test('roomForFull() keeps to an allowance of the inventory', () => {
  assert.equal(roomForFull(collectionOf(young), 900 * MB, 400 * MB).allowanceBytes, 400 * MB)
  assert.equal(roomForFull(collectionOf(young), undefined, 400 * MB).allowanceBytes, 400 * MB)
})

test('roomForFull() takes a full that was cut off together with the sets that complete it, and counts what one that is not complete has sent', () => {
  const rest: FileRef[] = [
    { name: 'duplicity-inc.20260101T030000Z.to.20260102T030000Z.vol1.difftar.gz', bytes: 300 * MB },
    { name: 'duplicity-inc.20260101T030000Z.to.20260102T030000Z.manifest', bytes: 0 },
  ]
  const cutOff = (time: string) => ({ time: Date.parse(time), cutOff: true as const })
  const completed = withRecords(collectionOf([...old, ...rest]), [cutOff('2026-01-01T03:00:00Z')])
  assert.match(roomForFull(completed, 1).reason, /400 MB required$/)
  const open = withRecords(collectionOf([...old, ...young]), [cutOff('2026-04-01T03:00:00Z')])
  assert.match(roomForFull(open, 1).reason, / 0 bytes required$/)
})

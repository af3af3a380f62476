import assert from 'node:assert/strict'
import { test } from 'node:test'
import { damagesIn, filesListed, filesOfSetsLeft, volumesListed } from '../../lib/duplicity/known-files.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, filesOfSet, listing } from './archive.ts'

const FULL = { day: 0, volumes: [1, 2, 3] }
const INC = { day: 1, base: 0 }
const whole = collectionOf(listing(FULL, INC))
const known = filesListed(whole)
const [volume1, , volume3, manifest, signatures] = filesOfSet(FULL).map(({ name }) => name)
const textsOf = (files: ReturnType<typeof listing>, of = known) => damagesIn(of, collectionOf(files)).map(({ text }) => text)

test('filesListed() takes the files of sets that look whole', () => {
  assert.equal(Object.keys(known).length, 8)
  assert.deepEqual(known[volume1!], { bytes: 100 })
  assert.deepEqual(Object.keys(filesListed(collectionOf(listing({ ...FULL, volumes: [1, 3] })))), [])
})

test('damagesIn() names what is missing and what has another size, and nothing where all is as it was', () => {
  assert.deepEqual(textsOf(listing(FULL, INC)), [])
  assert.deepEqual(textsOf(listing({ ...FULL, volumes: [1, 2] }, INC)), [
    `full set of 2026-01-01 00:00:00 UTC: volume 3 is missing (${volume3})`,
  ])
  assert.deepEqual(textsOf(listing({ ...FULL, manifest: false }, INC)), [
    `full set of 2026-01-01 00:00:00 UTC: its manifest is missing (${manifest})`,
  ])
  assert.deepEqual(textsOf(listing({ ...FULL, signatures: false }, INC)), [
    `full set of 2026-01-01 00:00:00 UTC: its file of signatures is missing (${signatures})`,
  ])
  const [first] = damagesIn(known, collectionOf(listing({ ...FULL, volumeBytes: 99 }, INC)))
  assert.deepEqual(first, {
    file: volume1,
    set: at(0),
    role: 'volume',
    text: `full set of 2026-01-01 00:00:00 UTC: volume 1 has 99 bytes, and 100 were written (${volume1})`,
  })
})

test('damagesIn() names what was found wrong when it was read', () => {
  const wrong = { ...known, [volume1!]: { bytes: 100, wrong: 'cannot be read' } }
  assert.deepEqual(textsOf(listing(FULL, INC), wrong), [
    `full set of 2026-01-01 00:00:00 UTC: volume 1 cannot be read (${volume1})`,
  ])
})

test('a set of which nothing is left was removed, and is no damage', () => {
  assert.deepEqual(textsOf(listing(FULL)), [])
  assert.equal(Object.keys(filesOfSetsLeft(known, collectionOf(listing(FULL)))).length, 5)
  assert.equal(Object.keys(filesOfSetsLeft(known, collectionOf(listing(FULL, { ...INC, manifest: false })))).length, 8)
})

test('volumesListed() names the volumes as they are packed in the archive', () => {
  for (const packing of ['plain', 'gzip', 'gpg'] as const) {
    const names = filesOfSet({ ...INC, packing }).map(({ name }) => name)
    const listed = volumesListed(names[1]!, [{ number: 1, sha1: 'aa' }], names)
    assert.deepEqual(listed, { [names[0]!]: { sha1: 'aa' } })
  }
})

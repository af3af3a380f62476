import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupSet, Damage } from '../../lib/core/collection.ts'
import { meaningOf, withDamages } from '../../lib/core/damage.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

const collection = collectionOf(listing(...chainSketch(0, 3), ...chainSketch(9, 2)))

const damageIn = (set: BackupSet, role: Damage['role'] = 'volume'): Damage => ({
  file: set.volumes[0]!.name,
  set: set.time,
  role,
  text: 'it differs',
})

test('withDamages() marks the set, and nothing else', () => {
  const bad = collection.chains[0]!.incrementals[0]!
  const marked = withDamages(collection, [damageIn(bad)])
  const { restorable, problems } = marked.chains[0]!.incrementals[0]!
  assert.deepEqual([restorable, problems], [false, ['it differs']])
  assert.deepEqual([marked.chains[0]!.full, marked.chains[1]], [collection.chains[0]!.full, collection.chains[1]])
  assert.equal(marked.primarySigned, true)
  assert.equal(withDamages(collection, []), collection)
})

test('withDamages() adds nothing to a chain whose signatures are damaged, and restores it all the same', () => {
  const marked = withDamages(collection, [damageIn(collection.chains[1]!.full, 'signatures')])
  assert.deepEqual([marked.chains[1]!.full.restorable, marked.primarySigned], [true, false])
  assert.equal(withDamages(collection, [damageIn(collection.chains[0]!.full, 'signatures')]).primarySigned, true)
})

test('withDamages() marks sets that are part of no chain, since their manifest is gone', () => {
  const cut = collectionOf(listing({ day: 0 }, { day: 1, base: 0, manifest: false }))
  const [set] = cut.incomplete
  assert.deepEqual(withDamages(cut, [damageIn(set!, 'manifest')]).incomplete[0]!.problems, ['it differs'])
})

test('meaningOf() says what is lost and what can still be restored', () => {
  assert.equal(
    meaningOf(collection, damageIn(collection.chains[0]!.incrementals[1]!)),
    `the 2 backups of 2026-01-03 00:00:00 UTC to 2026-01-04 00:00:00 UTC do not restore whole; 5 others do, from 2026-01-01 00:00:00 UTC to ${new Date(at(11)).toISOString().slice(0, 10)} 00:00:00 UTC`,
  )
  const only = collectionOf(listing({ day: 0 }))
  assert.equal(meaningOf(only, damageIn(only.chains[0]!.full)), 'this backup does not restore whole, and no other does')
  assert.match(meaningOf(only, damageIn(only.chains[0]!.full, 'signatures')), /^nothing is lost by it/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Auditable, meaningOf, planAudit, withDamages } from '../../lib/core/audit.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

const volume = (name: string, readAt?: number, damaged = false): Auditable => ({ site: 's', name, bytes: 100, readAt, damaged })
const names = (list: readonly Auditable[]) => list.map(each => each.name).join('')

test('planAudit() reads the damaged first, then those never read, then the least recently read', () => {
  const all = [volume('a', 3), volume('b'), volume('c', 1), volume('d', 9, true)]
  assert.equal(names(planAudit(all, 400)), 'dbca')
  assert.equal(names(planAudit(all, 299)), 'db')
  assert.equal(names(planAudit(all, 1)), 'd')
  assert.equal(names(planAudit(all, 0)), '')
})

test('planAudit() has read every volume after enough nights, whatever the budget', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 60 }), (bytes, budget) => {
      const read = new Map<string, number>()
      const all = () => bytes.map((size, index) => ({ ...volume(String(index), read.get(String(index))), bytes: size }))
      for (let night = 1; night <= bytes.length; night++) for (const each of planAudit(all(), budget)) read.set(each.name, night)
      assert.equal(read.size, bytes.length)
    }),
  )
})

const collection = collectionOf(listing(...chainSketch(0, 3), ...chainSketch(9, 2)))

test('withDamages() marks the set, and nothing else', () => {
  const bad = collection.chains[0]!.incrementals[0]!
  const marked = withDamages(collection, { [bad.volumes[0]!.name]: 'it differs' })
  assert.deepEqual(
    [marked.chains[0]!.incrementals[0]!.restorable, marked.chains[0]!.incrementals[0]!.problems],
    [false, ['it differs']],
  )
  assert.deepEqual([marked.chains[0]!.full, marked.chains[1]], [collection.chains[0]!.full, collection.chains[1]])
  assert.equal(withDamages(collection, {}), collection)
})

test('meaningOf() says what is lost and what can still be restored', () => {
  assert.equal(
    meaningOf(collection, collection.chains[0]!.incrementals[1]!),
    `the 2 backups of 2026-01-03 00:00:00 UTC to 2026-01-04 00:00:00 UTC do not restore whole; 5 others do, from 2026-01-01 00:00:00 UTC to ${new Date(at(11)).toISOString().slice(0, 10)} 00:00:00 UTC`,
  )
  const only = collectionOf(listing({ day: 0 }))
  assert.equal(meaningOf(only, only.chains[0]!.full), 'this backup does not restore whole, and no other does')
})

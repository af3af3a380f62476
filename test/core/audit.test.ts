import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Auditable, allReadSince, nightsToReadAll, planAudit } from '../../lib/core/audit.ts'

const volume = (name: string, readAt?: number, rewritten = false): Auditable => ({
  site: 's',
  name,
  bytes: 100,
  readAt,
  rewritten,
})
const names = (list: readonly Auditable[]) => list.map(each => each.name).join('')

test('planAudit() reads first what was damaged and may have been brought back, then those never read, then the least recently read', () => {
  const all = [volume('a', 3), volume('b'), volume('c', 1), volume('d', 9, true)]
  assert.equal(names(planAudit(all, 400)), 'dbca')
  assert.equal(names(planAudit(all, 299)), 'dbc')
  assert.equal(names(planAudit(all, 1)), 'dc')
  assert.equal(names(planAudit(all, 0)), '')
})

test('planAudit() has read every file within the nights that nightsToReadAll() promises, whatever the budget', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 60 }), (bytes, budget) => {
      const read = new Map<string, number>()
      const all = () => bytes.map((size, index) => ({ ...volume(String(index), read.get(String(index))), bytes: size }))
      const nights = nightsToReadAll(all(), budget)!
      assert.ok(nights <= bytes.length)
      for (let night = 1; night <= nights; night++) {
        assert.equal(allReadSince(all()), undefined)
        for (const each of planAudit(all(), budget)) read.set(each.name, night)
      }
      assert.equal(read.size, bytes.length)
      assert.ok(allReadSince(all())! >= 1)
    }),
  )
})

test('planAudit() comes round to every file though it is larger than the budget and something new comes every night', () => {
  const large = (['a', 'b', 'c'] as const).map((name, index) => ({ ...volume(name, index + 1), bytes: 1000 }))
  const read = new Map<string, number>(large.map(({ name, readAt }) => [name, readAt!]))
  for (let night = 10; night < 13; night++) {
    const all = [...large.map(each => ({ ...each, readAt: read.get(each.name) })), { ...volume(`new${night}`), bytes: 10 }]
    for (const each of planAudit(all, 500)) read.set(each.name, night)
  }
  assert.deepEqual(Object.fromEntries(read), { a: 10, b: 11, c: 12, new10: 10, new11: 11, new12: 12 })
})

test('nightsToReadAll() and allReadSince() know nothing where nothing is read', () => {
  assert.equal(nightsToReadAll([volume('a')], 0), undefined)
  assert.equal(nightsToReadAll([], 100), 0)
  assert.equal(allReadSince([]), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimConflict, type DatabaseClaim, isSameClaim } from '../../lib/core/database-claim.ts'

const claim: DatabaseClaim = { server: 'localhost', database: 'shop', user: 'shop' }
const table: [string, Partial<DatabaseClaim>, RegExp | undefined][] = [
  ['the same database', { user: 'other' }, /its database "shop" is recorded as that of site "theirs"/],
  ['the same account', { database: 'other' }, /its database account "shop" is recorded as that of site "theirs"/],
  ['both', {}, /its database "shop"/],
  ['neither', { database: 'other', user: 'other' }, undefined],
  ['the same on another server', { server: 'db:3306' }, undefined],
  ['a name that differs in its case', { database: 'Shop', user: 'Shop' }, undefined],
]
for (const [name, theirs, conflict] of table) {
  test(`claimConflict() of a site that names ${name} as another does`, () => {
    const found = claimConflict('mine', claim, { theirs: { ...claim, ...theirs } })
    if (conflict) assert.match(found!, conflict)
    else assert.equal(found, undefined)
  })
}

test('claimConflict() has nothing against a site that keeps or changes its own', () => {
  assert.equal(claimConflict('mine', claim, {}), undefined)
  assert.equal(claimConflict('mine', claim, { mine: claim }), undefined)
  assert.equal(claimConflict('mine', claim, { mine: { ...claim, database: 'old' } }), undefined)
})

test('isSameClaim() is true of the very same claim only', () => {
  assert.ok(isSameClaim({ ...claim, more: [] }, claim))
  for (const other of [{ user: 'new' }, { database: 'new' }, { server: 'db:3306' }])
    assert.ok(!isSameClaim({ ...claim, ...other }, claim))
})

test('claimConflict() of a site called like a part of every object', () => {
  assert.equal(claimConflict('__proto__', claim, {}), undefined)
})

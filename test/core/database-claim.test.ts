import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimConflict, type DatabaseClaim, isRecorded } from '../../lib/core/database-claim.ts'

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

test('isRecorded() is true of the very same claim only, also for a site called like a part of every object', () => {
  assert.ok(isRecorded('mine', claim, { mine: claim }))
  assert.ok(!isRecorded('mine', { ...claim, user: 'new' }, { mine: claim }))
  assert.ok(!isRecorded('mine', claim, {}))
  assert.ok(!isRecorded('constructor', claim, {}))
  assert.equal(claimConflict('__proto__', claim, {}), undefined)
})

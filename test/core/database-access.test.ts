import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { claimConflict, type DatabaseClaim, dumpsByDatabase, isSameClaim } from '../../lib/core/database-access.ts'

const own = (database?: string) => ({ name: 'database.sql', database })
const further = (database: string) => ({ name: `database-${database}.sql`, database })
const table: [string, string[], ReturnType<typeof own>[], Record<string, string>][] = [
  ['each its own', ['a', 'b'], [own('a'), further('b')], { a: 'database.sql', b: 'database-b.sql' }],
  ['another one is the first here', ['b', 'a'], [own('a'), further('b')], { a: 'database.sql', b: 'database-b.sql' }],
  ['its own one has another name here', ['x', 'b'], [own('a'), further('b')], { x: 'database.sql', b: 'database-b.sql' }],
  ['a dump that does not say', ['a'], [own()], { a: 'database.sql' }],
  ['the dump of another, and none of its own', ['b', 'a'], [own('a')], { a: 'database.sql' }],
  ['a further one without a dump', ['a', 'b'], [own('a')], { a: 'database.sql' }],
  ['two dumps of one', ['b'], [own('b'), further('b')], { b: 'database.sql' }],
  ['no dump', ['a'], [], {}],
]
for (const [what, databases, dumps, found] of table)
  test(`dumpsByDatabase() ${what}`, () =>
    assert.deepEqual(Object.fromEntries(dumpsByDatabase(databases, databases[0], dumps)), found))

test('dumpsByDatabase() gives a further one no dump that is not its own', () => {
  assert.deepEqual([...dumpsByDatabase(['b'], undefined, [own('a')])], [])
})

test('dumpsByDatabase() gives no dump to two, and none that says it is of another of them', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd')
  const dumps = fc.array(fc.option(name, { nil: undefined }), { maxLength: 5 })
  fc.assert(
    fc.property(fc.uniqueArray(name), dumps, (databases, said) => {
      const all = said.map((database, index) => ({ name: `${index}`, database }))
      const found = [...dumpsByDatabase(databases, databases[0], all)]
      assert.equal(new Set(found.map(([, dump]) => dump)).size, found.length)
      for (const [database, dump] of found) {
        const of = all[Number(dump)]!.database
        assert.ok(of === undefined || of === database || !databases.includes(of))
      }
    }),
  )
})

const claim: DatabaseClaim = { server: 'localhost', database: 'shop', user: 'shop' }
const claims: [string, Partial<DatabaseClaim>, RegExp | undefined][] = [
  ['the same database', { user: 'other' }, /its database "shop" is recorded as that of site "theirs"/],
  ['the same account', { database: 'other' }, /its database account "shop" is recorded as that of site "theirs"/],
  ['both', {}, /its database "shop"/],
  ['neither', { database: 'other', user: 'other' }, undefined],
  ['the same on another server', { server: 'db:3306' }, undefined],
  ['a name that differs in its case', { database: 'Shop', user: 'Shop' }, undefined],
]
for (const [name, theirs, conflict] of claims) {
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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dumpsByDatabase } from '../../lib/core/dump-of-database.ts'

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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { listedParts, listOfParts, partName, partNamed, partNames, tablesOfParts } from '../../lib/database/dump-parts.ts'

const names = fc
  .string({ minLength: 1, maxLength: 64, unit: 'grapheme' })
  .map(text => [...text].slice(0, 64).join('').replaceAll('\0', ''))
const tables = names.filter(name => name !== '')

test('partName() gives each table a file of its own, in one folder, by property', () => {
  fc.assert(
    fc.property(tables, tables, (one, other) => {
      const file = partName('table', one)
      assert.ok(Buffer.byteLength(file) <= 255 && !/[/\0\n]/.test(file), file)
      assert.equal(file === partName('table', other), one === other)
      assert.notEqual(file, partName('triggers', one))
      assert.deepEqual(partNamed(file), { kind: 'table', of: one })
    }),
  )
})

test('partName() has a name also for a table of 64 characters of four bytes, which no server has', () => {
  const [one, other] = [partName('table', '😀'.repeat(64)), partName('table', `${'😀'.repeat(63)}😁`)]
  assert.ok(Buffer.byteLength(one) <= 255 && one !== other)
  assert.equal(partNamed(one)?.kind, 'table')
  assert.deepEqual(partNamed(partName('table', '表'.repeat(64))), { kind: 'table', of: '表'.repeat(64) })
})

const changed: [parts: string[], tables: string[] | undefined][] = [
  [[], []],
  [[partName('table', 'a'), partName('complete')], ['a']],
  [
    [partName('table', 'a'), partName('floats', 'a'), partName('triggers', 'b'), partName('complete')],
    ['a', 'b'],
  ],
  [[partName('table', 'a'), partName('views')], undefined],
  [[partName('sequence', 'a')], undefined],
  [[partName('table', '😀'.repeat(64))], undefined],
  [['database.sql'], undefined],
]
for (const [parts, tables] of changed)
  test(`tablesOfParts() of ${parts.join(', ').slice(0, 80) || 'nothing'}: ${tables?.join(', ') ?? 'more than tables'}`, () => {
    assert.deepEqual(tablesOfParts(parts), tables)
  })

const strangers = [
  '',
  '.',
  '2-table-a',
  '2-tables-a.sql',
  '3-table-a.sql',
  '2-table-%2f.sql',
  '2-table-a b.sql',
  'x2-table-a.sql',
]
for (const name of strangers)
  test(`partNamed() says that ${JSON.stringify(name)} is no part`, () => assert.equal(partNamed(name), undefined))

test('partNames() puts them in the order of an import', () => {
  const kinds = ['complete', 'events', 'routines', 'end', 'floats', 'begin'] as const
  const found = partNames([...kinds.map(kind => partName(kind)), partName('table', 'b'), 'README', partName('table', 'a')])
  assert.deepEqual(found, [
    ...['0-begin.sql', '2-table-a.sql', '2-table-b.sql', '3-end.sql', '4-floats.sql', '5-routines.sql', '8-events.sql'],
    '9-complete.sql',
  ])
})

test('listedParts() reads what listOfParts() wrote, whatever was remarked before it, by property', () => {
  fc.assert(
    fc.property(fc.uniqueArray(tables), fc.nat(), fc.string(), (all, bytes, remark) => {
      const parts = new Map(all.map(name => [partName('table', name), bytes]))
      assert.deepEqual(
        [...listedParts(`-- ${remark}\n${listOfParts(new Map([['2-table-x.sql', 1]]))}${listOfParts(parts)}-- Dump completed\n`)],
        [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      )
    }),
  )
  const odd = new Map([[partName('table', 'a\u2028b'), 3]])
  assert.deepEqual(listedParts(listOfParts(odd)), odd)
  assert.equal(listedParts('-- 2-table-a.sql 3\n').size, 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Compared } from '../../lib/database/compare-tables.ts'
import { type DumpRecord, type Now, whyUnknown } from '../../lib/database/dump-record.ts'
import { takePrinted } from '../../lib/database/printed-tables.ts'
import { isPlain, rowText } from '../../lib/database/row-text.ts'
import { withoutCounter } from '../../lib/database/table-file.ts'

const DAY = 86_400_000
const RECORD: DumpRecord = {
  ...{ made: '2 11.8', database: 'shop', boot: 'b', wholeAt: 100 * DAY, key: '0'.repeat(32), views: '' },
  files: { 'a.sql': '1,2,3', 'b.sql': '4,5,6' },
  tables: {},
  doubts: { longest: 0, leftOut: [] },
}
const HERE: Now = { made: '2 11.8', database: 'shop', boot: 'b', files: RECORD.files, now: 101 * DAY }

const known: [name: string, record: DumpRecord | undefined, here: Partial<Now>, wanted: RegExp | undefined][] = [
  ['all as it was', RECORD, {}, undefined],
  ['no record', undefined, {}, /nothing is remembered/],
  ['another server', RECORD, { made: '2 11.9' }, /another version/],
  ['another database', RECORD, { database: 'blog' }, /another database/],
  ['another boot', RECORD, { boot: 'c' }, /started since/],
  ['a month', RECORD, { now: 130 * DAY }, /not dumped whole/],
  ['a day less', RECORD, { now: 130 * DAY - 1 }, undefined],
  ['a clock that was set back', RECORD, { now: 99 * DAY }, /not dumped whole/],
  ['no clock', RECORD, { now: Number.NaN }, /not dumped whole/],
  ['a file that is another', RECORD, { files: { ...RECORD.files, 'b.sql': '4,5,7' } }, /b\.sql/],
  ['a file less', RECORD, { files: { 'a.sql': '1,2,3' } }, /b\.sql/],
  ['a file more', RECORD, { files: { ...RECORD.files, 'c.sql': '7' } }, /c\.sql/],
]
for (const [name, record, here, wanted] of known)
  test(`whyUnknown() of ${name}`, () => {
    const why = whyUnknown(record, { ...HERE, ...here })
    if (wanted) assert.match(why ?? 'known', wanted)
    else assert.equal(why, undefined)
  })

test('rowText() names columns that are not seen, and whatever a name holds', () => {
  const columns = [
    { name: "a'`\\", type: 'int', charset: '', extra: '', isNullable: true },
    { name: 'b', type: 'blob', charset: '', extra: 'INVISIBLE', isNullable: true },
  ]
  assert.match(
    rowText({ name: 't`"', columns }),
    /^CONCAT\('INSERT INTO `t``"` \(`a\\'``\\\\`, `b`\) VALUES \(', REPLACE\(REPLACE\(REPLACE\(CONCAT\(IF\(`a'``\\` IS NULL/,
  )
  assert.equal(isPlain({ name: 't', columns, key: [] }), true)
  assert.equal(isPlain({ name: 't\n', columns, key: [] }), false)
  assert.equal(isPlain({ name: 't', columns: [{ ...columns[0]!, type: 'point' }], key: [] }), false)
})

test('withoutCounter() leaves out the next number, and nothing that only looks like it', () => {
  const definition =
    "CREATE TABLE `t` (\n  `a` int COMMENT ') ENGINE=X AUTO_INCREMENT=1'\n) ENGINE=InnoDB AUTO_INCREMENT=7 COMMENT='AUTO_INCREMENT=9'"
  assert.equal(withoutCounter(definition), definition.replace(' AUTO_INCREMENT=7', ''))
})

const MARK = 'mark-of-today'
const TABLES = ['a', 'b', 'c'].map(
  (name): Compared => ({
    table: { name, columns: [], key: [] },
    known: { rows: undefined, definition: '', columns: '' },
  }),
)
const section = (name: string, rest: readonly string[]): string =>
  [`${MARK} table`, `${name}\tCREATE TABLE \`${name}\` (`, ') ENGINE=InnoDB', ...rest, ''].join('\n')
const [NEW, ROW] = ['INSERT INTO `a` VALUES (1);', 'INSERT INTO `a` VALUES (2);']
const SECTIONS = [
  section('a', [`${MARK} rows`, NEW, ROW, `${MARK} sum\t2\t77`]),
  section('b', [`${MARK} same`]),
  section('c', [`${MARK} rows`, `${MARK} sum\t0\t0`]),
]
const PRINTED = `${SECTIONS.join('')}${MARK} end\n`

async function taken(text: string, size = 1000): Promise<string[]> {
  const found: string[] = []
  async function* output(): AsyncGenerator<Buffer> {
    for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
  }
  await takePrinted(output(), MARK, TABLES, {
    table: ({ table, definition, isChanged }) => {
      assert.equal(definition, `CREATE TABLE \`${table.name}\` (\n) ENGINE=InnoDB`)
      found.push(`${table.name}${isChanged ? ' changed' : ''}`)
    },
    rows: lines => void found.push(...lines.map(String)),
    sum: ({ count, sum }) => void found.push(`${count} ${sum}`),
  })
  return found
}

test('takePrinted() gives each table its rows, however the bytes come, and takes nothing that was cut or changed', async () => {
  for (const size of [1, 2, 7, 50, 1000])
    assert.deepEqual(await taken(PRINTED, size), ['a changed', `${NEW}\n`, `${ROW}\n`, '2 77', 'b', 'c changed', '0 0'])
  // the newline at its end says nothing
  for (let end = 0; end < PRINTED.length - 1; end++) await assert.rejects(taken(PRINTED.slice(0, end)), `cut at ${end}`)
  for (const [from, to] of [
    [`${NEW}\n`, ''],
    [`${NEW}\n`, 'NULL\n'],
    [`${ROW}\n`, `${ROW}\n${ROW}\n`],
    [`${MARK} same\n`, `${MARK} same\n${ROW}\n`],
    [`${MARK} end\n`, `${MARK} end\nmore\n`],
    [`${MARK} end\n`, `${MARK} end\n${SECTIONS[1]}`],
    [SECTIONS[1]!, ''],
    ['b\tCREATE', 'x\tCREATE'],
    [`${MARK} sum\t2`, `${MARK} sum\t3`],
  ] as const) {
    assert.ok(PRINTED.includes(from))
    await assert.rejects(taken(PRINTED.replace(from, to)), `${from} as ${to}`)
  }
})

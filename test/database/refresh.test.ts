import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Compared } from '../../lib/database/compare-tables.ts'
import { type DumpRecord, type Now, whyUnknown } from '../../lib/database/dump-record.ts'
import { takePrinted } from '../../lib/database/printed-tables.ts'
import { RowSum, type Rows } from '../../lib/database/row-sum.ts'
import { isPlain, rowText } from '../../lib/database/row-text.ts'
import { withoutCounter } from '../../lib/database/table-file.ts'

const DAY = 86_400_000
const RECORD: DumpRecord = {
  ...{ made: '1 11.8', database: 'shop', boot: 'b', wholeAt: 100 * DAY, key: '0'.repeat(32), views: '' },
  files: { 'a.sql': '1,2,3', 'b.sql': '4,5,6' },
  tables: {},
  doubts: { longest: 0, leftOut: [] },
}
const HERE: Now = { made: '1 11.8', database: 'shop', boot: 'b', files: RECORD.files, now: 101 * DAY }

const known: [name: string, record: DumpRecord | undefined, here: Partial<Now>, wanted: RegExp | undefined][] = [
  ['all as it was', RECORD, {}, undefined],
  ['no record', undefined, {}, /nothing is remembered/],
  ['another server', RECORD, { made: '1 11.9' }, /another version/],
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

const sumOf = (lines: readonly string[], key = 'k'): Rows => {
  const sum = new RowSum(key)
  for (const line of lines) sum.add(Buffer.from(`${line}\n`))
  return sum.rows
}

test('RowSum knows rows in any order, and no others, by property', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'ab', 'a,b', 'ba', ''), { maxLength: 8 })
  fc.assert(
    fc.property(lines, lines, (one, other) => {
      const isSame = JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted())
      assert.equal(JSON.stringify(sumOf(one)) === JSON.stringify(sumOf(other)), isSame)
    }),
  )
  assert.notDeepEqual(sumOf(['a'], 'one'), sumOf(['a'], 'other'))
})

test('rowText() names columns that are not seen, and whatever a name holds', () => {
  const columns = [
    { name: "a'`\\", type: 'int', charset: '', extra: '' },
    { name: 'b', type: 'blob', charset: '', extra: 'INVISIBLE' },
  ]
  assert.match(
    rowText({ name: 't`"', columns }),
    /^CONCAT\('INSERT INTO `t``"` \(`a\\'``\\\\`, `b`\) VALUES \(', IF\(`a'``\\` IS NULL/,
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
const tableOf = (name: string, rows: readonly string[]): Compared => ({
  table: { name, columns: [], key: [] },
  known: { ...sumOf(rows), definition: '', columns: '' },
})
const TABLES = [tableOf('a', ['old']), tableOf('b', ['same']), tableOf('c', ['gone'])]
const section = (name: string, { count, sum }: Rows, rows: readonly string[]): string =>
  [`${MARK} table\t${count}\t${sum}`, `${name}\tCREATE TABLE \`${name}\` (`, ') ENGINE=InnoDB', `${MARK} rows`, ...rows, ''].join(
    '\n',
  )
const PRINTED = `${section('a', sumOf(['new', 'row']), ['new', 'row'])}${section('b', sumOf(['same']), [])}${section('c', sumOf([]), [])}${MARK} end\n`

async function taken(text: string, size = 1000): Promise<string[]> {
  const found: string[] = []
  async function* output(): AsyncGenerator<Buffer> {
    for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
  }
  await takePrinted(
    output(),
    { key: 'k', mark: MARK, tables: TABLES },
    {
      table: ({ name, isChanged }) => void found.push(`${name}${isChanged ? ' changed' : ''}`),
      rows: lines => void found.push(...lines.map(String)),
    },
  )
  return found
}

test('takePrinted() gives each table its rows, however the bytes come, and takes nothing that was cut or changed', async () => {
  for (const size of [1, 2, 7, 50, 1000])
    assert.deepEqual(await taken(PRINTED, size), ['a changed', 'new\n', 'row\n', 'b', 'c changed'])
  // the newline at its end says nothing
  for (let end = 0; end < PRINTED.length - 1; end++) await assert.rejects(taken(PRINTED.slice(0, end)), `cut at ${end}`)
  for (const [from, to] of [
    ['new\n', 'now\n'],
    ['new\n', ''],
    ['row\n', 'row\nmore\n'],
    [`${MARK} rows\n${MARK} table`, `${MARK} rows\nmore\n${MARK} table`],
    [`${MARK} end\n`, `${MARK} end\nmore\n`],
    [section('b', sumOf(['same']), []), ''],
    ['b\tCREATE', 'x\tCREATE'],
  ] as const) {
    assert.ok(PRINTED.includes(from))
    await assert.rejects(taken(PRINTED.replace(from, to)), `${from} as ${to}`)
  }
})

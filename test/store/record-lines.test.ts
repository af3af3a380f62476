import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SetRecord } from '../../lib/core/set-record.ts'
import { recordsIn, storedIn, textOfRecords } from '../../lib/store/record-lines.ts'
import { at } from '../duplicity/archive.ts'

const FORMER: SetRecord = { time: at(0), files: 3, bytes: 100 }
const NOW: SetRecord = { time: at(1), host: 'web1', files: 7, bytes: 2300 }

test('recordsIn() reads what textOfRecords() wrote, and passes over what is damaged', () => {
  const records = [{ ...NOW, dump: { bytes: 8, packed: true } }, FORMER]
  assert.deepEqual(recordsIn(textOfRecords(records)), records)
  const damaged = ['{"set":"2026-', 'null', '[]', '{"set":"x","files":1}', '']
  assert.deepEqual(recordsIn(`${damaged.join('\n')}${textOfRecords([FORMER])}`), [FORMER])
})

test('recordsIn() knows nothing of a field that is not as it should be, and keeps those that it does not know', () => {
  const line = `{"set":"${new Date(at(0)).toISOString()}","files":-1,"bytes":5,"dump":{"bytes":"many"},"later":{"kept":true}}`
  const [one] = recordsIn(line)
  assert.deepEqual({ ...one }, { time: at(0), files: undefined, bytes: 5, dump: undefined, later: { kept: true } })
  assert.match(textOfRecords([one!]), /"bytes":5,"later":{"kept":true}}\n$/)
})

test('storedIn() takes of a file its size and its hashes and nothing else, and nothing of a set where one is not as it should be', () => {
  const sha1 = 'a'.repeat(40)
  const line = (stored: string): string => `{"set":"${new Date(at(0)).toISOString()}","stored":${stored}}`
  const files = (stored: string) => storedIn(recordsIn(line(stored)))
  const told = files(`{"one":{"bytes":3,"sha1":"${sha1}","wrong":"is damaged","readAt":1},"__proto__":{"bytes":1}}`)
  assert.deepEqual(Object.entries(told), [
    ['one', { bytes: 3, sha1, sha256: undefined }],
    ['__proto__', { bytes: 1, sha1: undefined, sha256: undefined }],
  ])
  for (const wrong of ['{"bytes":-1}', '{"bytes":"3"}', '{"bytes":1.5}', '{"sha1":"../x"}', '{"sha256":7}', 'null', '[]', '7'])
    assert.deepEqual(files(`{"one":{"bytes":3},"two":${wrong}}`), {}, wrong)
  for (const wrong of ['null', '[]', '7', '"x"']) assert.deepEqual(files(wrong), {}, wrong)
})

test('storedIn() finds the files of a set wherever they stand in its line, and recordsIn() keeps all else as it is', () => {
  const files = '{"one":{"bytes":3},"two}} {":{"bytes":4}}'
  const set = `"set":"${new Date(at(0)).toISOString()}"`
  for (const line of [
    `{${set},"stored":${files},"files":7}`,
    `{"stored":${files},${set},"files":7}`,
    `{${set},"later":{"stored":{"x":{"bytes":9}}},"stored":${files},"files":7}`,
    `{${set},"stored":{"x":{"bytes":9}},"files":7,"stored":${files}}`,
  ]) {
    const records = recordsIn(line)
    assert.deepEqual(Object.keys(storedIn(records)), ['one', 'two}} {'], line)
    assert.equal(records[0]?.files, 7)
    assert.deepEqual(JSON.parse(textOfRecords(records)), JSON.parse(line))
  }
  const [damaged] = recordsIn(`{${set},"stored":{"one":{"bytes":}},"files":7}`)
  assert.deepEqual([damaged?.files, storedIn([damaged!])], [7, {}])
  assert.deepEqual(JSON.parse(textOfRecords([damaged!])), JSON.parse(`{${set},"files":7}`))
})

test('storedIn() takes the same of what is written as usual and of what is not', () => {
  const [sha1, sha256] = ['a'.repeat(40), 'b'.repeat(64)]
  const files = { 'one.gz': { bytes: 3, sha1 }, two: { bytes: 0, sha256 } }
  const asked = (stored: string) => storedIn(recordsIn(`{"set":"${new Date(at(0)).toISOString()}","stored":${stored}}`))
  const wanted = { 'one.gz': { bytes: 3, sha1, sha256: undefined }, two: { bytes: 0, sha1: undefined, sha256 } }
  const usual = JSON.stringify(files)
  for (const text of [
    usual,
    JSON.stringify(files, undefined, 1),
    usual.replace('one', '\\u006fne'),
    usual.replace('"bytes":3', '"bytes":3.0'),
  ])
    assert.deepEqual(asked(text.replaceAll('\n', '')), wanted, text)
  for (const wrong of [
    usual.replace('bytes":3', 'bytes":03'),
    usual.replace('aa', 'AA'),
    usual.replace('"one', '"\t'),
    `${usual}}`,
  ])
    assert.deepEqual(asked(wrong), {}, wrong)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadInput } from '../../lib/core/bad-input.ts'
import { readRecovery } from '../../lib/restore/recovery.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const DAY = 86_400_000
const ok = { site: ['blog'], yes: true }

/** [the options besides the site and --yes, what the message says]. */
const refused: [Record<string, unknown>, RegExp][] = [
  [{ site: undefined }, /--site: found none, wanted the one site/],
  [{ site: ['blog', 'shop'] }, /--site: found 2/],
  [{ at: '2026-01-31', before: '2026-01-31' }, /--before is the same as --at/],
  [{ age: '40D', before: '2026-01-31' }, /--age and --at: wanted one/],
  [{ age: '40D', at: '2026-01-31' }, /--age and --at: wanted one/],
  [{ age: '40X' }, /--age.*40X/],
  [{ age: '' }, /--age/],
  [{ age: '-3D' }, /--age/],
  [{ at: 'yesterday' }, /yesterday/],
  [{ at: '2026-02-30' }, /2026-02-30/],
  [{ at: '2026-03-01T12:00:01Z' }, /--at 2026-03-01T12:00:01Z: that is 2026-03-01 12:00:01 UTC, in the future; leave it out/],
  [{ at: '2027-01-01' }, /in the future/],
  [{ at: '1767582000000' }, /milliseconds\?/],
  [{ 'files-only': true, 'db-only': true }, /--files-only and --db-only: wanted one/],
  [{ 'db-only': true, path: ['SITE/a'] }, /--path brings back files/],
  [{ undo: true, at: '2026-01-31' }, /--undo swaps the last restore back/],
  [{ undo: true, age: '1D' }, /--undo/],
  [{ undo: true, path: ['a'] }, /--undo/],
  [{ undo: true, into: '/tmp/x' }, /--undo/],
  [{ undo: true, 'files-only': true }, /--undo/],
  [{ undo: true, table: ['wp_posts'] }, /--undo .* --table/],
  [{ list: true, table: ['wp_posts'] }, /--list .* --table/],
  [{ table: ['wp_posts'], 'files-only': true }, /--table brings back a part of the database: it does not go with --files-only/],
  [{ table: ['wp_posts'], path: ['SITE'] }, /--path brings back files: it does not go with --table/],
  [{ table: [''] }, /--table: wanted the name of a table/],
  ...['', '.', './', '/', '/etc/passwd', '..', '../shop', 'SITE/../../shop', 'SITE/..', '-rf', '//SITE'].map(
    path => [{ path: [path] }, /--path ".*": wanted a file or folder of the site/] as [Record<string, unknown>, RegExp],
  ),
  ...['PRIMARY_IS_web9', 'max_NAS_space', 'full_backup_freq', '.holdfast', '.holdfast/database.sql'].map(
    path => [{ path: [path] }, /--path .*: it says how the site is kept today/] as [Record<string, unknown>, RegExp],
  ),
  [{ path: ['SITE', '../x'] }, /--path "..\/x"/],
  [{ yes: undefined }, /no terminal to ask on: add --yes/],
]

test('readRecovery() refuses what makes no sense, and says what was wanted', () => {
  for (const [values, message] of refused) {
    assert.throws(
      () => readRecovery({ ...ok, ...values }, NOW, false),
      error => error instanceof BadInput && message.test(error.message) && !error.message.includes('\n'),
      JSON.stringify(values),
    )
  }
})

test('readRecovery() asks for nothing on a terminal, in a dry run or elsewhere', () => {
  assert.equal(readRecovery({ site: ['blog'] }, NOW, true).yes, false)
  readRecovery({ site: ['blog'], 'dry-run': true }, NOW, false)
  readRecovery({ site: ['blog'], into: '/root/look' }, NOW, false)
  readRecovery({ site: ['blog'], into: '/root/look', path: ['.holdfast/database.sql'] }, NOW, false)
})

test('readRecovery() turns an age or a date into a moment, and the newest backup is the default', () => {
  const timeOf = (values: object) => readRecovery({ ...ok, ...values }, NOW, false).time
  assert.equal(timeOf({}), undefined)
  assert.equal(timeOf({ age: '40D' }), NOW - 40 * DAY)
  assert.ok(timeOf({ age: '280000Y' })! < 0)
  assert.equal(timeOf({ age: '1M' }), NOW - 30 * DAY)
  assert.equal(timeOf({ age: '1W2D12h' }), NOW - 9.5 * DAY)
  assert.equal(timeOf({ at: '2026-01-31' }), new Date(2026, 0, 31).getTime())
  assert.equal(timeOf({ at: '2026-01-31T18:00:00+02:00' }), Date.parse('2026-01-31T16:00:00Z'))
  assert.equal(timeOf({ at: '20260131T180000Z' }), Date.parse('2026-01-31T18:00:00Z'))
})

/** [--at or --age, what is said of it]. */
const asked: [Record<string, unknown>, string][] = [
  [{}, 'the newest backup'],
  [{ age: '12h' }, 'as of 12h ago, that is 2026-03-01 00:00:00 UTC'],
  [{ at: '2026-01-31T18:00:00+02:00' }, 'as of 2026-01-31T18:00:00+02:00, that is 2026-01-31 16:00:00 UTC'],
  [{ at: '2026-01-05 03:00:00 UTC' }, 'as of 2026-01-05 03:00:00 UTC, that is 2026-01-05 03:00:00 UTC'],
  [{ at: 'now' }, 'as of now, that is 2026-03-01 12:00:00 UTC'],
]

test('readRecovery() says what it understood, and that a day is its beginning', () => {
  for (const [values, said] of asked) assert.equal(readRecovery({ ...ok, ...values }, NOW, false).asked, said)
  for (const day of ['2026-01-31', '2026/1/31', '1/31/2026', '20260131Z'])
    assert.match(readRecovery({ ...ok, at: day }, NOW, false).asked, /, that is 2026-01-3\d .* UTC, the beginning of that day$/)
})

/** [--path given, what is brought back]. */
const paths: [string[], string[]][] = [
  [['SITE/wp-content/uploads/'], ['SITE/wp-content/uploads']],
  [['./SITE//a/../b'], ['SITE/b']],
  [["it's $(odd)\n*"], ["it's $(odd)\n*"]],
  [['...'], ['...']],
  [
    ['SITE/a', 'SITE/b'],
    ['SITE/a', 'SITE/b'],
  ],
  // one within another is there with it; twice is once
  [
    ['SITE/a', 'SITE/a/', 'SITE/a/b/c', 'SITE/ab'],
    ['SITE/a', 'SITE/ab'],
  ],
  [['SITE/a/b', 'SITE/a'], ['SITE/a']],
]

test('readRecovery() cleans the paths', () => {
  for (const [given, wanted] of paths) {
    const { scope } = readRecovery({ ...ok, path: given }, NOW, false)
    assert.deepEqual(scope, { files: false, database: false, paths: wanted, tables: [] })
  }
})

test('readRecovery() reads how much of the site is meant', () => {
  const scopeOf = (values: object) => readRecovery({ ...ok, ...values }, NOW, false).scope
  assert.deepEqual(scopeOf({}), { files: true, database: true, paths: [], tables: [] })
  assert.deepEqual(scopeOf({ 'files-only': true }), { files: true, database: false, paths: [], tables: [] })
  assert.deepEqual(scopeOf({ 'db-only': true }), { files: false, database: true, paths: [], tables: [] })
  const tables = { files: false, database: true, paths: [], tables: ['wp_posts', 'wp_users'] }
  assert.deepEqual(scopeOf({ table: ['wp_posts', 'wp_users', 'wp_posts'] }), tables)
  assert.deepEqual(scopeOf({ table: ['wp_posts', 'wp_users'], 'db-only': true }), tables)
})

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAuditedFiles, writeAuditedFiles } from '../../lib/store/audited-files.ts'
import { ownFolder } from '../support/host.ts'

const state = ownFolder('audited-files')
const host = { paths: { state } } as Parameters<typeof readAuditedFiles>[0]
const FILE = {
  bytes: 3,
  sha1: 'a'.repeat(40),
  sha256: 'b'.repeat(64),
  readAt: 5,
  copy: '3 5',
  wrong: 'is missing',
  wrongSince: 1.5,
}

const written = (one: unknown) => {
  mkdirSync(join(state, 'archive-files'), { recursive: true })
  writeFileSync(join(state, 'archive-files/blog.json'), JSON.stringify({ version: 1, one: { bytes: 1 }, two: one }))
  return readAuditedFiles(host, 'blog').two
}

test('readAuditedFiles() gives what writeAuditedFiles() wrote, and of a file what it knows', () => {
  const files = { one: FILE, two: {}, version: { bytes: 1 } }
  writeAuditedFiles(host, 'blog', files)
  assert.deepEqual(readAuditedFiles(host, 'blog'), files)
  assert.deepEqual(written({ ...FILE, later: 7, constructor: 8 }), FILE)
})

/** [what is remembered of a file, what is said of it] */
const wrong: [unknown, RegExp][] = [
  [null, /two: Invalid input: expected object, received null/],
  [[], /two: Invalid input: expected object, received array/],
  [7, /two: Invalid input: expected object, received number/],
  [{ bytes: 1.5 }, /two.bytes: Invalid input: expected int/],
  [{ bytes: null }, /two.bytes: Invalid input: expected number, received null/],
  [{ sha1: '../x' }, /two.sha1: Invalid string/],
  [{ sha256: 7 }, /two.sha256: Invalid input: expected string, received number/],
  [{ readAt: '5' }, /two.readAt: Invalid input: expected number, received string/],
  [{ copy: 5 }, /two.copy: Invalid input: expected string, received number/],
  [{ wrong: true }, /two.wrong: Invalid input: expected string, received boolean/],
  [{ wrongSince: {} }, /two.wrongSince: Invalid input: expected number, received object/],
]
for (const [file, said] of wrong)
  test(`readAuditedFiles() says what is wrong with ${JSON.stringify(file)}`, () => {
    assert.throws(() => written(file), said)
  })

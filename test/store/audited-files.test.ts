import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asRemembered, readAuditedFiles, writeAuditedFiles } from '../../lib/store/audited-files.ts'
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

function keep(found: object): void {
  mkdirSync(join(state, 'archive-files'), { recursive: true })
  writeFileSync(join(state, 'archive-files/blog.json'), JSON.stringify({ version: 1, ...found }))
}

/** As earlier versions kept it. */
const written = (one: unknown) => {
  keep({ one: { bytes: 1 }, two: one })
  return readAuditedFiles(host, 'blog').two
}

test('readAuditedFiles() gives what writeAuditedFiles() wrote, and of a file what it knows', () => {
  const files = { one: FILE, two: {}, version: { bytes: 1, sha1: 'abc' }, names: { bytes: 0 } }
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

/** [what is kept, what is said of it] */
const wrongLists: [object, RegExp][] = [
  [{ names: ['one'], bytes: [] }, /its lists differ in their lengths/],
  [{ names: ['one'], bytes: 7 }, /bytes: Invalid input: expected array, received number/],
  [{ names: ['one'], bytes: [1.5] }, /bytes.0: Invalid input/],
  [{ names: ['one'], sha256: ['../x'] }, /sha256.0: Invalid/],
  [{ names: ['one', 'two'], sha1: ['ab', 'AB'] }, /sha1.1: Invalid/],
  [{ names: ['one', 'two'], sha1: ['', 'ab'] }, /sha1.0: Invalid/],
  [{ names: ['one', 'two'], sha1: ['ab', ['cd']] }, /sha1.1: Invalid/],
  [{ names: ['one', 'two'], sha1: ['abcd', 'éf'] }, /sha1.1: Invalid/],
  [{ names: [7] }, /names.0: Invalid input: expected string, received number/],
]
for (const [found, said] of wrongLists)
  test(`readAuditedFiles() says what is wrong with ${JSON.stringify(found)}`, () => {
    keep(found)
    assert.throws(() => readAuditedFiles(host, 'blog'), said)
    assert.equal(asRemembered(host, 'blog', [{ name: 'one', bytes: 1 }]), undefined)
  })

test('asRemembered() knows files only where each is remembered with its size, no other one is, and nothing is wrong', () => {
  const listed = ['one', 'two'].map((name, at) => ({ name, bytes: at }))
  const asked = (two: Parameters<typeof writeAuditedFiles>[2][string] | undefined, more: object = {}) => {
    writeAuditedFiles(host, 'blog', { ...(two && { two }), one: { bytes: 0, readAt: 7 }, ...more })
    return asRemembered(host, 'blog', listed)
  }
  assert.deepEqual(asked({ bytes: 1, readAt: 5 }), { since: 5 })
  assert.deepEqual(asked({ bytes: 1 }), { since: undefined })
  assert.equal(asked({ bytes: 2, readAt: 5 }), undefined)
  assert.equal(asked({ readAt: 5 }), undefined)
  assert.equal(asked({ bytes: 1, readAt: 5, wrong: 'is missing' }), undefined)
  assert.equal(asked(undefined), undefined)
  assert.equal(asked({ bytes: 1 }, { three: { bytes: 3 } }), undefined)
  assert.equal(asRemembered(host, 'other', listed), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { comparePaths } from '../../lib/duplicity/signature-tar.ts'

test('comparePaths() has the order in which duplicity goes through a tree', () => {
  const sorted = ['', 'A', 'a', 'a/b', 'a/z', 'a b', 'a.b', 'a.b/c', 'b', 'é'].map(path => Buffer.from(path).toString('latin1'))
  assert.deepEqual(sorted.toReversed().toSorted(comparePaths), sorted)
})

test('comparePaths() is an order', () => {
  const path = fc.array(fc.constantFrom('a', 'b', '.', 'a.'), { maxLength: 3 }).map(parts => parts.join('/'))
  fc.assert(
    fc.property(path, path, path, (a, b, c) => {
      assert.equal(Math.sign(comparePaths(a, b)), -Math.sign(comparePaths(b, a)) + 0)
      assert.equal(comparePaths(a, b) === 0, a === b)
      if (comparePaths(a, b) < 0 && comparePaths(b, c) < 0) assert.ok(comparePaths(a, c) < 0)
    }),
  )
})

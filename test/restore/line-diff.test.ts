import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { differenceOf, plainLine } from '../../lib/restore/line-diff.ts'

const text = (...lines: string[]): string => `${lines.join('\n')}\n`

test('differenceOf() shows what changed with the lines around it, under its place in both', () => {
  const before = text('a', 'b', 'c', 'd', 'e', 'f', 'g')
  const after = text('a', 'b', 'c', 'D', 'e', 'f', 'g', 'h')
  assert.deepEqual(differenceOf(before, after, 20), ['@@ -2 +2 @@', ' b', ' c', '-d', '+D', ' e', ' f', ' g', '+h'])
  assert.deepEqual(differenceOf('', text('x', 'y'), 20), ['@@ -1 +1 @@', '+x', '+y'])
  assert.deepEqual(differenceOf(before, before, 20), [])
})

test('differenceOf() says how much it leaves out', () => {
  const many = Array.from({ length: 50 }, (_, index) => `line ${index}`)
  assert.deepEqual(differenceOf('', text(...many), 3), ['@@ -1 +1 @@', '+line 0', '+line 1', '… and 48 lines'])
})

test('plainLine() writes whatever could deceive a reader as its code', () => {
  assert.equal(plainLine('a\x1b[2Jb\u202e\u{1f600}\t|'), 'a\\u{1b}[2Jb\\u{202e}\\u{1f600}  |')
  assert.equal(plainLine('x'.repeat(300)).length, 161)
})

test('differenceOf() tells one text from the other: the lines without + are the former, those without - the latter', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 })
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const shown = differenceOf(before.length > 0 ? text(...before) : '', after.length > 0 ? text(...after) : '', 1000)
      const of = (left: string) => shown.filter(line => line[0] === left).length
      assert.equal(of('+') - of('-'), after.length - before.length)
      assert.equal(shown.length === 0, before.join() === after.join() && before.length === after.length)
    }),
  )
})

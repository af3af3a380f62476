import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printable, printableIn } from '../../lib/core/wording.ts'

const TABLE: [string, string, string][] = [
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['a cleared screen and a title', '\u001b[2J\u001b]0;owned\u0007gone', 'gone'],
  ['a cursor that goes back over the line', 'well\rFAILED', 'well?FAILED'],
  ['a text turned round', 'a\u202egnp.exe', 'a?gnp.exe'],
  ['a line of another kind', 'a\u2028Type next: rm', 'a?Type next: rm'],
  ['eight-bit controls', 'a\u009b2Jb', 'a?2Jb'],
  ['lines and tabs', 'a\tb\r\nc\nd', 'a\tb\nc\nd'],
  ['names in any script', 'é 日本 שלום', 'é 日本 שלום'],
]
for (const [what, text, wanted] of TABLE) test(`printable() of ${what}`, () => assert.equal(printable(text), wanted))

test('printable() leaves nothing that a terminal obeys, whatever it is given, and is done at the first time', () => {
  const nasty = fc.string({ unit: fc.constantFrom(...'\u001b[]0;mJ\u0007\\\u009b\r\n\u202e a'), maxLength: 30 })
  fc.assert(
    fc.property(nasty, text => {
      const clean = printable(text)
      assert.doesNotMatch(clean, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      assert.equal(printable(clean), clean)
    }),
  )
})

test('printableIn() cleans every text of a value, and nothing else of it', () => {
  assert.deepEqual(printableIn({ a: 'x\u0007', b: [1, { c: 'y\u202e' }], d: undefined, e: null }), {
    a: 'x?',
    b: [1, { c: 'y?' }],
    d: undefined,
    e: null,
  })
})

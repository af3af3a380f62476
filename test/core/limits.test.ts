import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allowanceFrom, frequencyFrom } from '../../lib/core/limits.ts'

const DAY = 86_400
/** [text of max_NAS_space, MB, whether it is malformed]; the default is 1000. */
const allowances: [string | undefined, number, boolean][] = [
  [undefined, 1000, false],
  ['500', 500, false],
  [' 500\n', 500, false],
  ['0.5', 0.5, false],
  ['2500.25\n', 2500.25, false],
  ['0', 1000, true],
  ['-5', 1000, true],
  ['lots', 1000, true],
  ['', 1000, true],
  ['500 MB', 1000, true],
  ['5,000', 1000, true],
  ['1e9', 1000, true],
  ['0x10', 1000, true],
  ['Infinity', 1000, true],
  ['9'.repeat(400), 1000, true],
]
for (const [text, megabytes, malformed] of allowances) {
  test(`allowanceFrom() makes ${megabytes} MB of ${JSON.stringify(text?.slice(0, 20))}`, () => {
    const { value, problem } = allowanceFrom(text, 1000)
    assert.equal(value, megabytes * 1e6)
    assert.equal(problem !== undefined, malformed)
    if (malformed) assert.match(problem!, /^max_NAS_space says ".*", wanted a number of MB such as 1000; 1000 is used$/)
  })
}

/** [text of full_backup_freq, days, whether it is malformed]; the default is 1M. */
const frequencies: [string | undefined, number, boolean][] = [
  [undefined, 30, false],
  ['1M', 30, false],
  ['3M\n', 90, false],
  ['1W', 7, false],
  ['28D', 28, false],
  ['often', 30, true],
  ['0D', 30, true],
  ['-1W', 30, true],
  ['', 30, true],
  ['M1', 30, true],
]
for (const [text, days, malformed] of frequencies) {
  test(`frequencyFrom() makes ${days} days of ${JSON.stringify(text)}`, () => {
    const { value, problem } = frequencyFrom(text, '1M')
    assert.equal(value, days * DAY)
    assert.equal(problem !== undefined, malformed)
    if (malformed) assert.match(problem!, /^full_backup_freq says ".*", wanted an interval such as 1M, 1W or 28D; 1M is used$/)
  })
}

test('allowanceFrom() and frequencyFrom() give a positive number for any text, and show little of a bad one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
      for (const { value, problem } of [allowanceFrom(text, 1000), frequencyFrom(text, '1M')]) {
        assert.ok(Number.isFinite(value) && value > 0)
        assert.ok((problem ?? '').length < 400 && !/[\n\u001b]/.test(problem ?? ''))
      }
    }),
  )
})

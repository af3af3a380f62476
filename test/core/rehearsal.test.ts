import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationText, rehearsalText } from '../../lib/core/rehearsal.ts'

test('rehearsalText() says how long nobody can write, and how long the takeover takes', () => {
  const parts = { dumped: 12.2, backedUp: 24.3, restored: 80, imported: 26 }
  assert.equal(rehearsalText(parts), 'freeze 41 s, takeover 1 min 50 s')
})

test('durationText() rounds up', () => {
  const cases = [
    [0.1, '1 s'],
    [59.1, '1 min'],
    [60.5, '1 min 1 s'],
    [3600, '60 min'],
  ] as const
  for (const [seconds, text] of cases) assert.equal(durationText(seconds), text)
})

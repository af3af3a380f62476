import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Finding, withIncomplete } from '../../lib/core/finding.ts'

const other: Finding = { level: 'failed', text: 'Back up shop: the disk is full' }
const said: Finding = { level: 'attention', text: 'shop.conf waits', about: 'configuration' }

test('withIncomplete() keeps what a run said for as long as something waits, and says it where no run has', () => {
  assert.deepEqual(withIncomplete([other, said], true), [other, said])
  assert.deepEqual(withIncomplete([other, said], false), [other])
  assert.deepEqual(withIncomplete([], false), [])
  const [first, added] = withIncomplete([other], true)
  assert.equal(first, other)
  assert.match(added!.text, /^incomplete: /)
  assert.deepEqual(withIncomplete([other, added!], true), [other, added])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY } from '../../lib/core/age.ts'
import { signsOfLife } from '../../lib/core/signs-of-life.ts'

const NOW = Date.parse('2026-01-31T12:00:00Z')
const NOTHING = { card: undefined, backup: undefined, answersAt: undefined }

test('signsOfLife() tells what a host did lately, and that it answers', () => {
  assert.deepEqual(signsOfLife('web1', NOTHING, NOW), [])
  assert.deepEqual(signsOfLife('web1', { ...NOTHING, card: NOW - 2 * DAY, backup: NOW - 3 * DAY }, NOW), [])
  assert.deepEqual(signsOfLife('web1', { card: NOW - DAY / 24, backup: NOW - 2 * DAY, answersAt: '192.0.2.1' }, NOW), [
    'the site answers on web1 now, at 192.0.2.1',
    'web1 ended a night on 2026-01-31 11:00:00 UTC, 1 h ago',
  ])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameKey, markAt } from '../../lib/store/encryption-marks.ts'

test('markAt() is the mark that held when a chain was begun', () => {
  const [first, second] = [{ since: 10, kind: 'none' } as const, { since: 20, kind: 'key', fingerprint: 'AB' } as const]
  const marks = [first, second]
  assert.deepEqual(
    [5, 10, 19, 20, 99].map(time => markAt(marks, time)),
    [first, first, first, second, second],
  )
  assert.equal(markAt([], 5), undefined)
})

test('isSameKey() knows a key by the end of its fingerprint', () => {
  const fingerprint = '0123456789ABCDEF0123456789ABCDEF01234567'
  assert.ok(isSameKey(fingerprint, '89abcdef01234567') && isSameKey('01234567', fingerprint))
  assert.ok(!isSameKey(fingerprint, `${fingerprint.slice(0, -1)}8`))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileEvents } from '../../lib/core/file-history.ts'

test('fileEvents() tells between which sets a file appeared, changed and went', () => {
  const mark = (hash: number) => ({ modifiedAt: hash, hash, form: 'a' })
  const history = [undefined, mark(1), mark(1), mark(2), undefined].map((each, time) => ({ time, mark: each }))
  assert.deepEqual(fileEvents(history), [
    { what: 'appeared', after: 0, by: 1 },
    { what: 'changed', after: 2, by: 3 },
    { what: 'went', after: 3, by: 4 },
  ])
  assert.deepEqual(fileEvents([{ time: 7, mark: mark(1) }]), [{ what: 'appeared', after: undefined, by: 7 }])
  assert.deepEqual(fileEvents([]), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTrouble, type NoteKind, type Status } from '../../lib/core/outcome.ts'
import { madeUpOutcome } from '../support/outcomes.ts'

const kinds: [Status, NoteKind[], boolean][] = [
  ['done', [], false],
  ['done', ['info', 'warning'], false],
  ['done', ['significant'], false],
  ['done', ['problem'], true],
  ['skipped', [], false],
  ['stopped', [], false],
  ['failed', [], true],
]
for (const [status, notes, trouble] of kinds) {
  test(`isTrouble() of ${status} with notes ${notes.join(', ') || 'none'}`, () => {
    assert.equal(isTrouble(madeUpOutcome({ status, notes: notes.map(kind => ({ kind, text: '' })) })), trouble)
  })
}

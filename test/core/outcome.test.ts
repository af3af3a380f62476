import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitCodeOf, isSignificant, isTrouble, type NoteKind, type Outcome, type Status } from '../../lib/core/outcome.ts'

/** An outcome of this end, with notes of these kinds. */
function outcome(status: Status, notes: NoteKind[] = [], exitCode?: number): Outcome {
  return {
    step: 's',
    title: 'S',
    phase: 'do',
    subject: undefined,
    status,
    reason: undefined,
    exitCode,
    startedAt: 0,
    seconds: 0,
    notes: notes.map(kind => ({ kind, text: '' })),
    commands: [],
    output: [],
  }
}

const codes: [string, Outcome[], string | undefined, number][] = [
  ['nothing happened', [], undefined, 0],
  ['all is done or skipped', [outcome('done', ['info', 'significant', 'warning']), outcome('skipped')], undefined, 0],
  ['one failed', [outcome('done'), outcome('failed')], undefined, 1],
  ['one has a problem', [outcome('done', ['problem'])], undefined, 1],
  ['bad input', [outcome('failed', [], 2), outcome('skipped')], undefined, 2],
  ['the lock is held', [outcome('failed', [], 75)], undefined, 75],
  ['a named failure comes after a plain one', [outcome('failed'), outcome('failed', [], 75)], undefined, 75],
  ['SIGINT', [outcome('stopped')], 'SIGINT', 130],
  ['SIGTERM, whatever failed', [outcome('failed', [], 2)], 'SIGTERM', 143],
  ['SIGHUP though all is done', [outcome('done')], 'SIGHUP', 129],
]
for (const [name, outcomes, signal, code] of codes) {
  test(`exitCodeOf() is ${code} when ${name}`, () => assert.equal(exitCodeOf(outcomes, signal), code))
}

const kinds: [Status, NoteKind[], boolean, boolean][] = [
  ['done', [], false, false],
  ['done', ['info', 'warning'], false, false],
  ['done', ['significant'], false, true],
  ['done', ['problem'], true, true],
  ['skipped', [], false, false],
  ['stopped', [], false, false],
  ['failed', [], true, true],
]
for (const [status, notes, trouble, significant] of kinds) {
  test(`isTrouble() and isSignificant() of ${status} with notes ${notes.join(', ') || 'none'}`, () => {
    assert.deepEqual([isTrouble(outcome(status, notes)), isSignificant(outcome(status, notes))], [trouble, significant])
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome, RunEvent } from '../../lib/core/outcome.ts'
import { linesOf } from '../../lib/report/lines.ts'
import { madeUpOutcome } from '../support/outcomes.ts'

const at = new Date(2026, 0, 31, 3, 4, 5).getTime()
const HEAD = '2026-01-31 03:04:05 '
const of = (event: object, subject?: string): string[] => linesOf({ at, subject, ...event } as RunEvent)
const command = { line: 'cp a b', ran: true, seconds: 1.26, exitCode: 0 }
const end = (more: Partial<Outcome>) => ({ kind: 'end', outcome: madeUpOutcome({ title: 'Back up', ...more }) })

const table: [string, object, string[]][] = [
  ['a beginning', { kind: 'begin', title: 'Back up', phase: 'do' }, ['Back up …']],
  ['a release', { kind: 'begin', title: 'Lock', phase: 'down' }, ['Release: Lock …']],
  ['a command', { kind: 'command', command }, ['  $ cp a b  (ok, 1.3 s)']],
  ['a long one', { kind: 'command', command: { ...command, seconds: 61.7 } }, ['  $ cp a b  (ok, 62 s)']],
  ['one that failed', { kind: 'command', command: { ...command, exitCode: 3 } }, ['  $ cp a b  (exit code 3, 1.3 s)']],
  ['one that was killed', { kind: 'command', command: { ...command, exitCode: undefined } }, ['  $ cp a b  (cut short, 1.3 s)']],
  ['one of a dry run', { kind: 'command', command: { ...command, ran: false } }, ['  would run: cp a b']],
  ['what it printed', { kind: 'line', text: 'hello' }, ['    hello']],
  ['a note', { kind: 'note', note: { kind: 'info', text: 'three' } }, ['  three']],
  ['a warning of two lines', { kind: 'note', note: { kind: 'warning', text: 'a\nb' } }, ['  warning: a', '  warning: b']],
  ['a problem', { kind: 'note', note: { kind: 'problem', text: 'x' } }, ['  PROBLEM: x']],
  ['something significant', { kind: 'note', note: { kind: 'significant', text: 'x' } }, ['  * x']],
  ['the end of a release', end({ title: 'Lock', phase: 'down', seconds: 2 }), ['Release: Lock: done in 2.0 s']],
  ['an end', end({ seconds: 2 }), ['Back up: done in 2.0 s']],
  ['a failure', end({ status: 'failed', reason: 'no space' }), ['Back up: FAILED: no space']],
  ['what was passed over', end({ status: 'skipped', reason: 'not today' }), ['Back up: skipped: not today']],
  ['what was stopped', end({ status: 'stopped', reason: 'stopped by SIGTERM' }), ['Back up: stopped: stopped by SIGTERM']],
]
for (const [name, event, lines] of table) {
  test(`linesOf() ${name}`, () =>
    assert.deepEqual(
      of(event),
      lines.map(line => HEAD + line),
    ))
}

test('linesOf() names the site', () => {
  assert.deepEqual(of({ kind: 'line', text: 'x' }, "a b'$(x);é"), [`${HEAD}[a b'$(x);é]     x`])
})

test("linesOf() lets no control character through: a site's file name cannot write into the log or move the cursor", () => {
  const nasty = 'a\u001b[2Jb\u0007c\rd\u0000e\u009bf\u001b]0;title\u0007g\nh'
  for (const event of [
    { kind: 'line', text: nasty },
    { kind: 'command', command: { ...command, line: nasty } },
    end({ status: 'failed', reason: nasty }),
    { kind: 'begin', title: nasty, phase: 'do' },
  ]) {
    for (const line of of(event, nasty)) assert.doesNotMatch(line, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/)
  }
})

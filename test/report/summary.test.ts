import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../lib/core/outcome.ts'
import { summaryOf } from '../../lib/report/summary.ts'
import { madeUpOutcome } from '../support/outcomes.ts'

const done = madeUpOutcome()
const failed = madeUpOutcome({ title: 'Back up', subject: 'shop', status: 'failed', reason: 'the disk is full' })
const problem = madeUpOutcome({
  title: 'Roles',
  notes: [
    { kind: 'problem', text: 'plain: conflict' },
    { kind: 'info', text: 'x' },
  ],
})
const table: [string, Outcome[], string | undefined, boolean, string][] = [
  [
    'a night that went well',
    [done, done, madeUpOutcome({ status: 'skipped', reason: 'x' })],
    undefined,
    false,
    'all well; 2 steps done',
  ],
  ['a dry run', [done], undefined, true, 'all well; dry run: nothing was changed'],
  [
    'a failure',
    [done, failed],
    undefined,
    false,
    'FAILED  shop: Back up: the disk is full\n1 thing needs attention; 1 step done',
  ],
  [
    'a failure and a problem',
    [failed, problem],
    undefined,
    false,
    'FAILED  shop: Back up: the disk is full\nPROBLEM plain: conflict\n2 things need attention; 1 step done',
  ],
  ['a stop', [done, madeUpOutcome({ status: 'stopped' })], 'SIGTERM', false, 'stopped by SIGTERM (exit code 143); 1 step done'],
]
for (const [name, outcomes, stoppedBy, dry, text] of table) {
  test(`summaryOf() ${name}`, () => assert.equal(summaryOf(outcomes, stoppedBy, dry), text))
}

test('summaryOf() lets no control character through to a terminal', () => {
  const nasty = 'a\u001b[2Jb\u0007c\u009b2Jd'
  const outcomes = [
    madeUpOutcome({ status: 'failed', subject: nasty, title: nasty, reason: nasty, notes: [{ kind: 'problem', text: nasty }] }),
  ]
  assert.doesNotMatch(summaryOf(outcomes, undefined, false), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})

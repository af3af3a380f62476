import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../lib/core/outcome.ts'
import { summaryOf } from '../../lib/report/summary.ts'
import { madeUpReport } from '../support/made-up-report.ts'
import { madeUpOutcome } from '../support/outcomes.ts'

const done = madeUpOutcome()
const failed = madeUpOutcome({ title: 'Back up', subject: 'shop', status: 'failed', reason: 'the disk is full' })
const told = [{ site: 'plain', role: 'conflict', reason: 'two claim it', settle: [] }] as const
const conflict = madeUpOutcome({ title: 'Roles', notes: [{ kind: 'info', text: 'x' }], told })

const summary = (outcomes: Outcome[], stoppedBy?: string, dryRun = false): string =>
  summaryOf(madeUpReport(outcomes, { stoppedBy, dryRun, isJudged: !dryRun }), outcomes)

const table: [string, string, string][] = [
  ['a night that went well', summary([done, done, madeUpOutcome({ status: 'skipped', reason: 'x' })]), 'all well; 2 steps done'],
  ['a dry run', summary([done], undefined, true), 'all well; dry run: nothing was changed'],
  ['a failure', summary([done, failed]), 'FAILED  shop: Back up: the disk is full\n1 of 1 site FAILED — shop; 1 step done'],
  [
    'a failure and a site that needs attention',
    summary([failed, conflict]),
    `FAILED  shop: Back up: the disk is full
PROBLEM plain: conflict: two claim it
1 of 2 sites FAILED — shop; 1 site needs attention — plain; 1 step done`,
  ],
  ['a stop', summary([done, madeUpOutcome({ status: 'stopped' })], 'SIGTERM'), 'nightly STOPPED by SIGTERM; 1 step done'],
]
for (const [name, is, text] of table) test(`summaryOf() ${name}`, () => assert.equal(is, text))

test('summaryOf() lets no control character through to a terminal', () => {
  const nasty = 'a\u001b[2Jb\u0007c\u009b2Jd'
  const outcomes = [
    madeUpOutcome({ status: 'failed', subject: nasty, title: nasty, reason: nasty, notes: [{ kind: 'problem', text: nasty }] }),
  ]
  assert.doesNotMatch(summary(outcomes), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})

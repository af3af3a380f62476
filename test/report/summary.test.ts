import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../lib/core/outcome.ts'
import { summaryOf } from '../../lib/report/summary.ts'
import { madeUpReport } from '../support/made-up-report.ts'
import { madeUpOutcome } from '../support/outcomes.ts'

const done = madeUpOutcome()
const failed = madeUpOutcome({ title: 'Back up', subject: 'shop', status: 'failed', reason: 'the disk is full' })
const reports = [{ site: 'plain', role: 'conflict', reason: 'two claim it', choices: [] }] as const
const conflict = madeUpOutcome({ title: 'Roles', notes: [{ kind: 'info', text: 'x' }], reports })

const AGAIN = 'cd /opt/holdfast && npx zx tasks/nightly.ts --site shop --verbose'
const summary = (outcomes: Outcome[], stoppedBy?: string, dryRun = false): string =>
  summaryOf(madeUpReport(outcomes, { stoppedBy, dryRun, isJudged: !dryRun }))

const table: [string, string, string][] = [
  ['a night that went well', summary([done, done, madeUpOutcome({ status: 'skipped', reason: 'x' })]), 'all well; 720 s'],
  ['a dry run', summary([done], undefined, true), 'all well; dry run: nothing was changed'],
  [
    'a failure',
    summary([done, failed]),
    `shop  FAILED
FAILED  shop: Back up: the disk is full
        next: ${AGAIN}
1 of 1 site FAILED — shop; 720 s`,
  ],
  [
    'a failure and a site that needs attention',
    summary([failed, conflict]),
    `plain  needs attention, conflict
shop   FAILED
FAILED  shop: Back up: the disk is full
        next: ${AGAIN}
PROBLEM plain: conflict: two claim it
1 of 2 sites FAILED — shop; 1 site needs attention — plain; 720 s`,
  ],
  ['a stop', summary([done, madeUpOutcome({ status: 'stopped' })], 'SIGTERM'), 'nightly STOPPED by SIGTERM; 720 s'],
]
for (const [name, is, text] of table) test(`summaryOf() ${name}`, () => assert.equal(is, text))

test('summaryOf() says of a quiet run only what somebody has to see to', () => {
  const fine = madeUpOutcome({ subject: 'blog', reports: [{ site: 'blog', role: 'primary', backedUp: 'full' }] })
  const noted = madeUpOutcome({ notes: [{ kind: 'significant', text: 'a new archive begins' }] })
  assert.equal(
    summaryOf(madeUpReport([fine, noted, failed, conflict], { isJudged: true }), true),
    `FAILED  shop: Back up: the disk is full
        next: ${AGAIN}
PROBLEM plain: conflict: two claim it
1 of 3 sites FAILED — shop; 1 site needs attention — plain; 720 s`,
  )
})

test('summaryOf() says once what is the same of several sites', () => {
  const warned = (subject: string, text: string) => madeUpOutcome({ subject, notes: [{ kind: 'warning', text }] })
  const outcomes = [...'abcdefg'].map(site => warned(site, 'not read-only'))
  const lines = summary([...outcomes, warned('a', 'another'), madeUpOutcome({ notes: [{ kind: 'warning', text: 'the run' }] })])
  assert.deepEqual(
    lines.split('\n').filter(line => line.startsWith('warning')),
    ['warning a, b, c, d, e, 2 more: not read-only', 'warning a: another', 'warning the run'],
  )
})

test('summaryOf() lets no control character through to a terminal', () => {
  const nasty = 'a\u001b[2Jb\u0007c\u009b2Jd'
  const outcomes = [
    madeUpOutcome({ status: 'failed', subject: nasty, title: nasty, reason: nasty, notes: [{ kind: 'problem', text: nasty }] }),
  ]
  assert.doesNotMatch(summary(outcomes), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})

test('summaryOf() has a line for each site: what was done, how large it is, how long it took, and what there is', () => {
  const usual = { role: 'primary', restorePoints: 61, bytes: 170e6, allowanceBytes: 1e9 } as const
  const outcomes = [
    madeUpOutcome({
      subject: 'blog',
      seconds: 0.34,
      reports: [{ site: 'blog', ...usual, backedUp: 'incremental', setBytes: 8200 }],
    }),
    madeUpOutcome({
      subject: 'shop',
      seconds: 12,
      reports: [{ site: 'shop', ...usual, restorePoints: 1, backedUp: 'full', setBytes: 70e6, prunedBytes: 5e6 }],
    }),
    madeUpOutcome({ subject: 'copy', reports: [{ site: 'copy', role: 'replica', owner: 'web2', restorePoints: 3, lag: 0 }] }),
  ]
  assert.deepEqual(summary(outcomes).split('\n').slice(0, 3), [
    'blog  incremental 8.20 kB in 0.3 s          61 restore points, 17 % of allowance',
    'copy  nothing newer in the archive          replica of web2, 3 restore points',
    'shop  5.00 MB pruned, full 70.0 MB in 12 s  1 restore point, 17 % of allowance',
  ])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Verdict } from '../../lib/core/finding.ts'
import type { LastVerdict } from '../../lib/core/last-run.ts'
import type { Outcome } from '../../lib/core/outcome.ts'
import { isMailDue } from '../../lib/report/mail.ts'
import type { RunFacts } from '../../lib/report/report.ts'
import { backedUp, failed, madeUpReport, NIGHT, note, outcome } from '../support/made-up-report.ts'

const twelve = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].map(site => backedUp(site))

const subjects: readonly (readonly [string, readonly Outcome[], string, Partial<RunFacts>?])[] = [
  ['one of twelve', [...twelve, failed('blog')], 'web1: 1 of 12 sites FAILED — blog'],
  ['more than are named', ['p', 'q', 'r', 's', 't'].map(site => failed(site)), 'web1: 5 of 5 sites FAILED — p, q, r and 2 more'],
  ['a quiet night', twelve, 'web1: 11 sites well'],
  ['a full backup', [backedUp('shop', { backedUp: 'full' })], 'web1: 1 site well — full backup of shop'],
  ['pruning', [backedUp('shop', { prunedBytes: 5 }), backedUp('a')], 'web1: 2 sites well — pruned shop'],
  [
    'no archive',
    [outcome('mount', undefined, { title: 'Mount /mnt/nas', phase: 'up', status: 'failed', reason: 'no route' })],
    'web1: nightly FAILED — Mount /mnt/nas',
  ],
  [
    'all backed up, then trouble',
    [...twelve, outcome('mount', undefined, { title: 'Mount /mnt/nas', phase: 'down', status: 'failed' })],
    'web1: Release: Mount /mnt/nas FAILED; 11 sites well',
  ],
  [
    'a conflict',
    [
      outcome('roles', undefined, {
        reports: [{ site: 'blog', role: 'conflict', reason: 'two', choices: [] }],
      }),
      backedUp('a'),
    ],
    'web1: 1 site needs attention — blog',
  ],
  [
    'little space',
    [outcome('free-space', undefined, { notes: [note('problem', 'no full backup will start: 3 MB free')] })],
    'web1: needs attention — no full backup will start: 3 MB free',
  ],
  ['stopped', [backedUp('a')], 'web1: nightly STOPPED by SIGTERM', { stoppedBy: 'SIGTERM', exitCode: 143 }],
  ['another task', [failed('blog')], 'web1: recover: 1 of 1 site FAILED — blog', { task: 'recover' }],
  ['a dry run', [backedUp('a')], 'web1: 1 site well (dry run)', { dryRun: true }],
  ['a name that would be a header', [failed('a\r\nBcc: all@example.org')], 'web1: 1 of 1 site FAILED — a??Bcc: all@example.org'],
  ['an exit code without a word', [outcome('odd')], 'web1: nightly FAILED with exit code 2', { exitCode: 2 }],
]

for (const [name, outcomes, subject, rest] of subjects)
  test(`reportOf() says the verdict in the subject: ${name}`, () => assert.equal(madeUpReport(outcomes, rest).subject, subject))

test('reportOf() tells of each site what was told last, and how it fared', () => {
  const roles = outcome('roles', undefined, {
    reports: [
      { site: 'blog', role: 'primary' },
      { site: 'late', role: 'primary' },
      { site: 'left', role: 'unmanaged' },
    ],
  })
  const { sites } = madeUpReport([roles, failed('blog'), backedUp('a'), outcome('backup', 'cut', { status: 'stopped' })])
  assert.deepEqual(
    sites.map(({ site, state, role }) => [site, state, role]),
    [
      ['a', 'well', 'primary'],
      ['blog', 'failed', 'primary'],
      ['cut', 'not reached', undefined],
      ['late', 'not reached', 'primary'],
      ['left', 'well', 'unmanaged'],
    ],
  )
})

const DAY = 86_400_000
const was = (verdict: Verdict, work: LastVerdict['work'] = []): LastVerdict => ({
  ...{ verdict, since: NIGHT - 3 * DAY, at: NIGHT - DAY, work, damage: {} },
})
const ROUTE = [{ level: 'failed', text: 'Mount /mnt/nas: no route' }] as const

test('reportOf() says once that a site, or the run, is well again, and a mail is due for it', () => {
  const last = { run: was('failed', ROUTE), sites: { a: was('needs attention'), b: was('failed'), c: was('well') } }
  const report = madeUpReport(
    ['a', 'b', 'c'].map(site => backedUp(site)),
    { last },
  )
  assert.deepEqual(
    report.significant.map(({ site, text }) => [site, text]),
    [
      [undefined, 'nightly is well again, after it had failed for 3 days: Mount /mnt/nas: no route'],
      ['a', 'well again, after it needed attention for 3 days'],
      ['b', 'well again, after it had failed for 3 days'],
    ],
  )
  assert.deepEqual(
    [report.subject, report.verdict, isMailDue(report, 'significant')],
    ['web1: 3 sites well — a, b well again', 'well', true],
  )
})

test('reportOf() does not say that of a site which it did not get to, nor of one whose archive nobody looked at', () => {
  const last = { sites: { a: was('failed'), b: was('failed') } }
  const outcomes = [
    { ...backedUp('a'), status: 'stopped' as const },
    outcome('schedule', undefined, { reports: [{ site: 'b', role: 'primary' }] }),
  ]
  assert.deepEqual(madeUpReport(outcomes, { last }).significant, [])
})

test('reportOf() says for how long it has been so, once it is not of today', () => {
  const last = { run: was('failed', ROUTE), sites: { blog: was('failed') } }
  const subject = (since: number) =>
    madeUpReport([failed('blog')], { last: { sites: { blog: { ...was('failed'), since } } } }).subject
  assert.equal(subject(NIGHT - 3 * DAY), 'web1: 1 of 1 site FAILED — blog (for 3 days)')
  assert.equal(subject(NIGHT - 3_600_000), 'web1: 1 of 1 site FAILED — blog')
  const mount = outcome('mount', undefined, { title: 'Mount /mnt/nas', phase: 'up', status: 'failed', reason: 'no route' })
  assert.equal(madeUpReport([mount], { last }).subject, 'web1: nightly FAILED — Mount /mnt/nas (for 3 days)')
})

test('reportOf() says what to type after a failure: the log, and the same again for that site', () => {
  const { failures } = madeUpReport([failed('blog', 'why', ['last words'])])
  assert.deepEqual(failures[0], {
    site: 'blog',
    title: 'Backup blog',
    reason: 'why',
    output: ['last words'],
    advice: [
      'less /var/log/holdfast/nightly-20261122T033000-1.log',
      'cd /opt/holdfast && npx zx tasks/nightly.ts --site blog --verbose',
    ],
  })
})

test('isMailDue() sends none about a quiet night unless always, and none at all when never', () => {
  const quiet = madeUpReport([backedUp('a')])
  const full = madeUpReport([outcome('backup', 'a', { notes: [note('significant', 'full backup')] })])
  const bad = madeUpReport([failed('a')])
  const due = (when: Parameters<typeof isMailDue>[1]) => [quiet, full, bad].map(report => isMailDue(report, when))
  assert.deepEqual(due('significant'), [false, true, true])
  assert.deepEqual(due('always'), [true, true, true])
  assert.deepEqual(due('never'), [false, false, false])
})

test('that a site does not work is mailed once, and stays in the verdict; what is new besides is mailed', () => {
  const broken = { level: 'attention', text: 'it does not work: HTTP 500' } as const
  const nights: [Partial<Parameters<typeof backedUp>[1]>, Outcome[], boolean][] = [
    [{ broken }, [], true],
    [{ broken: { ...broken, isKnown: true } }, [], false],
    [{ broken: { ...broken, isKnown: true } }, [failed('shop')], true],
    [
      { broken: { ...broken, isKnown: true }, backedUp: 'full' },
      [outcome('hook', undefined, { notes: [note('significant', 'x')] })],
      true,
    ],
  ]
  for (const [told, more, isMailed] of nights) {
    const report = madeUpReport([backedUp('blog', told), ...more], { exitCode: 1 })
    assert.equal(isMailDue(report, 'significant'), isMailed)
    assert.equal(report.sites.find(({ site }) => site === 'blog')!.verdict, 'needs attention')
    assert.match(report.problems[0]!.text, /^it does not work: HTTP 500\n {2}npx zx tasks\/recover\.ts --site blog --last-good$/)
  }
})

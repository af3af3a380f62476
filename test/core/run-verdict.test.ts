import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NoteKind, Outcome, Status } from '../../lib/core/outcome.ts'
import type { SiteReport } from '../../lib/core/site-report.ts'
import { exitCodeOf, siteVerdicts, workFindings } from '../../lib/core/verdict.ts'
import { madeUpOutcome } from '../support/outcomes.ts'

/** An outcome of this end, with notes of these kinds. */
const outcome = (status: Status, notes: NoteKind[] = [], exitCode?: number): Outcome =>
  madeUpOutcome({ status, exitCode, notes: notes.map(kind => ({ kind, text: '' })) })

/** An outcome that told of a site whose newest backup is so old. */
const told = (hours: number, more: Partial<SiteReport> = {}): Outcome => {
  const seenAt = 1e12
  const telling: SiteReport = {
    site: 'blog',
    role: 'primary',
    seenAt,
    staleAfter: 48 * 3_600_000,
    newestBackup: seenAt - hours * 3_600_000,
  }
  return madeUpOutcome({ subject: 'blog', reports: [{ ...telling, ...more }] })
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
  ['a site is well', [told(1)], undefined, 0],
  ['a site has no recent backup, though all is done', [told(49)], undefined, 1],
  ['a later step told better of it', [told(49), told(1)], undefined, 0],
  ['the lock is held, and a site is not well', [told(49), outcome('failed', [], 75)], undefined, 75],
]
for (const [name, outcomes, signal, code] of codes) {
  test(`exitCodeOf() is ${code} when ${name}`, () => assert.equal(exitCodeOf(outcomes, signal, true), code))
}

test('exitCodeOf() leaves what the sites are out of a run that is not about that: a recovery, a dry run', () => {
  assert.equal(exitCodeOf([told(49)]), 0)
  assert.equal(exitCodeOf([told(49)], undefined, true), 1)
})

test('workFindings() has what failed and what a person has to see to, of one site or of the run', () => {
  const outcomes = [
    madeUpOutcome({ title: 'Back up blog', subject: 'blog', status: 'failed', reason: 'the disk is full' }),
    madeUpOutcome({ title: 'Prune', subject: 'blog', notes: [{ kind: 'problem', text: 'pruning failed' }] }),
    madeUpOutcome({ title: 'Mount /mnt/nas', phase: 'down', status: 'failed', reason: 'busy' }),
  ]
  assert.deepEqual(workFindings(outcomes, 'blog'), [
    { level: 'failed', text: 'Back up blog: the disk is full' },
    { level: 'attention', text: 'pruning failed' },
  ])
  assert.deepEqual(workFindings(outcomes, undefined), [{ level: 'failed', text: 'Release: Mount /mnt/nas: busy' }])
})

test('siteVerdicts() judges each site by what was told of it last and by its work', () => {
  const outcomes = [
    told(1),
    {
      ...told(1),
      subject: 'shop',
      reports: [{ site: 'shop', role: 'conflict' as const, reason: 'both claim it', choices: ['if a: mv b c'] }],
    },
    madeUpOutcome({ title: 'Dump', subject: 'torn', status: 'failed', reason: 'no server' }),
  ]
  const said = siteVerdicts(outcomes, true).map(({ report: { site }, verdict, findings }) => [
    site,
    verdict,
    ...findings.map(({ text }) => text),
  ])
  assert.deepEqual(said, [
    ['blog', 'well'],
    ['shop', 'needs attention', 'conflict: both claim it\n  if a: mv b c'],
    ['torn', 'failed', 'Dump: no server'],
  ])
})

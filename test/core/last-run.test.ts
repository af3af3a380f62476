import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownDamage, type LastRun, lastOf, NO_RUN, type RunVerdicts, rememberRun } from '../../lib/core/last-run.ts'
import type { SiteReport } from '../../lib/core/site-report.ts'

const FAILED = [{ level: 'failed', text: 'Back up: no room' }] as const

const site = (name: string, more: Partial<SiteReport> = {}, isReached = true): RunVerdicts['sites'][number] => ({
  report: { site: name, seenAt: 1, ...more },
  verdict: more.work ? 'failed' : 'well',
  isReached,
})
const run = (at: number, sites: RunVerdicts['sites'], more: Partial<RunVerdicts> = {}): RunVerdicts => ({
  at,
  work: [],
  sites,
  isPartial: false,
  ...more,
})
const after = (...runs: RunVerdicts[]): LastRun => runs.reduce(rememberRun, NO_RUN)

test('rememberRun() keeps since when a site is what it is', () => {
  const ill = (at: number) => run(at, [site('blog', { work: FAILED })])
  assert.deepEqual(lastOf(after(ill(1), ill(2), ill(3)), 'blog'), {
    verdict: 'failed',
    since: 1,
    at: 3,
    work: FAILED,
    damage: {},
  })
  assert.deepEqual(lastOf(after(ill(1), run(2, [site('blog')])), 'blog'), {
    verdict: 'well',
    since: 2,
    at: 2,
    work: [],
    damage: {},
  })
  assert.equal(lastOf(after(ill(9), ill(3)), 'blog')!.since, 3, 'a clock that was ahead is not believed')
})

test('rememberRun() learns nothing of a site that the run did not get to, and forgets one that is gone', () => {
  const ill = run(1, [site('blog', { work: FAILED }), site('shop')])
  const unseen = { report: { site: 'blog' }, verdict: 'well', isReached: true } as const
  for (const sites of [[unseen, site('shop')], [site('blog', {}, false), site('shop')], []])
    assert.equal(lastOf(after(ill, run(2, sites)), 'blog')!.verdict, 'failed')
  assert.equal(lastOf(after(ill, run(2, [site('shop')])), 'blog'), undefined)
})

test('rememberRun() of some sites leaves the others and the run as a whole', () => {
  const first = after(run(1, [site('blog', { work: FAILED }), site('shop')], { work: FAILED }))
  const then = rememberRun(first, run(2, [site('shop')], { isPartial: true }))
  assert.deepEqual([then.run, lastOf(then, 'blog')], [first.run, lastOf(first, 'blog')])
  assert.equal(lastOf(then, 'shop')!.at, 2)
})

test('knownDamage() is what an earlier run told; for status, one before the last', () => {
  const damaged = (at: number, ...texts: string[]) =>
    run(at, [site('blog', { damage: texts.map(text => ({ text, isOld: false })) })])
  const known = (last: LastRun, of: 'run' | 'status') => ['a', 'constructor'].filter(knownDamage(lastOf(last, 'blog'), of))
  const twice = after(damaged(1, 'a'), damaged(2, 'a', 'constructor'))
  assert.deepEqual([known(twice, 'run'), known(twice, 'status')], [['a', 'constructor'], ['a']])
  assert.deepEqual(known(after(damaged(1, 'a'), damaged(2)), 'run'), [], 'what is no longer there')
  assert.deepEqual(known(NO_RUN, 'run'), [])
})

test('lastOf() knows no site by the name of what every object has', () => {
  assert.equal(lastOf(NO_RUN, 'constructor'), undefined)
  for (const name of ['constructor', '__proto__']) assert.equal(lastOf(after(run(1, [site(name)])), name)!.verdict, 'well', name)
})

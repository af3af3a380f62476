import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import type { Outcome } from '../../lib/core/outcome.ts'
import { type MetricsMemory, metricsText, remember } from '../../lib/report/metrics.ts'
import { backedUp, failed, madeUpReport, NIGHT, outcome } from '../support/made-up-report.ts'

type Sample = readonly [name: string, labels: Record<string, string>, value: number]

/** What Prometheus's own client library reads in the text. @throws when it refuses it */
function parsed(text: string): Sample[] {
  const script = `import json, sys
from prometheus_client.parser import text_string_to_metric_families as parse
families = list(parse(sys.stdin.read()))
assert all(f.documentation and f.type == 'gauge' for f in families)
print(json.dumps([[s.name, s.labels, s.value] for f in families for s in f.samples]))`
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', script], { input: text, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Sample[]
}

const NONE: MetricsMemory = { sites: {} }

function metrics(outcomes: readonly Outcome[], before = NONE, partial = false) {
  const report = madeUpReport(outcomes)
  const memory = remember(before, report, partial)
  return { memory, samples: parsed(metricsText(memory, report, outcomes)) }
}

const valuesOf = (samples: readonly Sample[], name: string) =>
  samples.filter(([each]) => each === name).map(([, labels, value]) => [labels.site ?? '', value])

test('metricsText() tells of each site whether it works and is suspect, where that is known', () => {
  const { samples, memory } = metrics([backedUp('blog', { works: false, isSuspect: true }), backedUp('shop')])
  for (const name of ['works', 'suspect'])
    assert.deepEqual(valuesOf(samples, `holdfast_site_${name}`), [['blog', Number(name === 'suspect')]])
  const later = metrics([backedUp('blog', { works: true, isSuspect: false })], memory).samples
  assert.deepEqual(valuesOf(later, 'holdfast_site_works'), [['blog', 1]])
})

test('metricsText() tells what the last run moved, and how long it took', () => {
  const { samples } = metrics([{ ...backedUp('blog'), seconds: 3, transferred: { read: 5, written: 70 } }, backedUp('url')])
  assert.deepEqual(valuesOf(samples, 'holdfast_site_archive_read_bytes'), [['blog', 5]])
  assert.deepEqual(valuesOf(samples, 'holdfast_site_archive_written_bytes'), [['blog', 70]])
  assert.deepEqual(valuesOf(samples, 'holdfast_site_duration_seconds'), [
    ['blog', 3],
    ['url', 1],
  ])
})

test('metricsText() is what a parser of the format accepts, whatever a site is called', () => {
  const odd = 'a "quoted\\ \n é'
  const { samples } = metrics([backedUp(odd), failed('blog')])
  assert.deepEqual(valuesOf(samples, 'holdfast_site_archive_bytes'), [
    [odd, 420_000_000],
    ['blog', 990_000_000],
  ])
  assert.deepEqual(valuesOf(samples, 'holdfast_site_newest_backup_timestamp_seconds'), [
    [odd, NIGHT / 1000 + 60],
    ['blog', NIGHT / 1000 - 86_400],
  ])
  assert.deepEqual(valuesOf(samples, 'holdfast_run_exit_code'), [['', 1]])
  assert.deepEqual(
    samples.filter(([name]) => name === 'holdfast_site_verdict').map(([, { site, verdict }]) => [site, verdict]),
    [
      [odd, 'well'],
      ['blog', 'failed'],
    ],
  )
  assert.deepEqual(
    samples.filter(([name]) => name === 'holdfast_step_outcome').map(([, labels]) => [labels.site, labels.step, labels.status]),
    [
      [odd, 'backup', 'done'],
      ['blog', 'backup', 'failed'],
    ],
  )
})

test('metricsText() has one series a step and site, the worst, where a step ran twice', () => {
  const { samples } = metrics([outcome('x', 'a'), outcome('x', 'a', { status: 'failed' }), outcome('x', 'a')])
  assert.deepEqual(
    samples.filter(([name]) => name === 'holdfast_step_outcome').map(([, { status }]) => status),
    ['failed'],
  )
})

test('metricsText() tells how long each step took for each site, all its times together, and nothing of what was passed over', () => {
  const { samples } = metrics([
    outcome('backup', 'a', { seconds: 40 }),
    outcome('restore', 'b', { seconds: 5 }),
    outcome('restore', 'b', { seconds: 2.5 }),
    outcome('prune', 'a', { status: 'skipped', seconds: 0 }),
    outcome('mount', undefined, { phase: 'up', seconds: 3 }),
  ])
  assert.deepEqual(
    samples.filter(([name]) => name === 'holdfast_step_duration_seconds').map(([, { site, step }, value]) => [site, step, value]),
    [
      ['a', 'backup', 40],
      ['b', 'restore', 7.5],
      ['', 'mount up', 3],
    ],
  )
})

test('remember() keeps the last success through failures, and takes none from a run over some sites', () => {
  const first = metrics([backedUp('a')])
  assert.deepEqual(valuesOf(first.samples, 'holdfast_run_last_success_timestamp_seconds'), [['', NIGHT / 1000 + 720]])
  const earlier = { ...first.memory, lastSuccess: 5000 }
  assert.equal(metrics([failed('a')], earlier).memory.lastSuccess, 5000)
  assert.equal(metrics([backedUp('a')], earlier, true).memory.lastSuccess, 5000)
  assert.equal(metrics([failed('a')]).memory.lastSuccess, undefined, 'no success before there was one')
})

test('remember() keeps other sites in a run over some, drops sites that are gone, and all of none when the run failed before them', () => {
  const { memory } = metrics([backedUp('a', { drilledAt: 1000 }), backedUp('b')])
  assert.deepEqual(Object.keys(metrics([backedUp('a')], memory, true).memory.sites), ['a', 'b'])
  assert.deepEqual(Object.keys(metrics([backedUp('a')], memory).memory.sites), ['a'])
  assert.deepEqual(Object.keys(metrics([outcome('mount', undefined, { status: 'failed' })], memory).memory.sites), ['a', 'b'])
  assert.equal(metrics([backedUp('a')], memory).memory.sites.a!.drilledAt, 1000)
})

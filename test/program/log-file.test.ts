import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openLog } from '../../lib/program/log-file.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-logs-'))
after(() => rmSync(root, { recursive: true }))
const NOW = Date.UTC(2026, 10, 22, 3, 0)
const DAY = 86_400_000

test('openLog() keeps the logs of so many days, and nothing but logs of its own goes', () => {
  const folder = join(root, 'old')
  mkdirSync(folder)
  for (const [name, days] of [
    ['nightly-20260801T030000-1.log', 100],
    ['nightly-20261120T030000-1.log', 2],
    ['mine.log', 100],
  ] as const) {
    writeFileSync(join(folder, name), '')
    utimesSync(join(folder, name), (NOW - days * DAY) / 1000, (NOW - days * DAY) / 1000)
  }
  using log = openLog(folder, 'nightly', NOW, 60)
  assert.equal(statSync(log.path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(folder).toSorted(), [
    'mine.log',
    'nightly-20261120T030000-1.log',
    `nightly-20261122T030000-${process.pid}.log`,
  ])
})

test('openLog() indexes each run in a line, and drops those of logs that are gone', () => {
  const folder = join(root, 'index')
  for (const [days, word] of [
    [100, 'old'],
    [2, 'recent'],
    [0, 'new'],
  ] as const) {
    using log = openLog(folder, 'nightly', NOW - days * DAY, 60)
    log.index(`${word};`)
  }
  const lines = readFileSync(join(folder, 'index.log'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map(line => line.slice(20).replace(/-\d+\.log$/, '')),
    ['recent; nightly-20261120T030000', 'new; nightly-20261122T030000'],
  )
})

test('a log holds no colours and no control characters, whatever a program printed', () => {
  using log = openLog(join(root, 'clean'), 'nightly', NOW, 60)
  log.write({ kind: 'line', at: NOW, subject: 'blog', text: '\u001b[31mred\u001b[0m \u0007bell' })
  assert.match(readFileSync(log.path, 'utf8'), / \[blog\] {5}red \?bell\n$/)
})

test('openLog() in a folder that cannot be made throws nothing and says what is wrong', () => {
  writeFileSync(join(root, 'file'), '')
  using log = openLog(join(root, 'file', 'logs'), 'nightly', NOW, 60)
  log.say('lost')
  log.index('lost')
  assert.match(log.problem()!, /cannot be written: ENOTDIR/)
})

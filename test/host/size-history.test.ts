import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { historyFile, readHistory, recordSize } from '../../lib/host/records.ts'
import { hostIn, ownFolder } from '../support/host.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22, 3, 30)
const host = hostIn(ownFolder('history'))
const ODD = 'a/b "c"\né'

test('recordSize() adds a line a day to a file of the site, which only its owner can read', () => {
  const points = [-2, -1, 0].map(day => ({ at: NOW + day * DAY, bytes: 100 + day, allowanceBytes: 1000 }))
  for (const point of points) recordSize(host, ODD, point)
  recordSize(host, ODD, points[2]!)
  assert.deepEqual(readHistory(host, ODD), points)
  assert.equal(
    readFileSync(historyFile(host, ODD), 'utf8').split('\n')[0],
    '{"at":"2026-11-20T03:30:00.000Z","bytes":98,"allowance":1000}',
  )
  assert.equal(statSync(historyFile(host, ODD)).mode & 0o777, 0o600)
  assert.equal(readdirSync(dirname(historyFile(host, ODD))).length, 1, 'nothing is left beside it')
})

test('recordSize() keeps what the night moved and how long it took; readHistory() gives as many of the newest as are wanted', () => {
  const points = [-1, 0].map(day => ({ at: NOW + day * DAY, bytes: 1, transferred: { read: 2, written: day + 9 }, seconds: 3.5 }))
  for (const point of points) recordSize(host, 'moved', point)
  assert.deepEqual(readHistory(host, 'moved'), points)
  assert.deepEqual(readHistory(host, 'moved', 1), points.slice(1))
})

test('readHistory() passes over what is damaged, and gives nothing where there is nothing', () => {
  assert.deepEqual(readHistory(host, 'unknown'), [])
  const damaged = ['{', 'null', '7', '[]', '{"at":"2026-11-22T03:30:00Z"}', '{"at":"then","bytes":1}', '{"at":5,"bytes":1}']
  recordSize(host, 'torn', { at: NOW, bytes: 5 })
  appendFileSync(historyFile(host, 'torn'), [...damaged, '{"at":"2026-11-22T03:30:00Z","bytes":-1}', ''].join('\n'))
  appendFileSync(historyFile(host, 'torn'), '\u0000\u0000{"at":"2026-11-2')
  assert.deepEqual(readHistory(host, 'torn'), [{ at: NOW, bytes: 5 }])
  recordSize(host, 'torn', { at: NOW + DAY, bytes: 6 })
  assert.equal(readFileSync(historyFile(host, 'torn'), 'utf8').split('\n').length, 3, 'the damage is gone')
  writeFileSync(historyFile(host, 'empty'), '')
  assert.deepEqual(readHistory(host, 'empty'), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ClockReader, formatAge, parseInterval, parseTime } from '../../lib/core/age.ts'
import { printTime } from '../../lib/core/restore-point.ts'

const now = Date.UTC(2026, 10, 22, 20, 0, 0)
const day = 86_400_000
const inRome: ClockReader = w => Date.UTC(w.year, w.month - 1, w.day, w.hour - 1, w.minute, w.second)

const intervals: [string, number][] = [
  ['30s', 30],
  ['78m', 4680],
  ['1h78m', 3600 + 4680],
  ['40D', 40 * 86_400],
  ['1W', 7 * 86_400],
  ['1M', 30 * 86_400],
  ['2Y', 730 * 86_400],
  ['0D', 0],
]
for (const [text, seconds] of intervals) {
  test(`parseInterval() reads ${text}`, () => assert.equal(parseInterval(text), seconds))
}

for (const text of ['', '40', '40X', 'D', '-1D', '1.5D', ' 1D', '1D ', '1x', '1 M', '9'.repeat(30) + 'Y']) {
  test(`parseInterval() refuses "${text}"`, () => {
    const message = `--age "${text}": not an age; expected a number with s, m, h, D, W, M or Y, such as 40D`
    assert.throws(() => parseInterval(text, '--age'), { message })
  })
}

const moments: [string, number][] = [
  ['now', now],
  ['40D', now - 40 * day],
  ['1h78m', now - 8_280_000],
  ['1767582000', 1_767_582_000_000],
  ['2026-01-31', Date.UTC(2026, 0, 30, 23)],
  ['2026/1/31', Date.UTC(2026, 0, 30, 23)],
  ['01/31/2026', Date.UTC(2026, 0, 30, 23)],
  ['1-31-2026', Date.UTC(2026, 0, 30, 23)],
  ['20260131Z', Date.UTC(2026, 0, 30, 23)],
  ['2026-01-31T12:00:00', Date.UTC(2026, 0, 31, 11)],
  ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T12:00:00+02:00', Date.UTC(2026, 0, 31, 10)],
  ['2026-01-31T12:00:00-07:30', Date.UTC(2026, 0, 31, 19, 30)],
  ['20260131T120000Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31 12:00', Date.UTC(2026, 0, 31, 11)],
  ['2026-01-31T12:00', Date.UTC(2026, 0, 31, 11)],
  ['2026-01-31 12:00:30', Date.UTC(2026, 0, 31, 11, 0, 30)],
  ['2026-01-31T12:00:00.000Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T12:00:00.987654', Date.UTC(2026, 0, 31, 11)],
  ['2026-01-31T12:00:00+0200', Date.UTC(2026, 0, 31, 10)],
  ['2026-01-31 12:00-0730', Date.UTC(2026, 0, 31, 19, 30)],
  ['2026-01-31 12:00:00 UTC', Date.UTC(2026, 0, 31, 12)],
]
for (const [text, time] of moments) {
  test(`parseTime() reads ${text}`, () => assert.equal(parseTime(text, now, '--at', inRome), time))
}

const noMoments = [
  '',
  'yesterday',
  '40X',
  '2026-02-30',
  '2026-13-01',
  '31/01/2026',
  '2026-01-31T25:00:00',
  '2026-01-31T12:00:00+99:00',
  '2026-01-31 12',
  '2026-01-31  12:00',
  '2026-01-31 12:00 CET',
  '2026-01-31T12:00.5',
]
for (const text of noMoments) {
  test(`parseTime() refuses "${text}"`, () => {
    assert.throws(
      () => parseTime(text, now, '--at'),
      new RegExp(`^.*--at "${text.replace('+', '\\+')}": not an age or a date; expected for example`),
    )
  })
}

test('parseTime() says of milliseconds since the epoch what it takes them for', () => {
  assert.throws(
    () => parseTime('1767582000000', now),
    /^Error: --at "1767582000000": a number is read as seconds .* milliseconds\?$/,
  )
})

test('parseTime() reads every time that Holdfast prints, and every ISO text, to the second', () => {
  const second = fc.integer({ min: Date.UTC(1971, 0) / 1000, max: Date.UTC(2099, 0) / 1000 })
  fc.assert(
    fc.property(second, seconds => {
      const time = seconds * 1000
      for (const text of [printTime(time), new Date(time).toISOString(), `${seconds}`]) assert.equal(parseTime(text, now), time)
    }),
  )
})

test('parseTime() takes a date alone as midnight of the process’s own zone', () => {
  const date = new Date(parseTime('2026-01-31', now))
  assert.deepEqual([date.getFullYear(), date.getMonth(), date.getDate(), date.getHours()], [2026, 0, 31, 0])
})

test('parseInterval() adds up what it is given, in any order', () => {
  const part = fc.tuple(fc.nat(999), fc.constantFrom(...'smhDWMY'))
  const seconds = (parts: [number, string][]) => parts.reduce((sum, [count, unit]) => sum + parseInterval(`${count}${unit}`), 0)
  const holds = fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), parts => {
    assert.equal(parseInterval(parts.map(([count, unit]) => `${count}${unit}`).join('')), seconds(parts))
  })
  fc.assert(holds)
})

const ages: [number, string][] = [
  [40_000, '40 s'],
  [12 * 60_000, '12 min'],
  [5 * 3_600_000, '5 h'],
  [47 * 3_600_000, '47 h'],
  [3 * day, '3 days'],
  [729 * day, '729 days'],
  [913 * day, '2.5 years'],
  [-3 * day, 'in 3 days'],
]
for (const [milliseconds, text] of ages) test(`formatAge() says ${text}`, () => assert.equal(formatAge(milliseconds), text))

test('parseInterval() understands every unit in either case but m and M, which are a minute and a month', () => {
  for (const text of ['40d', '2w', '1y', '3H', '5S'])
    assert.equal(parseInterval(text), parseInterval(text.toUpperCase().replace(/[HS]/, unit => unit.toLowerCase())), text)
  assert.deepEqual([parseInterval('1m'), parseInterval('1M')], [60, 30 * 86_400])
})

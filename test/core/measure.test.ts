import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addToHistory, type Measurement, measure, type SiteSize, type SizePoint } from '../../lib/core/measure.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { measurementText } from '../../lib/report/forecast.ts'
import { at, chainSketch, listing, type SetSketch } from '../duplicity/archive.ts'

const VOLUME = 200e6
const sketch = (...sketches: SetSketch[]) => collectionOf(listing(...sketches))
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

function sizesIn(measured: Measurement) {
  if (!('sizes' in measured)) throw new Error(measured.reason)
  return measured.sizes
}

/** How large the site was each night, of so many: as large as two fulls, and more by so much each night. */
const nightly = (nights: number, bytes: number, more: number): SiteSize[] =>
  range(nights).map(night => ({ time: at(night), bytes: bytes + night * more }))

test('measure() knows how a site grows by one full and what was written down of 47 nights', () => {
  const collection = sketch(...chainSketch(0, 46, { volumes: [1], volumeBytes: 100e6 }))
  const { growthBytesPerDay, fullBytes, fullAt } = sizesIn(measure(collection, nightly(47, 200e6, 4e6), VOLUME))
  assert.deepEqual([Math.round(growthBytesPerDay! / 1e4), fullBytes, fullAt], [200, 100e6 + 10, at(0)])
})

test('measure() knows the growth of fulls that grow by 5 % a week, by themselves and by what is written down', () => {
  const weeks = range(8).map(week => ({ day: week * 7, volumeBytes: Math.round(100e6 * 1.05 ** week) }))
  for (const sizes of [[], weeks.map(({ day, volumeBytes }) => ({ time: at(day), bytes: 3 * volumeBytes }))]) {
    const { growthBytesPerDay } = sizesIn(measure(sketch(...weeks), sizes, VOLUME))
    assert.ok(growthBytesPerDay! > 0.7e6 && growthBytesPerDay! < 1e6, `${growthBytesPerDay} bytes a day`)
  }
})

test('measure() takes no single night that was larger, and no clean-up, for growth', () => {
  const sizes = nightly(40, 200e6, 0).map((size, night) => (night === 20 ? { ...size, bytes: 900e6 } : size))
  assert.equal(sizesIn(measure(sketch(...chainSketch(0, 39)), sizes, VOLUME)).growthBytesPerDay, 0)
})

test('measure() says that growth is not known where there is less than a week to tell it by', () => {
  const collection = sketch(...chainSketch(0, 3))
  for (const sizes of [[], nightly(4, 200, 4)]) {
    const measured = measure(collection, sizes, VOLUME)
    assert.equal(sizesIn(measured).growthBytesPerDay, undefined)
    assert.match(measurementText(measured), /its growth is known after a week of backups/)
  }
})

test('measure() leaves out what is known of sets that are not there any more, and of none', () => {
  const collection = sketch(...chainSketch(20, 10))
  const { growthBytesPerDay } = sizesIn(measure(collection, nightly(100, 200, 0), VOLUME))
  assert.equal(growthBytesPerDay, 0)
  assert.ok(!('sizes' in measure(sketch(), nightly(10, 1, 1), VOLUME)))
})

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22, 3, 30)
const point = (days: number, bytes = 1, hours = 0): SizePoint => ({ at: NOW + days * DAY + hours * 3_600_000, bytes })

/** What is kept of a run each night for so many days, the last of them now. */
const nights = (count: number): readonly SizePoint[] =>
  Array.from({ length: count }, (_, index) => point(index - count + 1)).reduce<readonly SizePoint[]>(addToHistory, [])

test('addToHistory() keeps the last point of a day, and the days in order', () => {
  const history = [point(-1, 10), point(0, 20), point(0, 30, 5)].reduce<readonly SizePoint[]>(addToHistory, [])
  assert.deepEqual(
    history.map(({ bytes }) => bytes),
    [10, 30],
  )
})

test('addToHistory() drops what a clock that was ahead left', () => {
  assert.deepEqual(addToHistory([point(-1), point(900)], point(0)), [point(-1), point(0)])
})

test('addToHistory() keeps every day of a year, a day a week of ten, and no more however long it goes on', () => {
  const history = nights(12 * 366)
  const old = history.filter(({ at }) => at < NOW - 366 * DAY)
  assert.equal(history.length - old.length, 367)
  assert.ok(old.length > 460 && old.length < 480, `${old.length} weeks`)
  assert.ok(old[0]!.at > NOW - 10 * 366 * DAY)
  const gaps = history.slice(1).map((each, index) => (each.at - history[index]!.at) / DAY)
  assert.deepEqual([Math.min(...gaps), Math.max(...gaps)], [1, 7])
})

test('addToHistory() ends with the new point and is sorted, whatever was there', () => {
  const times = fc.array(fc.integer({ min: -5000, max: 50 }), { maxLength: 40 })
  fc.assert(
    fc.property(times, days => {
      const history = addToHistory(
        days.map(day => point(day)),
        point(0, 7),
      )
      assert.deepEqual(history.at(-1), point(0, 7))
      assert.deepEqual(
        history,
        history.toSorted((a, b) => a.at - b.at),
      )
    }),
  )
})

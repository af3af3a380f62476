import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addToHistory, type SizePoint } from '../../lib/core/size-history.ts'

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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tickLabel, timeTicks } from '../../lib/report/time-ticks.ts'

const DAY = 86_400_000
const utc = (text: string): number => Date.parse(`${text}T12:00:00Z`)

const spans: readonly (readonly [first: string, last: string, labels: string])[] = [
  ['2026-11-20', '2026-11-23', '21 Nov, 22 Nov, 23 Nov'],
  ['2026-10-30', '2026-11-04', '31 Oct, Nov, 2 Nov, 3 Nov, 4 Nov'],
  ['2026-09-20', '2026-11-22', '24 Sep, Oct, 8 Oct, 15 Oct, 22 Oct, 29 Oct, 5 Nov, 12 Nov, 19 Nov'],
  ['2026-02-10', '2026-11-22', 'Mar, May, Jul, Sep, Nov'],
  ['2024-02-10', '2026-11-22', 'Jul, 2025, Jul, 2026, Jul'],
  ['2016-12-10', '2026-11-22', '2018, 2020, 2022, 2024, 2026'],
]
for (const [first, last, labels] of spans)
  test(`timeTicks() from ${first} to ${last}`, () =>
    assert.equal(timeTicks(utc(first), utc(last)).map(tickLabel).join(', '), labels))

test('timeTicks() are a few, in order and within the span, however long it is', () => {
  const day = fc.integer({ min: 0, max: 20_000 })
  fc.assert(
    fc.property(day, fc.integer({ min: 2, max: 4000 }), (begin, length) => {
      const [first, last] = [(begin + 0.4) * DAY, (begin + length) * DAY]
      const ticks = timeTicks(first, last)
      assert.ok(ticks.length >= 1 && ticks.length <= 11, `${ticks.length} ticks in ${length} days`)
      assert.ok(ticks.every((tick, index) => tick >= first && tick <= last && (index === 0 || tick > ticks[index - 1]!)))
      assert.ok(ticks.every(tick => tick % DAY === 0))
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addDays, daysBetween, timeIn, wallTimeIn } from '../../lib/core/zoned-time.ts'

const wall = (year: number, month: number, day: number, hour = 0, minute = 0) => ({ year, month, day, hour, minute, second: 0 })

test('timeIn() undoes wallTimeIn(), but for the second of two equal hours', () => {
  const zones = fc.constantFrom(
    'UTC',
    'Europe/London',
    'America/St_Johns',
    'Pacific/Chatham',
    'Pacific/Apia',
    'Australia/Lord_Howe',
  )
  const times = fc.integer({ min: Date.UTC(2000, 0) / 1000, max: Date.UTC(2050, 0) / 1000 }).map(seconds => seconds * 1000)
  const holds = fc.property(zones, times, (zone, time) => {
    const found = timeIn(zone, wallTimeIn(zone, time))
    assert.deepEqual(wallTimeIn(zone, found), wallTimeIn(zone, time))
    assert.ok(time - found === 0 || time - found === 3_600_000 || time - found === 1_800_000)
  })
  fc.assert(holds, { numRuns: 2000 })
})

test('timeIn() moves a time that summer time skips to after it', () => {
  assert.equal(timeIn('Europe/Berlin', wall(2026, 3, 29, 2, 30)), Date.UTC(2026, 2, 29, 1, 30))
})

test('addDays() and daysBetween() count days of the calendar', () => {
  assert.deepEqual(addDays(wall(2026, 2, 27, 3), 3), wall(2026, 3, 2, 3))
  assert.deepEqual(addDays(wall(2026, 1, 1, 3), -1), wall(2025, 12, 31, 3))
  assert.equal(daysBetween(wall(2026, 2, 28, 23), wall(2026, 3, 1, 1)), 1)
})

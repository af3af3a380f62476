import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { desktopBackup, type ScheduleDecision } from '../../lib/core/schedule.ts'

const day = 86_400_000
const hour = 3_600_000
const utc = (text: string) => Date.parse(`${text}Z`)

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const machines = fc.record({
  schedule: fc.record({
    weekday: fc.constantFrom(...weekdays),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.constantFrom(0, 30),
    catchUpDays: fc.integer({ min: 0, max: 6 }),
  }),
  zone: fc.constantFrom('UTC', 'Europe/London', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'),
  start: fc.integer({ min: 0, max: 700 }).map(days => utc('2025-06-01T00:00:00') + days * day),
  stretches: fc.array(fc.record({ off: fc.integer({ min: 1, max: 150 }), on: fc.integer({ min: 1, max: 24 }) }), {
    minLength: 5,
    maxLength: 60,
  }),
})

/** A quarter of a machine that is off and on by turns and asks every three hours (at 7 past): when it asked, and when it backed up. */
function quarter({ schedule, zone, start, stretches }: Parameters<Parameters<typeof machines.map>[0]>[0]) {
  const asked: { now: number; decision: ScheduleDecision }[] = []
  let last = start
  let now = start + 7 * 60_000
  for (const { off, on } of stretches) {
    now += off * hour
    for (let hours = 0; hours < on && now < start + 91 * day; hours += 3, now += 3 * hour) {
      const decision = desktopBackup(schedule, last, now, zone)
      asked.push({ now, decision })
      if (isWork(decision)) last = now
    }
  }
  return asked
}

const isWork = ({ state }: ScheduleDecision) => state === 'due' || state === 'made up for'

test('desktopBackup() on 1000 random calendars: no backup day lost that could be made up for, none done twice', () => {
  let done = 0
  const check = fc.property(machines, machine => {
    const { schedule, start } = machine
    const calendar = new Intl.DateTimeFormat('sv', { timeZone: machine.zone })
    const localDay = (time: number) => Date.parse(`${calendar.format(time)}T00:00Z`) / day
    const byBackupDay = Map.groupBy(quarter(machine), ask => ask.decision.backupAt)
    for (const [backupAt, asks] of byBackupDay) {
      const within = asks.filter(({ now }) => localDay(now) - localDay(backupAt) <= schedule.catchUpDays)
      const worked = asks.filter(ask => isWork(ask.decision))
      assert.equal(worked.length, within.length > 0 && backupAt > start ? 1 : 0)
      if (worked[0]) assert.equal(worked[0], within[0])
      done += worked.length
    }
  })
  fc.assert(check, { numRuns: 1000 })
  assert.ok(done > 3000, `the calendars held only ${done} backups`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { desktopBackup, fullBackupDue, type Schedule, type ScheduleDecision } from '../../lib/core/schedule.ts'

const day = 86_400_000
const hour = 3_600_000
const utc = (text: string) => Date.parse(`${text}Z`)

const fulls: [string, number | undefined, boolean, string][] = [
  ['no full backup', undefined, true, 'there is no full backup yet'],
  [
    'one of 30 days less half a night',
    29 * day + 11.9 * hour,
    false,
    'the newest full is 29 days old, the next is due after 30 days',
  ],
  [
    'one that will be 30 days old before half the time to the next night',
    30 * day - 12 * hour,
    true,
    'the newest full is 29 days old, one is due after 30 days, which is before the next night',
  ],
  ['one a second older', 30 * day + 1000, true, 'the newest full is 30 days old, one is due after 30 days'],
  ['one dated in the future', -3 * day, false, 'the newest full is dated 3 days ahead of this clock'],
]
for (const [what, age, due, reason] of fulls) {
  test(`fullBackupDue() for ${what}: ${due}`, () => {
    const now = utc('2026-03-01T03:00:00')
    const newestFullAt = age === undefined ? undefined : now - age
    assert.deepEqual(fullBackupDue({ newestFullAt, frequencySeconds: 30 * 86_400, now }), { due, reason })
  })
}

const wednesday: Schedule = { weekday: 'wednesday', hour: 3, catchUpDays: 3 }
const sunday: Schedule = { weekday: 'sunday', hour: 2, minute: 30, catchUpDays: 3 }

/** Schedule, zone, last success, now, state, reason. */
const days: [string, Schedule, string, string | undefined, string, ScheduleDecision['state'], RegExp][] = [
  [
    'the example of the reference',
    wednesday,
    'Europe/London',
    '2023-02-08T03:10:00',
    '2023-02-09T09:46:08',
    'not due',
    /^the backup of Wed 2023-02-08 03:00 is done; the next is on Wed 2023-02-15 03:00$/,
  ],
  [
    'just before the hour',
    wednesday,
    'UTC',
    '2026-02-11T03:10:00',
    '2026-02-18T02:59:59',
    'not due',
    /next is on Wed 2026-02-18 03:00/,
  ],
  [
    'at the hour',
    wednesday,
    'UTC',
    '2026-02-11T03:10:00',
    '2026-02-18T03:00:00',
    'due',
    /^today is the backup day, since Wed 2026-02-18 03:00$/,
  ],
  ['later that day', wednesday, 'UTC', '2026-02-11T03:10:00', '2026-02-18T23:59:00', 'due', /today is the backup day/],
  [
    'the next day',
    wednesday,
    'UTC',
    '2026-02-11T03:10:00',
    '2026-02-19T00:30:00',
    'made up for',
    /^the backup of Wed 2026-02-18 03:00 was missed, 1 day ago: it is made up for now$/,
  ],
  [
    'the last minute of the third day',
    wednesday,
    'UTC',
    '2026-02-11T03:10:00',
    '2026-02-21T23:59:00',
    'made up for',
    /3 days ago/,
  ],
  [
    'the fourth day',
    wednesday,
    'UTC',
    '2026-02-11T03:10:00',
    '2026-02-22T00:00:00',
    'too late',
    /was missed, 4 days ago, more than 3; the next is on Wed 2026-02-25 03:00$/,
  ],
  ['after it was made up for', wednesday, 'UTC', '2026-02-21T23:00:00', '2026-02-22T10:00:00', 'not due', /is done/],
  [
    'the first run',
    wednesday,
    'UTC',
    undefined,
    '2026-02-23T10:00:00',
    'due',
    /^there is no backup yet: the first is made at once$/,
  ],
  [
    'a month off, back on a Sunday',
    wednesday,
    'UTC',
    '2026-01-14T03:10:00',
    '2026-02-15T10:00:00',
    'too late',
    /the next is on Wed 2026-02-18 03:00/,
  ],
  ['a month off, back on a Friday', wednesday, 'UTC', '2026-01-14T03:10:00', '2026-02-13T10:00:00', 'made up for', /2 days ago/],
  [
    'the clock set back an hour after the backup',
    wednesday,
    'UTC',
    '2026-02-18T03:10:00',
    '2026-02-18T03:05:00',
    'not due',
    /is done/,
  ],
  [
    'the clock set back before the hour',
    wednesday,
    'UTC',
    '2026-02-18T03:10:00',
    '2026-02-18T02:50:00',
    'not due',
    /the backup of Wed 2026-02-11 03:00 is done/,
  ],
  [
    'a success from a clock that was years ahead',
    wednesday,
    'UTC',
    '2031-02-18T03:10:00',
    '2026-02-18T09:00:00',
    'due',
    /\(the last one is dated in the future, and is ignored\)/,
  ],
  [
    'an hour that summer time skips: not before',
    sunday,
    'Europe/Berlin',
    '2026-03-22T02:00:00',
    '2026-03-29T00:59:59',
    'not due',
    /next is on Sun 2026-03-29 02:30/,
  ],
  [
    'an hour that summer time skips: half an hour after',
    sunday,
    'Europe/Berlin',
    '2026-03-22T02:00:00',
    '2026-03-29T01:30:00',
    'due',
    /since Sun 2026-03-29 02:30/,
  ],
  [
    'an hour that comes twice: the first time',
    sunday,
    'Europe/Berlin',
    '2026-10-18T02:00:00',
    '2026-10-25T00:30:00',
    'due',
    /since Sun 2026-10-25 02:30/,
  ],
  [
    'an hour that comes twice: not the second time',
    sunday,
    'Europe/Berlin',
    '2026-10-25T00:35:00',
    '2026-10-25T01:30:00',
    'not due',
    /is done/,
  ],
  [
    'a day that the zone has and UTC not yet',
    wednesday,
    'Pacific/Auckland',
    '2026-02-11T00:00:00',
    '2026-02-17T14:00:00',
    'due',
    /Wed 2026-02-18 03:00/,
  ],
]
/** On on Sundays and Mondays only: never on its backup day, nor within the days after it. */
const impatient: Schedule = { ...wednesday, staleAfter: 10 * day }
days.push(
  [
    'too old by an hour',
    impatient,
    'UTC',
    '2026-02-12T09:00:00',
    '2026-02-22T10:00:00',
    'overdue',
    /^the newest backup is 10 days old, more than 10 days: it is time for one on any day$/,
  ],
  ['not too old yet', impatient, 'UTC', '2026-02-12T10:00:00', '2026-02-22T10:00:00', 'too late', /4 days ago, more than 3/],
  ['too old on the backup day', impatient, 'UTC', '2026-01-12T10:00:00', '2026-02-18T10:00:00', 'due', /today is the backup day/],
  [
    'an age of less than a week',
    { ...wednesday, staleAfter: 2 * day },
    'UTC',
    '2026-02-18T03:10:00',
    '2026-02-20T04:00:00',
    'overdue',
    /more than 2 days/,
  ],
  [
    'a success that cannot be believed',
    impatient,
    'UTC',
    '2031-02-18T03:10:00',
    '2026-02-22T10:00:00',
    'overdue',
    /^no backup counts .*dated in the future/,
  ],
  ['a clock that was set back', impatient, 'UTC', '2026-02-22T11:00:00', '2026-02-22T10:00:00', 'not due', /is done/],
)
for (const [what, schedule, zone, last, now, state, reason] of days) {
  test(`desktopBackup() for ${what}: ${state}`, () => {
    const decision = desktopBackup(schedule, last === undefined ? undefined : utc(last), utc(now), zone)
    assert.equal(decision.state, state)
    assert.match(decision.reason, reason)
  })
}

test('desktopBackup() says which day it is of and when the next comes, over summer time', () => {
  const decision = desktopBackup(wednesday, utc('2026-03-18T03:10:00'), utc('2026-03-27T02:00:00'), 'Europe/London')
  assert.equal(decision.backupAt, utc('2026-03-25T03:00:00'))
  assert.equal(decision.nextAt, utc('2026-04-01T02:00:00'))
})

test('desktopBackup() refuses a zone that does not exist', () => {
  assert.throws(() => desktopBackup(wednesday, 0, day, 'Europe/Atlantis'), RangeError)
})

test('fullBackupDue() has a weekly full every seventh night, however many seconds cron is early or late', () => {
  const jitter = fc.array(fc.integer({ min: -1800, max: 1800 }), { minLength: 60, maxLength: 60 })
  fc.assert(
    fc.property(jitter, seconds => {
      let newestFullAt: number | undefined
      const fulls = seconds.flatMap((late, night) => {
        const now = night * day + late * 1000
        if (!fullBackupDue({ newestFullAt, frequencySeconds: 7 * 86_400, now }).due) return []
        newestFullAt = now
        return [night]
      })
      assert.deepEqual(fulls, [0, 7, 14, 21, 28, 35, 42, 49, 56])
    }),
  )
})

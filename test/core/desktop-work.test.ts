import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desktopBackup, desktopWork, isSameDay } from '../../lib/core/schedule.ts'

const at = (text: string): number => Date.parse(`${text}Z`)
const schedule = { weekday: 'wednesday', hour: 3, catchUpDays: 3, staleAfter: 13 * 86_400_000 } as const

interface Asked {
  readonly now: string
  readonly last?: string
  readonly tidied?: string
  readonly interrupted?: string
  readonly asked?: boolean
}
function work({ now, last, tidied, interrupted, asked = false }: Asked) {
  const zone = 'Europe/London'
  const decision = desktopBackup(schedule, last === undefined ? undefined : at(last), at(now), zone)
  const tidiedAt = tidied === undefined ? undefined : at(tidied)
  return desktopWork({ decision, asked, interrupted, tidiedAt, now: at(now), zone })
}

// 2026-02-11 and 2026-02-18 are Wednesdays
const DONE = '2026-02-11T03:05:00'
const CASES: [what: string, Asked, kind: string, reason: RegExp][] = [
  ['the first run backs up', { now: '2026-02-12T09:00:00' }, 'backup', /no backup yet/],
  ['the backup day backs up', { now: '2026-02-18T03:00:00', last: DONE }, 'backup', /today is the backup day/],
  [
    'a missed day is made up for',
    { now: '2026-02-20T10:00:00', last: DONE },
    'backup',
    /missed, 2 days ago: it is made up for now/,
  ],
  ['too late, it tidies', { now: '2026-02-23T10:00:00', last: DONE }, 'tidy', /more than 3; the next is on Wed 2026-02-25 03:00/],
  ['too late for too long, it backs up', { now: '2026-02-24T10:00:00', last: DONE }, 'backup', /13 days old, more than 13 days/],
  ['another day tidies', { now: '2026-02-13T10:00:00', last: DONE }, 'tidy', /is done; .* checked and tidied/],
  [
    'but once a day',
    { now: '2026-02-13T23:50:00', last: DONE, tidied: '2026-02-13T00:10:00' },
    'none',
    /looked at today already/,
  ],
  ['and again the next', { now: '2026-02-14T00:05:00', last: DONE, tidied: '2026-02-13T23:50:00' }, 'tidy', /tidied/],
  // in summer London's day begins at 23:00 UTC
  ['by local days', { now: '2026-07-02T23:05:00', last: '2026-07-01T03:00:00', tidied: '2026-07-02T22:50:00' }, 'tidy', /tidied/],
  [
    'a clock that was set back tidies once more',
    { now: '2026-02-13T10:00:00', last: DONE, tidied: '2026-02-19T10:00:00' },
    'tidy',
    /tidied/,
  ],
  [
    'after an interruption it backs up',
    { now: '2026-02-13T10:00:00', last: DONE, interrupted: 'it was cut' },
    'backup',
    /^it was cut: it is completed by a backup now/,
  ],
  [
    'also when it had tidied today',
    { now: '2026-02-13T10:00:00', last: DONE, tidied: '2026-02-13T09:00:00', interrupted: 'it was cut' },
    'backup',
    /it is completed by a backup now/,
  ],
  ['when asked for', { now: '2026-02-13T10:00:00', last: DONE, asked: true }, 'backup', /asked for with --now/],
]
for (const [what, asked, kind, reason] of CASES) {
  test(`desktopWork(): ${what}`, () => {
    const found = work(asked)
    assert.equal(found.kind, kind)
    assert.match(found.reason, reason)
  })
}

test('isSameDay() goes by the midnights of the zone, also for a time that is ahead', () => {
  const now = at('2026-07-02T22:30:00')
  for (const [time, zone, same] of [
    ['2026-07-01T23:10:00', 'Europe/London', true],
    ['2026-07-01T22:50:00', 'Europe/London', false],
    ['2026-07-01T22:50:00', 'America/New_York', false],
    ['2026-07-02T23:10:00', 'Europe/London', false],
    ['2026-07-02T23:10:00', 'UTC', true],
  ] as const)
    assert.equal(isSameDay(at(time), now, zone), same, `${time} ${zone}`)
  assert.equal(isSameDay(undefined, now, 'UTC'), false)
})

test('desktopWork() tells the backup that only the schedule wants', () => {
  const now = '2026-02-18T03:00:00'
  const isScheduled = (more: Partial<Asked>) => work({ now, last: DONE, ...more }).isScheduled ?? false
  assert.deepEqual([{}, { asked: true }, { interrupted: 'it was cut' }, { now: '2026-02-13T10:00:00' }].map(isScheduled), [
    true,
    false,
    false,
    false,
  ])
})

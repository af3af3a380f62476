import { DAY, formatAge, type WallTime } from './age.ts'
import { counted } from './wording.ts'
import { addDays, daysBetween, formatWallTime, timeIn, wallTimeIn, weekdayOf } from './zoned-time.ts'

/** Half the time from one night to the next, in ms: cron's nights are some seconds more or less than a day apart. */
const HALF_NIGHT = 43_200_000

/**
 * S13: incremental unless the newest full is older than the frequency, or will be within half a night: else a weekly
 * full came after seven or eight days, as cron's seconds have it.
 */
export function fullBackupDue(input: {
  readonly newestFullAt?: number | undefined
  readonly frequencySeconds: number
  readonly now: number
}): { readonly due: boolean; readonly reason: string } {
  const { newestFullAt, frequencySeconds, now } = input
  if (newestFullAt === undefined) return { due: true, reason: 'there is no full backup yet' }
  const age = now - newestFullAt
  const frequency = formatAge(frequencySeconds * 1000)
  if (age < 0) return { due: false, reason: `the newest full is dated ${formatAge(-age)} ahead of this clock` }
  const early = frequencySeconds * 1000 - age
  if (early < 0) return { due: true, reason: `the newest full is ${formatAge(age)} old, one is due after ${frequency}` }
  if (early <= Math.min(HALF_NIGHT, frequencySeconds * 500))
    return {
      due: true,
      reason: `the newest full is ${formatAge(age)} old, one is due after ${frequency}, which is before the next night`,
    }
  return { due: false, reason: `the newest full is ${formatAge(age)} old, the next is due after ${frequency}` }
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
type Weekday = (typeof weekdays)[number]

/** The backup day and hour of a machine that is not always on; days in which a missed one is made up for (S29, S30). */
export interface Schedule {
  readonly weekday: Weekday
  readonly hour: number
  readonly minute?: number
  readonly catchUpDays: number
  /** From which age on the newest backup is too old to wait for its day, in ms; it may wait for ever when absent. */
  readonly staleAfter?: number
}

/** What the schedule says: `backupAt` is the backup day in question, `nextAt` the one after (ms since the epoch). */
export interface ScheduleDecision {
  readonly state: 'due' | 'made up for' | 'overdue' | 'too late' | 'not due'
  readonly backupAt: number
  readonly nextAt: number
  readonly reason: string
}

/** A success dated further ahead than this was recorded by a clock that was wrong, and is not believed. */
const believableAhead = DAY

/**
 * Due on the backup day from its hour on; made up for until the end of the day `catchUpDays` later; then too late,
 * until the next backup day, or until the newest backup is too old. Without any backup it is due at once. A clock that
 * was set back by up to a day does not repeat a backup.
 * @param lastSuccessAt when the last backup that succeeded began @param zone an IANA name: summer time counts
 */
export function desktopBackup(
  schedule: Schedule,
  lastSuccessAt: number | undefined,
  now: number,
  zone: string,
): ScheduleDecision {
  const today = wallTimeIn(zone, now)
  const { backup, backupAt, next, nextAt } = backupDays(schedule, today, now, zone)
  const decide = (state: ScheduleDecision['state'], reason: string): ScheduleDecision => ({ state, backupAt, nextAt, reason })
  if (lastSuccessAt === undefined) return decide('due', 'there is no backup yet: the first is made at once')
  const [when, then] = [formatWallTime(backup), `the next is on ${formatWallTime(next)}`]
  const { staleAfter = Number.POSITIVE_INFINITY } = schedule
  const isBelievable = lastSuccessAt - now <= believableAhead
  const age = isBelievable ? now - lastSuccessAt : Number.POSITIVE_INFINITY
  const overdue = `the newest backup is ${formatAge(age)} old, more than ${formatAge(staleAfter)}: it is time for one on any day`
  if (lastSuccessAt >= backupAt && isBelievable && age > staleAfter) return decide('overdue', overdue)
  if (lastSuccessAt >= backupAt && isBelievable) return decide('not due', `the backup of ${when} is done; ${then}`)
  const doubt = lastSuccessAt > now ? ' (the last one is dated in the future, and is ignored)' : ''
  const daysLate = daysBetween(backup, today)
  if (daysLate === 0) return decide('due', `today is the backup day, since ${when}${doubt}`)
  const late = `the backup of ${when} was missed, ${counted(daysLate, 'day')} ago`
  if (daysLate <= schedule.catchUpDays) return decide('made up for', `${late}: it is made up for now${doubt}`)
  if (age > staleAfter)
    return decide('overdue', isBelievable ? overdue : `no backup counts${doubt}: it is time for one on any day`)
  return decide('too late', `${late}, more than ${schedule.catchUpDays}; ${then}${doubt}`)
}

function backupDays(schedule: Schedule, today: WallTime, now: number, zone: string) {
  const sinceWeekday = (weekdayOf(today) - weekdays.indexOf(schedule.weekday) + 7) % 7
  const thisWeek = { ...addDays(today, -sinceWeekday), hour: schedule.hour, minute: schedule.minute ?? 0, second: 0 }
  const backup = timeIn(zone, thisWeek) <= now ? thisWeek : addDays(thisWeek, -7)
  const next = addDays(backup, 7)
  return { backup, backupAt: timeIn(zone, backup), next, nextAt: timeIn(zone, next) }
}

export interface DesktopWork {
  readonly kind: 'backup' | 'tidy' | 'none'
  readonly reason: string
  /** The schedule alone asks for this backup: nothing is cut short, and no person wants it. */
  readonly isScheduled?: boolean
}

/**
 * A backup when one is due or asked for, or when the last run was cut short (S16), which it completes. Else the archive
 * is tidied once a day: away from home a machine would fail every hour at the mount. A backup that is due is tried at
 * every asking.
 */
export function desktopWork(input: {
  readonly decision: ScheduleDecision
  readonly asked: boolean
  readonly interrupted: string | undefined
  readonly tidiedAt: number | undefined
  readonly now: number
  readonly zone: string
}): DesktopWork {
  const { decision, asked, interrupted, tidiedAt, now, zone } = input
  if (interrupted !== undefined)
    return { kind: 'backup', reason: `${interrupted}: it is completed by a backup now, and nothing is tidied before` }
  if (decision.state === 'due' || decision.state === 'made up for' || decision.state === 'overdue')
    return { kind: 'backup', reason: decision.reason, isScheduled: !asked }
  if (asked) return { kind: 'backup', reason: `asked for with --now; ${decision.reason}` }
  if (isSameDay(tidiedAt, now, zone))
    return { kind: 'none', reason: `${decision.reason}; the archive was looked at today already` }
  return { kind: 'tidy', reason: `${decision.reason}; the archive is checked and tidied` }
}

/** Whether a time is of today, by the calendar of a zone; no time is of no day. Times in ms since the epoch. */
export const isSameDay = (time: number | undefined, now: number, zone: string): boolean =>
  time !== undefined && daysBetween(wallTimeIn(zone, time), wallTimeIn(zone, now)) === 0

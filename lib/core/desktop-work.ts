import type { ScheduleDecision } from './schedule.ts'
import { daysBetween, wallTimeIn } from './zoned-time.ts'

/** What a run of the desktop is to do (S29), and why. */
export interface DesktopWork {
  readonly kind: 'backup' | 'tidy' | 'none'
  readonly reason: string
  /** The schedule alone asks for this backup: nothing is cut short, and no person wants it. */
  readonly isScheduled?: boolean
}

/**
 * A backup when one is due, when a person asks for one, or when the last run was cut short (S16): duplicity then
 * completes its set, and nothing is tidied before. Else the archive is tidied, tried once a day of the calendar: it
 * means to mount the share, and a machine away from home would fail at it every hour. A backup that is due is tried at
 * every asking.
 *
 * @param input.tidiedAt when tidying was last begun, ms since the epoch
 * @param input.zone whose midnight parts the days
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
export function isSameDay(time: number | undefined, now: number, zone: string): boolean {
  return time !== undefined && daysBetween(wallTimeIn(zone, time), wallTimeIn(zone, now)) === 0
}

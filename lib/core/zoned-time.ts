import { DAY, inUtc, type WallTime } from './age.ts'

/** What a wall clock in the zone (an IANA name) shows at `time`, ms since the epoch. @throws when there is none such */
export function wallTimeIn(zone: string, time: number): WallTime {
  const shown = clockOf(zone).format(time) // 11/22/2026, 20:41:26
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = shown.split(/\D+/).map(Number)
  return { year, month, day, hour, minute, second }
}

/** When a wall clock in the zone shows `wall` (ms since the epoch): the first of two times; a skipped one is later. */
export function timeIn(zone: string, wall: WallTime): number {
  const asUtc = inUtc(wall)
  const candidates = [-DAY, DAY].map(shift => asUtc - offsetIn(zone, asUtc + shift)).toSorted((a, b) => a - b)
  const shown = candidates.find(candidate => inUtc(wallTimeIn(zone, candidate)) === asUtc)
  return shown ?? asUtc - offsetIn(zone, asUtc - DAY)
}

/** The same wall clock some days later (or earlier): the calendar's days, not multiples of 24 hours. */
export function addDays(wall: WallTime, days: number): WallTime {
  const date = new Date(inUtc(wall) + days * DAY)
  return { ...wall, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** How many days of the calendar lie between two wall times: 0 on the same day, whatever the hour. */
export function daysBetween(earlier: WallTime, later: WallTime): number {
  const midnight = (wall: WallTime) => Date.UTC(wall.year, wall.month - 1, wall.day)
  return Math.round((midnight(later) - midnight(earlier)) / DAY)
}

export const weekdayOf = (wall: WallTime): number => new Date(inUtc(wall)).getUTCDay()

/** For people: `Wed 2026-02-18 03:00`. */
export function formatWallTime(wall: WallTime): string {
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][weekdayOf(wall)]
  return `${day} ${new Date(inUtc(wall)).toISOString().slice(0, 16).replace('T', ' ')}`
}

const offsetIn = (zone: string, time: number): number => inUtc(wallTimeIn(zone, time)) - Math.floor(time / 1000) * 1000

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone)
  if (known) return known
  const fields = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const
  const clock = new Intl.DateTimeFormat('en-US', { ...fields, hourCycle: 'h23', calendar: 'gregory', timeZone: zone })
  clocks.set(zone, clock)
  return clock
}

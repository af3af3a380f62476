/** Seconds in each of duplicity's units (dup_time.py): a month is 30 days, a year 365. */
const unitSeconds = { s: 1, m: 60, h: 3600, D: 86_400, W: 604_800, M: 2_592_000, Y: 31_536_000 } as const
type Unit = keyof typeof unitSeconds

export const DAY = unitSeconds.D * 1000

const intervalForm = /^(?:\d+[smhDWMY])+$/

/** `m` is a minute and `M` a month; any other unit means the same in either case, as people write it. */
const asDuplicityHasIt = (text: string): string =>
  text.replace(/[dwySH]/g, unit => (/[SH]/.test(unit) ? unit.toLowerCase() : unit.toUpperCase()))

/** A time on a wall clock; months count from 1. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

export type ClockReader = (wall: WallTime) => number

/** Reads a wall time in the process's time zone (TZ), summer time included, which duplicity itself ignores. */
const inLocalTime: ClockReader = w => new Date(w.year, w.month - 1, w.day, w.hour, w.minute, w.second).getTime()

export const inUtc: ClockReader = w => Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second)

/** Seconds in one of duplicity's intervals: `40D`, `1M`, `1h78m`; `40d` too. @throws naming `what` */
export function parseInterval(text: string, what = 'interval'): number {
  const seconds = intervalSeconds(text)
  if (seconds === undefined)
    throw new Error(`${what} "${text}": not an age; expected a number with s, m, h, D, W, M or Y, such as 40D`)
  return seconds
}

/** The same; undefined for a text that is none. */
export function intervalSeconds(given: string): number | undefined {
  const text = asDuplicityHasIt(given)
  if (!intervalForm.test(text)) return undefined
  const parts = [...text.matchAll(/(\d+)([smhDWMY])/g)]
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitSeconds[unit as Unit], 0)
  return Number.isSafeInteger(total * 1000) ? total : undefined
}

/**
 * The time that a person names, in ms since the epoch, in any of duplicity's forms: an interval before `now`, `now`,
 * seconds since the epoch, `2026-01-31`, `2026/01/31`, `01/31/2026`, `20260131Z` (local midnight),
 * `2026-01-31T12:00:00` with `Z`, `+02:00` or nothing (local), and the `20260131T120000Z` of file names. Beyond these:
 * a space for the `T`, no seconds or parts of one, `+0200`, and the `2026-01-31 12:00:00 UTC` of Holdfast's messages.
 * @throws when the text is none of these, or names a day or time that does not exist
 */
export function parseTime(text: string, now: number, what = '--at', local: ClockReader = inLocalTime): number {
  if (text === 'now') return now
  if (/^\d+$/.test(text)) return epochTime(text, what)
  const ago = intervalSeconds(text)
  if (ago !== undefined) return now - ago * 1000
  const time = dateTime(text, local)
  if (time === undefined || Number.isNaN(time)) throw new Error(`${what} "${text}": ${timeHelp}`)
  return time
}

/** No backup is of the year 5138 or later: so many digits are milliseconds. */
function epochTime(text: string, what: string): number {
  if (Number(text) >= 1e11)
    throw new Error(
      `${what} "${text}": a number is read as seconds since the epoch, and that would be after the year 5000; are these milliseconds?`,
    )
  return Number(text) * 1000
}

const timeHelp = 'not an age or a date; expected for example 40D, 2026-01-31, 2026-01-31T12:00:00 or 2026-01-31T12:00:00+02:00'

const dateForms = [
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.\d+)?)?(?<zone>Z| UTC|[+-]\d\d:?\d\d)?$/,
  /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)T(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?<zone>Z)$/,
  /^(?<year>\d{4})[-/](?<month>\d{1,2})[-/](?<day>\d{1,2})$/,
  /^(?<month>\d{1,2})[-/](?<day>\d{1,2})[-/](?<year>\d{4})$/,
  /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)Z$/,
]

function dateTime(text: string, local: ClockReader): number | undefined {
  const found = dateForms.map(form => form.exec(text)?.groups).find(groups => groups !== undefined)
  if (!found) return undefined
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone } = found
  const wall = { year: +year, month: +month, day: +day, hour: +hour, minute: +minute, second: +second }
  if (!exists(wall)) return undefined
  return zone === undefined ? local(wall) : inUtc(wall) - zoneMilliseconds(zone)
}

function exists(wall: WallTime): boolean {
  const date = new Date(inUtc(wall))
  const sameDay = date.getUTCMonth() === wall.month - 1 && date.getUTCDate() === wall.day
  return sameDay && wall.year > 1900 && wall.year < 2100 && wall.hour < 24 && wall.minute < 60 && wall.second < 60
}

function zoneMilliseconds(zone: string): number {
  if (zone === 'Z' || zone === ' UTC') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))]
  if (hours > 14 || minutes > 59) return Number.NaN
  return (zone.startsWith('-') ? -60_000 : 60_000) * (hours * 60 + minutes)
}

/** A length of time for people, from ms: `40 s`, `12 min`, `5 h` (below two days), `3 days`, `2.5 years`. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < 0) return `in ${formatAge(-milliseconds)}`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 2 * unitSeconds.D) return `${Math.floor(seconds / 3600)} h`
  if (seconds < 2 * unitSeconds.Y) return `${Math.floor(seconds / unitSeconds.D)} days`
  return `${(Math.floor((seconds / unitSeconds.Y) * 10) / 10).toString()} years`
}

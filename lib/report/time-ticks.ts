const DAY = 86_400_000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** Days between ticks while they are fewer than these; then months. */
const DAYS = [1, 2, 7, 14]
const STEPS = [1, 2, 3, 6, 12, 24, 60]

/**
 * Where a time axis has its ticks: midnights UTC, days apart evenly, or the firsts of months. Ms since the epoch.
 * @param most how many there may be
 */
export function timeTicks(first: number, last: number, most = 9): readonly number[] {
  const days = DAYS.find(step => (last - first) / (step * DAY) <= most)
  if (days !== undefined) {
    const step = days * DAY
    const begin = Math.ceil(first / step) * step
    return Array.from({ length: Math.max(0, Math.floor((last - begin) / step) + 1) }, (_, index) => begin + index * step)
  }
  const months = STEPS.find(step => (last - first) / (step * 30 * DAY) <= most) ?? 120
  const year = new Date(first).getUTCFullYear()
  const count = Math.ceil(((last - first) / (28 * DAY) + 12) / months)
  return Array.from({ length: count }, (_, index) => Date.UTC(year, index * months)).filter(time => time >= first && time <= last)
}

/** A tick as a person reads it: a day with its month, a month, or in January the year. */
export function tickLabel(time: number): string {
  const date = new Date(time)
  const month = MONTHS[date.getUTCMonth()]!
  if (date.getUTCDate() !== 1) return `${date.getUTCDate()} ${month}`
  return date.getUTCMonth() === 0 ? String(date.getUTCFullYear()) : month
}

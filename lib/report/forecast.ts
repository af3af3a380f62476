import { DAY, formatAge } from '../core/age.ts'
import { type Asked, compareForecasts, gistOf, type MeasuredSizes, type Variant } from '../core/forecast.ts'
import { type Measurement, measure } from '../core/measure.ts'
import { printTime } from '../core/restore-point.ts'
import { counted, formatBytes } from '../core/wording.ts'
import { tableOf } from './lines.ts'
import type { SiteStatus } from './status.ts'

/** What a person asked to be forecast. */
interface ForecastRequest extends Asked {
  readonly nights: number
  readonly keepIncrementals: number
  readonly keepDays: number
  readonly volumeBytes: number
}

/** One site's forecast, or why there is none. */
export interface SiteForecast {
  readonly name: string
  readonly measured: Measurement
  readonly variants: readonly Variant[]
}

/** Runs the nightly decisions over what was measured, from the night after the newest backup on. */
export function forecastSite(
  { report, collection, siteSizes, allowanceBytes, frequencySeconds, now }: SiteStatus,
  request: ForecastRequest,
): SiteForecast {
  const name = report.site
  const measured = measure(collection, siteSizes(), request.volumeBytes)
  if (!('sizes' in measured)) return { name, measured, variants: [] }
  const startAt = Math.max(now, (collection.chains.at(-1)?.endAt ?? now) + DAY)
  const { nights, keepIncrementals, keepDays } = request
  const settings = { allowanceBytes, frequencySeconds, keepIncrementals, keepDays }
  return {
    name,
    measured,
    variants: compareForecasts({ ...settings, sizes: measured.sizes, startAt, nights, collection }, request),
  }
}

/** The columns of a table of variants, after their names. */
export const FORECAST_COLUMNS = [
  ...['allowance', 'full every', 'reaches its allowance', 'reaches back'],
  ...['at worst', 'largest', 'prunings'],
]

/** A site's forecast for people, as text. */
export function forecastText({ name, measured, variants }: SiteForecast, nights: number): string {
  if (!('sizes' in measured)) return `${name}: no forecast: ${measured.reason}`
  const stuck = variants.map(variant => ({ ...variant, ...gistOf(variant) })).filter(variant => variant.stuck !== undefined)
  return [
    `${name}, after ${counted(nights, 'night')}; ${measurementText(measured)}`,
    ...tableOf([['', ...FORECAST_COLUMNS], ...variants.map(rowOf)], [1, 4, 5, 6, 7]).map(line => `  ${line}`),
    ...stuck.map(variant => `  ${variant.name}: ${variant.stuck}`),
    '',
    ...monthly(variants[0]!).map(line => `  ${line}`),
  ].join('\n')
}

/** What the forecast rests on, in a line. */
export function measurementText(measured: Measurement): string {
  if (!('sizes' in measured)) return measured.reason
  const { sizes, incrementals } = measured
  const few = incrementals < 7 ? ', measured on few backups yet' : ''
  return `a full takes ${formatBytes(sizes.fullBytes)}, an incremental ${formatBytes(sizes.incrementalBytes)}${few}; ${growthText(sizes)}`
}

function growthText({ growthBytesPerDay: growth }: MeasuredSizes): string {
  if (growth === undefined) return 'its growth is known after a week of backups'
  if (growth === 0) return 'it does not grow'
  return `it ${growth < 0 ? 'shrinks' : 'grows'} by ${formatBytes(Math.abs(growth))} a day`
}

/** The cells of a variant; also for the page. That an allowance is not reached is good. */
export function rowOf(variant: Variant): string[] {
  const gist = gistOf(variant)
  return [
    variant.name,
    formatBytes(variant.allowanceBytes),
    formatAge(variant.frequencySeconds * 1000),
    gist.metAt === undefined ? `not in ${counted(variant.forecast.nights.length, 'night')}` : printTime(gist.metAt).slice(0, 10),
    daysOf(gist.reachDays),
    daysOf(gist.worstReachDays),
    formatBytes(gist.largestBytes),
    String(gist.prunings),
  ]
}

const daysOf = (days: number): string => formatAge(Math.floor(days) * DAY)

/** Every thirtieth night and the last of how it is set now. */
function monthly({ forecast }: Variant): string[] {
  const chosen = forecast.nights.filter((_, index) => index % 30 === 0 || index === forecast.nights.length - 1)
  const rows = chosen.map(night => [
    printTime(night.time).slice(0, 10),
    formatBytes(night.bytes),
    daysOf(night.reachDays),
    night.backup,
    night.action,
  ])
  return tableOf([['night', 'size', 'reaches back', 'backup', 'pruning'], ...rows], [1, 2])
}

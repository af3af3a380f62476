import { writeFile } from 'node:fs/promises'
import { parseInterval } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { MEGABYTE } from '../core/limits.ts'
import { messageOf } from '../core/message.ts'
import { forecastSite, forecastText } from '../report/forecast.ts'
import { forecastHtml } from '../report/forecast-html.ts'
import { LOOK_HELP, LOOK_OPTIONS, pathIn, type Show, type TaskWith } from './look.ts'

/** What a person asks of a forecast. */
export interface ForecastOptions {
  readonly mounted: boolean
  readonly html: string | undefined
  readonly nights: number
  readonly allowanceBytes: number | undefined
  readonly frequencySeconds: number | undefined
}

export const forecastTask: TaskWith<ForecastOptions> = {
  name: 'forecast',
  about: 'How far back the history will reach: the nightly decisions run over the measured sizes. Changes nothing.',
  options: {
    ...LOOK_OPTIONS,
    html: { type: 'string' },
    nights: { type: 'string' },
    allowance: { type: 'string' },
    frequency: { type: 'string' },
  },
  optionsHelp: `  --allowance MB    compare with this allowance
  --frequency 1W    compare with this frequency of full backups
  --nights N        how many nights (default: 365)
  --html FILE       write a page with charts, which needs nothing else
${LOOK_HELP}`,
  read: values => ({
    mounted: values.mounted === true,
    html: pathIn(values, 'html', 'a file'),
    nights: numberOf(values.nights ?? '365', 'nights', 1, 36_500),
    allowanceBytes: values.allowance === undefined ? undefined : numberOf(values.allowance, 'allowance', 0.001, 1e9) * MEGABYTE,
    frequencySeconds: values.frequency === undefined ? undefined : frequencyOf(values.frequency),
  }),
}

function numberOf(value: unknown, name: string, least: number, most: number): number {
  const whole = name === 'nights'
  const number = (whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(String(value)) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new BadInput(`--${name}: found "${value}", wanted a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
}

function frequencyOf(value: unknown): number {
  try {
    const seconds = parseInterval(String(value))
    if (seconds > 0) return seconds
  } catch {
    // said below
  }
  throw new BadInput(`--frequency: found "${value}", wanted an interval such as 1M, 1W or 28D`)
}

/** Makes the forecasts of the sites that this host backs up, prints them, and writes the page when asked. */
export const showForecast: Show<ForecastOptions> = async (
  { host, now, sites, failures, keepIncrementals, volumeBytes },
  _,
  asked,
) => {
  const mine = sites.filter(site => site.role.role === 'primary').toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const request = { ...asked, keepIncrementals, volumeBytes }
  const forecasts = mine.map(site => forecastSite(site, request))
  if (asked.html !== undefined) {
    const page = await forecastHtml(host, new Date(now).toISOString(), forecasts, asked.nights)
    await writeFile(asked.html, page).catch(error => {
      throw new BadInput(`--html: cannot write ${asked.html}: ${messageOf(error)}`)
    })
  }
  const exitCode = failures.length === 0 ? 0 : 1
  if (asked.json) return { text: JSON.stringify({ host, failures, sites: forecasts }, undefined, 2), exitCode }
  const problems = failures.map(text => `PROBLEM ${text}`)
  const page = asked.html === undefined ? [] : ['', `page: ${asked.html}`]
  return { text: [...problems, forecastText(forecasts, asked.nights), ...page].join('\n'), exitCode }
}

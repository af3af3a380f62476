import { writeFile } from 'node:fs/promises'
import { BadInput } from '../core/bad-input.ts'
import { messageOf } from '../core/message.ts'
import { forecastSite, forecastText } from '../report/forecast.ts'
import type { Show } from './look.ts'

/** What a person asks of a forecast. */
export interface ForecastOptions {
  readonly mounted: boolean
  readonly html: string | undefined
  readonly nights: number
  readonly allowanceBytes: number | undefined
  readonly frequencySeconds: number | undefined
}

/** Makes the forecasts of the sites that this host backs up, prints them, and writes the page when asked. */
export const showForecast: Show<ForecastOptions> = async (
  { host, now, sites, work, keepIncrementals, volumeBytes },
  _,
  asked,
) => {
  const failures = work.filter(({ level }) => level === 'failed').map(({ text }) => text)
  const mine = sites.filter(({ told }) => told.role === 'primary').toSorted((a, b) => (a.told.site < b.told.site ? -1 : 1))
  const request = { ...asked, keepIncrementals, volumeBytes }
  const forecasts = mine.map(site => forecastSite(site, request))
  if (asked.html !== undefined) {
    const { forecastHtml } = await import('../report/forecast-html.ts')
    const page = forecastHtml(host, new Date(now).toISOString(), forecasts, asked.nights)
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

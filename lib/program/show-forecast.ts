import { writeFile } from 'node:fs/promises'
import { BadInput } from '../core/bad-input.ts'
import { messageOf } from '../core/wording.ts'
import { forecastSite, forecastText } from '../report/forecast.ts'
import type { Show } from './look.ts'

/** What a person asks of a forecast. */
export interface ForecastOptions {
  readonly html: string | undefined
  readonly nights: number
  readonly allowanceBytes: number | undefined
  readonly frequencySeconds: number | undefined
}

/**
 * Makes the forecasts of the sites that this host backs up, prints them, and writes the page when asked. One has every
 * night of years: none is kept once it is shown.
 */
export const showForecast: Show<ForecastOptions> = async (
  { host, now, sites, work, keepIncrementals, keepDays, volumeBytes },
  _,
  asked,
) => {
  const failures = work.filter(({ level }) => level === 'failed').map(({ text }) => text)
  const mine = sites
    .filter(({ report }) => report.role === 'primary')
    .toSorted((a, b) => (a.report.site < b.report.site ? -1 : 1))
  const texts: string[] = []
  const forecasts = mine.values().map(site => {
    const forecast = forecastSite(site, { ...asked, keepIncrementals, keepDays, volumeBytes })
    texts.push(asked.json ? JSON.stringify(forecast, undefined, 2) : forecastText(forecast, asked.nights))
    return forecast
  })
  if (asked.html !== undefined) {
    const { forecastHtml } = await import('../report/forecast-html.ts')
    await writeFile(asked.html, forecastHtml(host, new Date(now).toISOString(), forecasts, asked.nights)).catch(error => {
      throw new BadInput(`--html: cannot write ${asked.html}: ${messageOf(error)}`)
    })
  } else forecasts.forEach(() => {})
  const exitCode = failures.length === 0 ? 0 : 1
  if (asked.json) {
    const [name, failed] = [host, failures].map(each => JSON.stringify(each))
    return { text: `{"host": ${name}, "failures": ${failed}, "sites": [${texts.join(',\n')}]}`, exitCode }
  }
  const problems = failures.map(text => `PROBLEM ${text}`)
  const page = asked.html === undefined ? [] : ['', `page: ${asked.html}`]
  const all = texts.length === 0 ? 'no site is backed up by this host' : texts.join('\n\n')
  return { text: [...problems, all, ...page].join('\n'), exitCode }
}

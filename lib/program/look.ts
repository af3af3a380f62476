import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import type { Finding } from '../core/finding.ts'
import { EXIT, type Outcome } from '../core/outcome.ts'
import { exitCodeOf, workFindings } from '../core/verdict.ts'
import { messageOf, printable } from '../core/wording.ts'
import { readHistory } from '../host/records.ts'
import { writeWhole } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { forecastSite, forecastText } from '../report/forecast.ts'
import type { Histories } from '../report/page.ts'
import { type HostStatus, type SiteJson, type SiteStatus, type StatusJson, statusOf } from '../report/status.ts'
import { statusText } from '../report/status-text.ts'
import { type LookFor, lastRunFindings } from '../site/report.ts'
import type { Ending, Last } from './ending.ts'
import { screenFor } from './screen.ts'

/** Bytes in a MB as duplicity's `--volsize` counts. */
const MEBIBYTE = 2 ** 20

/** What a task that only looks makes of what was found. */
type Show<Kept, Options> = (
  found: HostStatus<Kept>,
  host: Host,
  request: Options & { readonly json: boolean; readonly quiet: boolean },
) => Last | Promise<Last>

/** The ending of a run that only looks: no log, no mail, nothing written. What was found is shown. */
export const look = <Kept, Options extends object>(show: Show<Kept, Options>): Ending<LookFor<Kept> & Options> => ({
  begin: ({ common, facts, startedAt }) => ({
    live: false,
    onEvent: common.verbose ? screenFor(common, false).show : () => {},
    end: async ({ outcomes }, stop) => {
      if (stop.by() !== undefined) return { text: `stopped by ${stop.by()}\n`, exitCode: exitCodeOf(outcomes, stop.by()) }
      const wrong = outcomes.find(({ status, exitCode }) => status === 'failed' && exitCode === EXIT.badInput)
      if (wrong) throw new BadInput(wrong.reason)
      const { host, look: seen } = facts
      const found = {
        host: host.name,
        now: startedAt,
        freeSpace: seen.freeSpace,
        sites: seen.sites,
        work: findingsOf(outcomes),
        lastRun: common.sites.length > 0 ? [] : lastRunFindings(host),
      }
      const { text, exitCode } = await show(found, host, { ...facts, json: common.json, quiet: common.quiet })
      // names in an archive are whatever somebody put there
      return { text: text === '' ? '' : `${printable(text).replaceAll('\t', '?')}\n`, exitCode }
    },
  }),
})

/** What a look could not do, with the names of the sites, and what it found wrong with the archive. */
function findingsOf(outcomes: readonly Outcome[]): Finding[] {
  const subjects = [...new Set(outcomes.map(({ subject }) => subject))]
  return subjects.flatMap(subject => {
    const site = subject === undefined ? '' : `${subject}: `
    return workFindings(outcomes, subject).map(({ level, text }) => ({ level, text: `${site}${text}` }))
  })
}

/** What a person asks of the status: the folder of its pages, if any. */
export interface StatusOptions {
  readonly html: string | undefined
}

/** Prints the status, and writes its pages when asked. */
export const showStatus: Show<SiteJson, StatusOptions> = async (found, host, { json, quiet, html }) => {
  const status = statusOf(found)
  if (html !== undefined) await writePages(html, status, site => readHistory(host, site))
  const text = json ? JSON.stringify(status, undefined, 2) : statusText(status, quiet)
  return { text, exitCode: status.ok ? EXIT.well : EXIT.failed }
}

/** A web server shows the pages. */
const READABLE = 0o644

/**
 * Writes the status as pages that need nothing else: `index.html`, and `fleet.html` where the archive holds the sites
 * of several hosts.
 * @throws {BadInput} when the folder cannot be written to
 */
export async function writePages(folder: string, status: StatusJson, histories: Histories): Promise<void> {
  // loads the chart library, which a look without pages need not wait for
  const { fleetPage, ownersOf, statusPage } = await import('../report/page.ts')
  try {
    mkdirSync(resolve(folder), { recursive: true })
    writeWhole(join(folder, 'index.html'), statusPage(status, histories), READABLE)
    if (ownersOf(status).size > 1) writeWhole(join(folder, 'fleet.html'), fleetPage(status), READABLE)
  } catch (error) {
    throw new BadInput(`--html: cannot write to ${folder}: ${messageOf(error)}`)
  }
}

/** What a person asks of a forecast. */
export interface ForecastOptions {
  readonly html: string | undefined
  readonly nights: number
  readonly allowanceBytes: number | undefined
  readonly frequencySeconds: number | undefined
}

/** Prints the forecasts of this host's own sites, or writes their page. They are large: none is kept once shown. */
export const showForecast: Show<SiteStatus, ForecastOptions> = async ({ now, sites, work }, host, request) => {
  const { name, keepIncrementals, keepDays, duplicity } = host
  const settings = { ...request, keepIncrementals, keepDays, volumeBytes: duplicity.volumeSize * MEBIBYTE }
  const failures = work.filter(({ level }) => level === 'failed').map(({ text }) => text)
  const mine = sites.filter(({ report }) => report.role === 'primary')
  const texts: string[] = []
  const forecasts = mine
    .toSorted((a, b) => (a.report.site < b.report.site ? -1 : 1))
    .values()
    .map(site => {
      const forecast = forecastSite(site, settings)
      texts.push(request.json ? JSON.stringify(forecast, undefined, 2) : forecastText(forecast, request.nights))
      return forecast
    })
  if (request.html !== undefined) {
    // loads the chart library
    const { forecastHtml } = await import('../report/forecast-html.ts')
    await writeFile(request.html, forecastHtml(name, new Date(now).toISOString(), forecasts, request.nights)).catch(error => {
      throw new BadInput(`--html: cannot write ${request.html}: ${messageOf(error)}`)
    })
  } else forecasts.forEach(() => {})
  const exitCode = failures.length === 0 ? EXIT.well : EXIT.failed
  if (request.json) {
    const [ofHost, failed] = [name, failures].map(each => JSON.stringify(each))
    return { text: `{"host": ${ofHost}, "failures": ${failed}, "sites": [${texts.join(',\n')}]}`, exitCode }
  }
  const problems = failures.map(text => `PROBLEM ${text}`)
  if (request.quiet) return { text: problems.join('\n'), exitCode }
  const page = request.html === undefined ? [] : ['', `page: ${request.html}`]
  const all = texts.length === 0 ? 'no site is backed up by this host' : texts.join('\n\n')
  return { text: [...problems, all, ...page].join('\n'), exitCode }
}

import type { Forecast, Variant } from '../core/forecast.ts'
import { html, type Markup, trusted } from '../core/markup.ts'
import { counted } from '../core/wording.ts'
import { drawChart } from './chart.ts'
import { FORECAST_COLUMNS, measurementText, rowOf, type SiteForecast } from './forecast.ts'
import { documentHead } from './page-parts.ts'

/** The forecasts as one page that needs nothing else, no script and no network: piece by piece, as they are made. */
export function* forecastHtml(host: string, at: string, sites: Iterable<SiteForecast>, nights: number): Generator<string> {
  const title = `How far back: ${host}`
  yield `${html`${documentHead(title)}<body><h1>${title}</h1>
<p>What the nightly decisions of the next ${counted(nights, 'night')} would do to the archive, from the sizes measured at ${at}.</p>
`}`
  for (const site of sites) yield `${sectionOf(site)}\n`
  yield '</body></html>\n'
}

function sectionOf({ name, measured, variants }: SiteForecast): Markup {
  const charts = variants.length > 0 && [tableOf(variants), reachChart(name, variants), sizeChart(name, variants)]
  return html`<section><h2>${name}</h2><p>${measurementText(measured)}</p>${charts}</section>`
}

function tableOf(variants: readonly Variant[]): Markup {
  const head = ['variant', ...FORECAST_COLUMNS].map(title => html`<th scope="col">${title}</th>`)
  const rows = variants.map(variant => html`<tr>${rowOf(variant).map(cell => html`<td>${cell}</td>`)}</tr>`)
  return html`<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
}

/** A line of a chart: points of time (ms since the epoch) and value. */
interface Line {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
  /** Dashed: a limit. */
  readonly isLimit?: boolean
}

const linesOf = (variants: readonly Variant[], value: (night: Forecast['nights'][number]) => number): Line[] =>
  variants.map(({ name, forecast }) => ({ name, points: forecast.nights.map(night => [night.time, value(night)]) }))

function reachChart(site: string, variants: readonly Variant[]): Markup {
  const lines = linesOf(variants, night => night.reachDays)
  return figure(
    'How far back one can go, in days',
    lines,
    'days',
    `How far back the backups of ${site} reach on each night, in days`,
  )
}

function sizeChart(site: string, variants: readonly Variant[]): Markup {
  const { allowanceBytes, forecast } = variants[0]!
  const ends = [forecast.nights[0]!, forecast.nights.at(-1)!].map(night => [night.time, allowanceBytes / 1e6] as const)
  const limit = { name: 'allowance now', points: ends, isLimit: true }
  const lines = [...linesOf(variants, night => night.bytes / 1e6), limit]
  return figure('Size of the archive, in MB', lines, 'MB', `Size of the archive of ${site} after each night, in MB`)
}

/** Colours that people with any colour vision tell apart, on white and on black (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00']
const GREY = '#808080'

function figure(caption: string, lines: readonly Line[], unit: string, description: string): Markup {
  const text = { color: GREY }
  const splitLine = { lineStyle: { color: GREY, opacity: 0.3 } }
  const option = {
    color: COLOURS,
    grid: { left: 70, right: 20, top: 40, bottom: 30 },
    legend: { top: 0, textStyle: text, itemGap: 28, icon: 'rect', itemHeight: 3 },
    xAxis: { type: 'time', axisLabel: text },
    yAxis: { type: 'value', name: unit, nameTextStyle: text, axisLabel: text, splitLine },
    series: lines.map(({ name, points, isLimit }) => {
      const lineStyle = isLimit ? { type: 'dashed', width: 1 } : { width: 1.5 }
      return { name, type: 'line', showSymbol: false, data: points, lineStyle }
    }),
  }
  const picture = drawChart(option, 860, 300).replace('<svg ', '')
  return html`
<figure><figcaption>${caption}</figcaption><svg role="img" aria-label="${description}" ${trusted(picture)}</figure>`
}

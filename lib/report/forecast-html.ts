import type { Variant } from '../core/forecast.ts'
import { drawChart } from './chart.ts'
import { FORECAST_HEAD, measurementText, rowOf, type SiteForecast } from './forecast.ts'
import { html, type Markup, trusted } from './markup.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8884 }
figure { margin: 1.5rem 0 } figure svg { width: 100%; height: auto } .wide { overflow-x: auto }
@media print { section { break-inside: avoid } }`

/** The forecasts as one page that needs nothing else, no script and no network: piece by piece, as they are made. */
export function* forecastHtml(host: string, at: string, sites: Iterable<SiteForecast>, nights: number): Generator<string> {
  const title = `How far back: ${host}`
  yield `${html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${trusted(STYLE)}</style></head>
<body><h1>${title}</h1>
<p>What the nightly decisions of the next ${nights} nights would do to the archive, from the sizes measured at ${at}.</p>
`}`
  for (const site of sites) yield `${sectionOf(site)}\n`
  yield '</body></html>\n'
}

function sectionOf({ name, measured, variants }: SiteForecast): Markup {
  const head = html`<h2>${name}</h2><p>${measurementText(measured)}</p>`
  if (variants.length === 0) return html`<section>${head}</section>`
  return html`<section>${head}${tableOf(variants)}
<figure><figcaption>How far back one can go, in days</figcaption>${reachChart(name, variants)}</figure>
<figure><figcaption>Size of the archive, in MB</figcaption>${sizeChart(name, variants)}</figure></section>`
}

function tableOf(variants: readonly Variant[]): Markup {
  const [, ...titles] = FORECAST_HEAD
  const head = ['variant', ...titles].map(title => html`<th scope="col">${title}</th>`)
  const rows = variants.map(variant => html`<tr>${rowOf(variant).map(cell => html`<td>${cell}</td>`)}</tr>`)
  return html`<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
}

/** A line of a chart: points of time (ms since the epoch) and value. */
interface Line {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
  /** Dashed: a limit. */
  readonly limit?: boolean
}

function reachChart(site: string, variants: readonly Variant[]): Markup {
  const lines = variants.map(({ name, forecast }) => ({
    name,
    points: forecast.nights.map(night => [night.time, night.reachDays] as const),
  }))
  return lineChart(lines, 'days', `How far back the backups of ${site} reach on each night, in days`)
}

function sizeChart(site: string, variants: readonly Variant[]): Markup {
  const lines = variants.map(({ name, forecast }) => ({
    name,
    points: forecast.nights.map(night => [night.time, night.bytes / 1e6] as const),
  }))
  const { allowanceBytes, forecast } = variants[0]!
  const ends = [forecast.nights[0]!, forecast.nights.at(-1)!].map(night => [night.time, allowanceBytes / 1e6] as const)
  const limit = { name: 'allowance now', points: ends, limit: true }
  return lineChart([...lines, limit], 'MB', `Size of the archive of ${site} after each night, in MB`)
}

/** Colours that people with any colour vision tell apart, on white and on black (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00']
const GREY = '#808080'

function lineChart(lines: readonly Line[], unit: string, description: string): Markup {
  const text = { color: GREY }
  const option = {
    color: COLOURS,
    grid: { left: 70, right: 20, top: 40, bottom: 30 },
    legend: { top: 0, textStyle: text, itemGap: 28, icon: 'rect', itemHeight: 3 },
    xAxis: { type: 'time', axisLabel: text },
    yAxis: {
      type: 'value',
      name: unit,
      nameTextStyle: text,
      axisLabel: text,
      splitLine: { lineStyle: { color: GREY, opacity: 0.3 } },
    },
    series: lines.map(({ name, points, limit }) => {
      const style = limit ? { type: 'dashed' as const, width: 1 } : { width: 1.5 }
      return { name, type: 'line' as const, showSymbol: false, data: points.map(point => [...point]), lineStyle: style }
    }),
  }
  const picture = drawChart(option, 860, 300).replace('<svg ', '')
  return html`<svg role="img" aria-label="${description}" ${trusted(picture)}`
}

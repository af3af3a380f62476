import type { Variant } from '../core/compare-forecasts.ts'
import { lineChart } from './chart.ts'
import { FORECAST_HEAD, measurementText, rowOf, type SiteForecast } from './forecast.ts'
import { escapeHtml } from './html.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8884 }
figure { margin: 1.5rem 0 } figure svg { width: 100%; height: auto } .wide { overflow-x: auto }
@media print { section { break-inside: avoid } }`

/** The forecasts as one page that needs nothing else: no script, no network. */
export async function forecastHtml(host: string, at: string, sites: readonly SiteForecast[], nights: number): Promise<string> {
  const sections = []
  for (const site of sites) sections.push(await sectionOf(site))
  const title = escapeHtml(`How far back: ${host}`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><h1>${title}</h1>
<p>What the nightly decisions of the next ${nights} nights would do to the archive, from the sizes measured at ${escapeHtml(at)}.</p>
${sections.join('\n')}
</body></html>
`
}

async function sectionOf({ name, measured, variants }: SiteForecast): Promise<string> {
  const head = `<section><h2>${escapeHtml(name)}</h2><p>${escapeHtml(measurementText(measured))}</p>`
  if (variants.length === 0) return `${head}</section>`
  const [reach, size] = [await reachChart(name, variants), await sizeChart(name, variants)]
  return `${head}${tableHtml(variants)}
<figure><figcaption>How far back one can go, in days</figcaption>${reach}</figure>
<figure><figcaption>Size of the archive, in MB</figcaption>${size}</figure></section>`
}

function tableHtml(variants: readonly Variant[]): string {
  const row = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map(cell => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  const [, ...titles] = FORECAST_HEAD
  const body = variants.map(variant => row('td', rowOf(variant))).join('')
  return `<div class="wide"><table><thead>${row('th', ['variant', ...titles])}</thead><tbody>${body}</tbody></table></div>`
}

function reachChart(site: string, variants: readonly Variant[]): Promise<string> {
  const lines = variants.map(({ name, forecast }) => ({
    name,
    points: forecast.nights.map(night => [night.time, night.reachDays] as const),
  }))
  return lineChart({ lines, unit: 'days', description: `How far back the backups of ${site} reach on each night, in days` })
}

function sizeChart(site: string, variants: readonly Variant[]): Promise<string> {
  const lines = variants.map(({ name, forecast }) => ({
    name,
    points: forecast.nights.map(night => [night.time, night.bytes / 1e6] as const),
  }))
  const { allowanceBytes, forecast } = variants[0]!
  const ends = [forecast.nights[0]!, forecast.nights.at(-1)!].map(night => [night.time, allowanceBytes / 1e6] as const)
  const limit = { name: 'allowance now', points: ends, limit: true }
  return lineChart({
    lines: [...lines, limit],
    unit: 'MB',
    description: `Size of the archive of ${site} after each night, in MB`,
  })
}

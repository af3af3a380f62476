import { createRequire } from 'node:module'
import { Resvg } from '@resvg/resvg-js'
import type { EChartsCoreOption } from 'echarts/core'
import { DAY } from '../core/age.ts'
import type { SizePoint } from '../core/measure.ts'
import { formatBytes } from '../core/wording.ts'
import { drawChart, sizeSeries } from './chart.ts'
import { printableLine } from './lines.ts'
import type { Report } from './report.ts'

/** A picture that a mail brings along. */
export interface Picture {
  readonly png: Buffer
  /** CSS pixels. */
  readonly width: number
  readonly height: number
  readonly title: string
  /** What it shows, for those who do not see it. */
  readonly alt: string
}

/** A site whose archive's size and allowance are known. Bytes. */
interface SizedSite {
  readonly site: string
  readonly bytes: number
  readonly allowanceBytes: number
  /** It is over its allowance, and the next run will not help. */
  readonly isStuck: boolean
  readonly history: readonly SizePoint[]
}

/** Sites that the picture shows. */
const SHOWN = 10
/** Narrow, so that its words can be read on a phone, where the mail program shrinks it. */
const WIDTH = 480
const PADDING = 14
const BARS = { left: PADDING, width: 292 }
const CURVES = { left: 340, width: WIDTH - 340 - PADDING }
const HEAD = 26
const ROW = 56
/** Half a bar's height; bars are in the middle of their rows. */
const HALF = 6
/** Nights that a curve shows at most. */
const NIGHTS = 90 * DAY

/** On its own white ground: a mail program's dark mode leaves pictures as they are. */
const [GROUND, TEXT, QUIET, TRACK] = ['#ffffff', '#1a1a1a', '#595959', '#e3e3e3']
const [FINE, NEAR, OVER] = ['#2f6f9f', '#b26a00', '#a4161a']

/** The fonts come as a package of their own: a server may have none at all. */
const FONT = 'DejaVu Sans'
const FONT_FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map(name =>
  createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}`),
)

/**
 * The picture of a report's mail: the fullest archives against their allowances as bars, and beside each the curve of
 * the last nights, where any are remembered. Undefined where no archive has both.
 */
export function pictureOf(report: Report, histories: (site: string) => readonly SizePoint[]): Picture | undefined {
  const { shown, of } = fullestSites(report, histories)
  if (shown.length === 0) return undefined
  const height = HEAD + shown.length * ROW + PADDING / 2
  return {
    png: toPng(drawChart(optionOf(shown), WIDTH, height)),
    width: WIDTH,
    height,
    title: shown.length < of ? `The ${shown.length} fullest of ${of} archives against their allowances` : TITLE,
    alt: `Chart: ${shown.map(site => `${site.site} ${sizeText(site)}`).join('; ')}`,
  }
}

const TITLE = 'Archives against their allowances'

/** The sites whose archives are fullest, the fullest first, and how many there are in all. */
export function fullestSites({ sites }: Report, histories: (site: string) => readonly SizePoint[]) {
  const sized = sites.flatMap(({ site, bytes, allowanceBytes, verdict }) =>
    bytes === undefined || !allowanceBytes
      ? []
      : [{ site, bytes, allowanceBytes, isStuck: bytes > allowanceBytes && verdict !== 'well' }],
  )
  const fullest = sized.toSorted((a, b) => b.bytes / b.allowanceBytes - a.bytes / a.allowanceBytes).slice(0, SHOWN)
  return { shown: fullest.map((each): SizedSite => ({ ...each, history: histories(each.site) })), of: sized.length }
}

/** An archive's size in words: `99 %, 990 MB of 1.00 GB`. Only what takes its very allowance is at `100 %`. */
export function sizeText({ bytes, allowanceBytes }: Pick<SizedSite, 'bytes' | 'allowanceBytes'>): string {
  const percent = (100 * bytes) / allowanceBytes
  return `${percent > 100 ? Math.ceil(percent) : Math.floor(percent)} %, ${formatBytes(bytes)} of ${formatBytes(allowanceBytes)}`
}

/** An SVG as a PNG, with twice as many pixels as it says, for screens that have them. */
export function toPng(svg: string): Buffer {
  const font = { loadSystemFonts: false, fontFiles: FONT_FILES, defaultFontFamily: FONT }
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng()
}

function optionOf(sites: readonly SizedSite[]): EChartsCoreOption {
  const curves = sites.flatMap((site, row) => {
    const points = recent(site.history)
    return points.length > 1 ? [{ row, points }] : []
  })
  const most = Math.max(1, ...sites.map(site => Math.min(2, site.bytes / site.allowanceBytes)))
  const begin = Math.min(...curves.flatMap(({ points }) => points.map(({ at }) => at)))
  const limit = BARS.left + BARS.width / (most * 1.02)
  const hidden = { axisLabel: { show: false }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false } }
  return {
    backgroundColor: GROUND,
    textStyle: { fontFamily: FONT },
    grid: [
      { ...BARS, top: HEAD, height: sites.length * ROW },
      ...curves.map(({ row }) => ({ ...CURVES, top: HEAD + row * ROW + 8, height: ROW - 16 })),
    ],
    xAxis: [
      { type: 'value', gridIndex: 0, min: 0, max: most * 1.02, ...hidden },
      ...curves.map((_, index) => ({ type: 'value', gridIndex: index + 1, min: begin, max: 'dataMax', ...hidden })),
    ],
    yAxis: [
      { type: 'category', gridIndex: 0, inverse: true, data: sites.map((_, row) => row), ...hidden },
      ...curves.map((_, index) => ({ type: 'value', gridIndex: index + 1, min: 0, ...hidden })),
    ],
    graphic: [
      words('allowance', { x: limit, y: 8, align: limit > BARS.left + 80 ? 'right' : 'left', fill: QUIET }),
      ...(curves.length === 0 ? [] : [words(`since ${dayOf(begin)}`, { x: CURVES.left, y: 8, fill: QUIET })]),
      ...sites.flatMap((site, row) => rowGraphics(site, row, limit)),
    ],
    series: [
      barSeries(sites, most),
      ...curves.flatMap(({ row, points }, index) => {
        const { size, allowance } = sizeSeries(points, colourOf(sites[row]!), TEXT)
        return [size, allowance].map(each => ({ ...each, xAxisIndex: index + 1, yAxisIndex: index + 1 }))
      }),
    ],
  }
}

const recent = (history: readonly SizePoint[]): readonly SizePoint[] =>
  history.filter(({ at }) => at > history.at(-1)!.at - NIGHTS)

const colourOf = ({ bytes, allowanceBytes, isStuck }: SizedSite): string =>
  isStuck ? OVER : bytes > 0.9 * allowanceBytes ? NEAR : FINE

/** The site's name above its bar, its share and size below, and where its allowance ends. */
function rowGraphics(site: SizedSite, row: number, limit: number) {
  const y = HEAD + row * ROW
  const [top, bottom] = [y + ROW / 2 - HALF - 3, y + ROW / 2 + HALF + 3]
  return [
    words(shortened(site.site), { x: BARS.left, y: y + 5, fontWeight: 'bold', fontSize: 12 }),
    words(sizeText(site), { x: BARS.left, y: y + 38, fill: QUIET }),
    { type: 'line', z: 9, shape: { x1: limit, x2: limit, y1: top, y2: bottom }, style: { stroke: TEXT, lineWidth: 2 } },
  ]
}

const words = (text: string, style: object) => ({
  type: 'text',
  silent: true,
  style: { text, fontSize: 11, fontFamily: FONT, fill: TEXT, ...style },
})

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

function barSeries(sites: readonly SizedSite[], most: number) {
  const data = sites.map(site => ({
    value: Math.min(site.bytes / site.allowanceBytes, most),
    itemStyle: { color: colourOf(site) },
  }))
  return { type: 'bar', data, barWidth: 2 * HALF, showBackground: true, backgroundStyle: { color: TRACK } }
}

/** What fits above a bar, and can stand in an SVG: what a site is called is not trusted. */
function shortened(site: string): string {
  const characters = [...printableLine(site.toWellFormed())]
  return characters.length > 36 ? `${characters.slice(0, 35).join('')}…` : characters.join('')
}

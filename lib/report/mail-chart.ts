import type { EChartsCoreOption } from 'echarts/core'
import type { SizePoint } from '../core/size-history.ts'
import { drawChart } from './chart.ts'
import { printableLine } from './lines.ts'
import { percentOf, type SizedSite, sizeOf } from './sized-sites.ts'

/** The font that the picture is drawn with: the picture's maker brings it along. */
const FONT = 'DejaVu Sans'

/** Narrow, so that its words can be read on a phone, where the mail program shrinks it. */
export const WIDTH = 480
const PADDING = 14
const BARS = { left: PADDING, width: 292 }
const CURVES = { left: 340, width: WIDTH - 340 - PADDING }
const HEAD = 26
const ROW = 56
/** Half a bar's height; bars are in the middle of their rows. */
const HALF = 6

/** On its own white ground: a mail program's dark mode leaves pictures as they are. */
const [GROUND, TEXT, QUIET, TRACK] = ['#ffffff', '#1a1a1a', '#595959', '#e3e3e3']
const [FINE, NEAR, OVER] = ['#2f6f9f', '#b26a00', '#a4161a']

/** Nights that a curve shows at most. */
const NIGHTS = 90 * 86_400_000

/**
 * The sizes of some archives against their allowances as bars, and beside each the curve of the last nights, where any
 * are remembered. An SVG of {@link WIDTH} pixels, in colours and a font of its own.
 */
export function sizesChart(sites: readonly SizedSite[]): { readonly svg: string; readonly height: number } {
  const height = HEAD + sites.length * ROW + PADDING / 2
  return { svg: drawChart(optionOf(sites), WIDTH, height), height }
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
    series: [bars(sites, most), ...curves.flatMap(({ row, points }, index) => curve(points, colourOf(sites[row]!), index + 1))],
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
    words(`${percentOf(site)}, ${sizeOf(site)}`, { x: BARS.left, y: y + 38, fill: QUIET }),
    { type: 'line', z: 9, shape: { x1: limit, x2: limit, y1: top, y2: bottom }, style: { stroke: TEXT, lineWidth: 2 } },
  ]
}

const words = (text: string, style: object) => ({
  type: 'text',
  silent: true,
  style: { text, fontSize: 11, fontFamily: FONT, fill: TEXT, ...style },
})

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

function bars(sites: readonly SizedSite[], most: number) {
  const data = sites.map(site => ({
    value: Math.min(site.bytes / site.allowanceBytes, most),
    itemStyle: { color: colourOf(site) },
  }))
  return {
    type: 'bar',
    xAxisIndex: 0,
    yAxisIndex: 0,
    data,
    barWidth: 2 * HALF,
    showBackground: true,
    backgroundStyle: { color: TRACK },
  }
}

function curve(points: readonly SizePoint[], color: string, index: number) {
  const line = { type: 'line', xAxisIndex: index, yAxisIndex: index, step: 'end', symbol: 'none' }
  const style = { lineStyle: { color, width: 1.5 }, areaStyle: { color, opacity: 0.15 } }
  return [
    { ...line, ...style, data: points.map(({ at, bytes }) => [at, bytes]) },
    {
      ...line,
      data: points.map(({ at, allowanceBytes }) => [at, allowanceBytes ?? null]),
      lineStyle: { color: TEXT, type: 'dashed', width: 1 },
    },
  ]
}

/** What fits above a bar, and can stand in an SVG: what a site is called is not trusted. */
const shortened = (site: string): string => {
  const name = printableLine(site.toWellFormed())
  return [...name].length > 36 ? `${[...name].slice(0, 35).join('')}…` : name
}

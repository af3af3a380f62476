import type { EChartsCoreOption } from 'echarts/core'
import { formatBytes } from '../core/size.ts'
import type { SizePoint } from '../core/size-history.ts'
import { drawChart } from './chart.ts'
import { PAGE_COLOURS } from './page-style.ts'
import type { SizeCurve } from './size-curve.ts'
import type { SiteJson } from './status-json.ts'
import { tickLabel, timeTicks } from './time-ticks.ts'

/**
 * Colours that stand for the page's own, which differ in light and dark: the library wants colours, CSS knows which.
 */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '#010101': 'var(--text)',
  '#020202': 'var(--quiet)',
  '#030303': 'var(--line)',
  '#040404': 'var(--full)',
  '#050505': 'var(--incremental)',
  '#060606': 'var(--bad)',
  '#070707': 'var(--back)',
}

const [TEXT = '', QUIET = '', LINE = '', FULL = '', INCREMENTAL = '', BAD = '', BACK = ''] = Object.keys(PLACEHOLDERS)

const WIDTH = 760
const ROW = 22
const SIZES = 130
/** Room for a title above a drawing, and for the times below it. */
const TITLE = 26
const TIMES = 26

type Row = { readonly name: string; readonly sets: SiteJson['chains'][number]['sets'] }

/**
 * A site's chains on a time line, full sets as diamonds and incrementals as dots, above its size over time against the
 * allowance. Each has a time axis of its own: the size is remembered for longer than the sets. SVG in the colours of
 * the page; undefined where there is nothing to draw.
 */
export function chainChart(site: SiteJson, curve: SizeCurve | undefined): string | undefined {
  const rows = site.chains.map((chain, index) => ({
    name: chain.primary ? 'newest chain' : `chain ${index + 1}`,
    sets: chain.sets,
  }))
  const lines = rows.length === 0 ? 0 : TITLE + rows.length * ROW + TIMES
  const height = lines + (curve === undefined ? 0 : TITLE + SIZES + TIMES)
  if (height === 0) return undefined
  const parts = [...(rows.length === 0 ? [] : [chainsPart(rows)]), ...(curve === undefined ? [] : [sizesPart(curve, lines)])]
  return inPageColours(drawChart(optionOf(parts), WIDTH, height))
}

/** One drawing with its axes; what is drawn in it names no axes yet. */
interface Part {
  readonly grid: { readonly top: number; readonly height: number }
  readonly times: readonly number[]
  readonly yAxis: object
  readonly series: readonly object[]
}

const LABEL = { color: QUIET, fontSize: 12, hideOverlap: true }

function optionOf(parts: readonly Part[]): EChartsCoreOption {
  const line = { lineStyle: { color: LINE } }
  return {
    textStyle: { color: TEXT, fontFamily: 'system-ui, sans-serif' },
    grid: parts.map(({ grid }) => ({ left: 100, right: 24, ...grid })),
    xAxis: parts.map(({ times }, gridIndex) => ({
      ...{ type: 'value', gridIndex, axisLine: line, splitLine: { show: true, ...line } },
      ...timesOf(times),
    })),
    yAxis: parts.map(({ yAxis }, gridIndex) => ({ gridIndex, ...yAxis })),
    series: parts.flatMap(({ series }, index) =>
      series.map(each => ({ xAxisIndex: index, yAxisIndex: index, silent: true, ...each })),
    ),
  }
}

/** A title above a drawing, at its left. */
const titled = (name: string) => ({
  name,
  nameLocation: 'end',
  nameGap: 10,
  nameTextStyle: { align: 'left', color: QUIET, fontSize: 12 },
})

/** A time axis begins and ends with what is on it, with a little room for the marks. */
function timesOf(times: readonly number[]) {
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const room = Math.max(43_200_000, (last - first) / 40)
  const [min, max] = [first - room, last + room]
  const customValues = timeTicks(min, max)
  return { min, max, axisTick: { show: true, customValues }, axisLabel: { ...LABEL, customValues, formatter: tickLabel } }
}

function chainsPart(rows: readonly Row[]): Part {
  return {
    grid: { top: TITLE, height: rows.length * ROW },
    times: rows.flatMap(row => row.sets.map(set => Date.parse(set.time))),
    yAxis: {
      ...titled('Sets that are kept'),
      type: 'category',
      inverse: false,
      data: rows.map(row => row.name),
      axisLabel: { ...LABEL, hideOverlap: false },
      axisTick: { show: false },
      axisLine: { show: false },
    },
    series: [...rows.map(chainLine), ...setMarks(rows)],
  }
}

function chainLine({ name, sets }: Row) {
  const ends = [sets[0]!, sets.at(-1)!].map(set => [Date.parse(set.time), name])
  return { type: 'line', data: ends, symbol: 'none', lineStyle: { color: LINE, width: 3 } }
}

function setMarks(rows: readonly Row[]) {
  const marks = (kind: 'full' | 'incremental') =>
    rows.flatMap(row =>
      row.sets
        .filter(set => set.kind === kind)
        .map(set => ({ value: [Date.parse(set.time), row.name], ...(set.restorable ? {} : { itemStyle: { color: BAD } }) })),
    )
  const scatter = { type: 'scatter', z: 3 }
  return [
    { ...scatter, data: marks('incremental'), symbol: 'circle', symbolSize: 6, itemStyle: { color: INCREMENTAL } },
    { ...scatter, data: marks('full'), symbol: 'diamond', symbolSize: 13, itemStyle: { color: FULL } },
  ]
}

function sizesPart({ points, title }: SizeCurve, top: number): Part {
  const most = Math.max(...points.flatMap(({ bytes, allowanceBytes = 0 }) => [bytes, allowanceBytes]))
  return {
    grid: { top: top + TITLE, height: SIZES },
    times: points.map(({ at }) => at),
    yAxis: {
      ...titled(title),
      type: 'value',
      max: most * 1.12,
      axisLabel: { ...LABEL, showMaxLabel: false, formatter: (bytes: number) => formatBytes(bytes) },
      splitLine: { lineStyle: { color: LINE } },
    },
    series: [sizeLine(points), allowanceLine(points)],
  }
}

function sizeLine(points: readonly SizePoint[]) {
  const data = points.map(({ at, bytes }) => [at, bytes])
  return {
    type: 'line',
    step: 'end',
    symbol: 'none',
    data,
    lineStyle: { color: FULL, width: 2 },
    areaStyle: { color: FULL, opacity: 0.15 },
  }
}

function allowanceLine(points: readonly SizePoint[]) {
  const data = points.map(({ at, allowanceBytes }) => [at, allowanceBytes ?? null])
  const endLabel = {
    show: true,
    formatter: 'allowance',
    color: TEXT,
    fontSize: 12,
    align: 'right',
    offset: [-6, -10],
    textBorderColor: BACK,
    textBorderWidth: 4,
  }
  return { type: 'line', step: 'end', symbol: 'none', data, endLabel, lineStyle: { color: BAD, type: 'dashed', width: 2 } }
}

/** The library's picture as one that stands by itself, in colours that follow the reader's light or dark. */
function inPageColours(svg: string): string {
  const coloured = Object.entries(PLACEHOLDERS).reduce((text, [from, to]) => text.replaceAll(from, to), svg)
  return coloured.replace(/(<svg [^>]*>)/, `$1<style>${PAGE_COLOURS}</style>`)
}

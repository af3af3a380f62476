import { LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { formatBytes } from '../core/size.ts'
import { PAGE_COLOURS } from './page-style.ts'
import type { SiteJson } from './status-json.ts'

use([LineChart, ScatterChart, GridComponent, MarkLineComponent, SVGRenderer])

/** Colours that stand for the page's own, which differ in light and dark: the library wants colours, CSS knows which. */
const STAND_INS: Readonly<Record<string, string>> = {
  '#010101': 'var(--text)',
  '#020202': 'var(--quiet)',
  '#030303': 'var(--line)',
  '#040404': 'var(--full)',
  '#050505': 'var(--incremental)',
  '#060606': 'var(--bad)',
}
const [TEXT, QUIET, LINE, FULL, INCREMENTAL, BAD] = Object.keys(STAND_INS) as [string, string, string, string, string, string]

const WIDTH = 760
const ROW = 22
const SIZES = 130

type Row = { readonly name: string; readonly sets: SiteJson['chains'][number]['sets'] }

/**
 * A site's chains on a time line, full sets as diamonds and incrementals as dots, above the size of what is kept by the time it was made, against the
 * allowance. SVG in the colours of the page; undefined for a site without a backup.
 */
export function chainChart(site: SiteJson): string | undefined {
  const rows = site.chains.map((chain, index) => ({
    name: chain.primary ? 'newest chain' : `chain ${index + 1}`,
    sets: chain.sets,
  }))
  if (rows.length === 0) return undefined
  const lines = rows.length * ROW
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: lines + SIZES + 70 })
  chart.setOption(optionOf(rows, site, lines))
  const svg = chart.renderToSVGString()
  chart.dispose()
  return inPageColours(svg)
}

function optionOf(rows: readonly Row[], site: SiteJson, lines: number): EChartsCoreOption {
  const time = {
    type: 'time' as const,
    axisLine: { lineStyle: { color: LINE } },
    splitLine: { show: true, lineStyle: { color: LINE } },
  }
  const label = { color: QUIET, fontSize: 12, hideOverlap: true }
  return {
    animation: false,
    useUTC: true,
    textStyle: { color: TEXT, fontFamily: 'system-ui, sans-serif' },
    grid: [
      { left: 100, right: 24, top: 10, height: lines },
      { left: 100, right: 24, top: lines + 34, height: SIZES },
    ],
    xAxis: [
      { ...time, gridIndex: 0, axisLabel: { show: false }, axisTick: { show: false } },
      { ...time, gridIndex: 1, axisLabel: label },
    ].map(axis => ({ ...axis, ...spanOf(rows) })),
    yAxis: [
      {
        type: 'category',
        gridIndex: 0,
        data: rows.map(row => row.name),
        axisLabel: { ...label, hideOverlap: false },
        axisTick: { show: false },
        axisLine: { show: false },
      },
      {
        type: 'value',
        gridIndex: 1,
        max: topOf(rows, site),
        axisLabel: { ...label, formatter: (bytes: number) => formatBytes(bytes) },
        splitLine: { lineStyle: { color: LINE } },
      },
    ],
    series: [...rows.map(chainLine), ...setMarks(rows), sizeLine(rows, site.allowanceBytes)],
  }
}

/** Both time axes begin and end with the sets, with a little room for the marks. */
function spanOf(rows: readonly Row[]): { min: number; max: number } {
  const times = rows.flatMap(row => row.sets.map(set => Date.parse(set.time)))
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const room = Math.max(43_200_000, (last - first) / 40)
  return { min: first - room, max: last + room }
}

function chainLine({ name, sets }: Row) {
  const ends = [sets[0]!, sets.at(-1)!].map(set => [set.time, name])
  return {
    type: 'line',
    xAxisIndex: 0,
    yAxisIndex: 0,
    data: ends,
    symbol: 'none',
    silent: true,
    lineStyle: { color: LINE, width: 3 },
  }
}

function setMarks(rows: readonly Row[]) {
  const marks = (kind: 'full' | 'incremental') =>
    rows.flatMap(row =>
      row.sets
        .filter(set => set.kind === kind)
        .map(set => ({ value: [set.time, row.name], ...(set.restorable ? {} : { itemStyle: { color: BAD } }) })),
    )
  const scatter = { type: 'scatter', xAxisIndex: 0, yAxisIndex: 0, silent: true, z: 3 }
  return [
    { ...scatter, data: marks('incremental'), symbol: 'circle', symbolSize: 6, itemStyle: { color: INCREMENTAL } },
    { ...scatter, data: marks('full'), symbol: 'diamond', symbolSize: 13, itemStyle: { color: FULL } },
  ]
}

/** The bytes of all sets that are kept, up to each one. */
function sumsOf(rows: readonly Row[]): readonly (readonly [string, number])[] {
  const sets = rows.flatMap(row => row.sets).toSorted((a, b) => (a.time < b.time ? -1 : 1))
  let sum = 0
  return sets.map(set => {
    sum += set.bytes ?? 0
    return [set.time, sum] as const
  })
}

const topOf = (rows: readonly Row[], { allowanceBytes }: SiteJson): number =>
  Math.max(allowanceBytes, sumsOf(rows).at(-1)![1]) * 1.12

function sizeLine(rows: readonly Row[], allowance: number) {
  const limit = { yAxis: allowance, label: { formatter: 'allowance', position: 'insideStartTop', color: TEXT, fontSize: 12 } }
  const markLine = { symbol: 'none', silent: true, lineStyle: { color: BAD, type: 'dashed', width: 2 }, data: [limit] }
  const line = { lineStyle: { color: FULL, width: 2 }, areaStyle: { color: FULL, opacity: 0.15 } }
  return {
    type: 'line',
    xAxisIndex: 1,
    yAxisIndex: 1,
    step: 'end',
    symbol: 'none',
    silent: true,
    data: sumsOf(rows),
    markLine,
    ...line,
  }
}

/** The library's picture as one that stands by itself, in colours that follow the reader's light or dark. */
function inPageColours(svg: string): string {
  // what serves hovering, which a picture does not: a third of its size
  const still = svg.replace(/ (pointer-events|class)="[^"]*"/g, '').replace(/<style[\s\S]*?<\/style>/g, '')
  const coloured = Object.entries(STAND_INS).reduce((text, [from, to]) => text.replaceAll(from, to), still)
  return coloured.replace(/(<svg [^>]*>)/, `$1<style>${PAGE_COLOURS}</style>`)
}

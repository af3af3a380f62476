import type { EChartsCoreOption } from 'echarts/core'
import { DAY } from '../core/age.ts'
import { formatBytes } from '../core/size.ts'
import type { SizePoint } from '../core/size-history.ts'
import { counted } from '../core/wording.ts'
import { drawChart, sizeSeries } from './chart.ts'
import { PAGE_COLOURS } from './page-parts.ts'
import type { SiteJson } from './status.ts'

/** Colours that stand for the page's own, which only its CSS knows: they differ in light and dark. */
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

/** A day with its month, a month, or the year. */
const TIME_LABELS = { year: '{yyyy}', month: '{MMM}', day: '{d} {MMM}' }

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
  const line = { onZero: false, lineStyle: { color: LINE } }
  return {
    textStyle: { color: TEXT, fontFamily: 'system-ui, sans-serif' },
    grid: parts.map(({ grid }) => ({ left: 100, right: 24, ...grid })),
    xAxis: parts.map(({ times }, gridIndex) => ({
      ...{ type: 'time', gridIndex, axisLine: line, minInterval: DAY, axisLabel: { ...LABEL, formatter: TIME_LABELS } },
      ...spanOf(times),
    })),
    yAxis: parts.map(({ yAxis }, gridIndex) => ({ gridIndex, ...yAxis })),
    series: parts.flatMap(({ series }, index) =>
      series.map(each => ({ xAxisIndex: index, yAxisIndex: index, silent: true, ...each })),
    ),
  }
}

/** A time axis begins and ends with what is on it, with a little room for the marks. */
function spanOf(times: readonly number[]) {
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const room = Math.max(DAY / 2, (last - first) / 40)
  return { min: first - room, max: last + room }
}

/** A title above a drawing, at its left. */
const titled = (name: string) => ({
  name,
  nameLocation: 'end',
  nameGap: 10,
  nameTextStyle: { align: 'left', color: QUIET, fontSize: 12 },
})

function chainsPart(rows: readonly Row[]): Part {
  return {
    grid: { top: TITLE, height: rows.length * ROW },
    times: rows.flatMap(row => row.sets.map(set => Date.parse(set.time))),
    yAxis: {
      ...titled('Sets in the archive'),
      type: 'category',
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
  const { size, allowance } = sizeSeries(points, FULL, BAD)
  const label = { show: true, formatter: 'allowance', color: TEXT, fontSize: 12, align: 'right', offset: [-6, -10] }
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
    series: [size, { ...allowance, endLabel: { ...label, textBorderColor: BACK, textBorderWidth: 4 } }],
  }
}

/** The library's picture as one that stands by itself, in colours that follow the reader's light or dark. */
function inPageColours(svg: string): string {
  const coloured = Object.entries(PLACEHOLDERS).reduce((text, [from, to]) => text.replaceAll(from, to), svg)
  return coloured.replace(/(<svg [^>]*>)/, `$1<style>${PAGE_COLOURS}</style>`)
}

/** A site's size against its allowance over time, as it is drawn, and the same in words. */
export interface SizeCurve {
  /** Oldest first; ms since the epoch, bytes. */
  readonly points: readonly SizePoint[]
  readonly title: string
  /** For those who do not see it: what it shows, and its numbers. */
  readonly words: string
}

/** Its size each night, where two or more are remembered; else that of its sets by their time, if it is known. */
export function sizeCurve(site: SiteJson, history: readonly SizePoint[]): SizeCurve | undefined {
  if (history.length > 1)
    return {
      points: thinned(history),
      title: `Size at the end of each night since ${day(history[0]!.at)}`,
      words: wordsOf(history),
    }
  const points = sizesOfSets(site)
  if (points.length === 0) return undefined
  const title = 'Size of the sets in the archive, by the time they were made'
  return { points, title, words: `Fewer than two nights' sizes can be read on this host. The curve: ${title.toLowerCase()}.` }
}

/** The bytes of all sets up to each one. */
function sizesOfSets({ chains, bytes, allowanceBytes }: SiteJson): SizePoint[] {
  if (bytes === null) return []
  const sets = chains.flatMap(chain => chain.sets).toSorted((a, b) => (a.time < b.time ? -1 : 1))
  let sum = 0
  return sets.map(set => {
    sum += set.bytes ?? 0
    return { at: Date.parse(set.time), bytes: sum, allowanceBytes }
  })
}

function wordsOf(history: readonly SizePoint[]): string {
  const [first, last] = [history[0]!, history.at(-1)!]
  const most = history.reduce((a, b) => (b.bytes > a.bytes ? b : a))
  const over = history.filter(({ bytes, allowanceBytes = Number.POSITIVE_INFINITY }) => bytes > allowanceBytes).length
  const nights = `${counted(history.length, 'night')} from ${day(first.at)} to ${day(last.at)}`
  return `Size on ${nights}: ${formatBytes(first.bytes)} on the first, ${formatBytes(last.bytes)} on the last, ${formatBytes(most.bytes)} at most (${day(most.at)}); over the allowance on ${over === 0 ? 'none' : over} of them.`
}

/** As many points as can be told apart: of each stretch of time the largest, and the last of all. */
export function thinned(history: readonly SizePoint[], most = 150): readonly SizePoint[] {
  if (history.length <= most) return history
  const stretch = Math.ceil(history.length / (most - 1))
  const groups = Map.groupBy(history.keys(), index => Math.floor(index / stretch))
  const largest = [...groups.values()].map(indices =>
    indices.map(index => history[index]!).reduce((a, b) => (b.bytes > a.bytes ? b : a)),
  )
  return largest.at(-1) === history.at(-1) ? largest : [...largest, history.at(-1)!]
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)

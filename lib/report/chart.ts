/** A line of a chart: points of time (ms since the epoch) and value. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
  /** Dashed, without points: a limit. */
  readonly limit?: boolean
}

export interface LineChart {
  readonly lines: readonly Line[]
  /** The axis, such as `MB` or `days`. */
  readonly unit: string
  /** What the chart shows, for those who cannot see it. */
  readonly description: string
}

/** Colours that people with any colour vision tell apart, on white and on black (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00']
const GREY = '#808080'

/** Draws a line chart as an SVG text by echarts, here and not in a browser: the page needs no script. */
export async function lineChart({ lines, unit, description }: LineChart): Promise<string> {
  const echarts = await import('echarts')
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height: 300 })
  try {
    const text = { color: GREY }
    chart.setOption({
      animation: false,
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
      series: lines.map(seriesOf),
    })
    return chart.renderToSVGString().replace('<svg ', `<svg role="img" aria-label="${attribute(description)}" `)
  } finally {
    chart.dispose()
  }
}

function seriesOf({ name, points, limit }: Line) {
  const style = limit ? { type: 'dashed' as const, width: 1 } : { width: 1.5 }
  return { name, type: 'line' as const, showSymbol: false, data: points.map(point => [...point]), lineStyle: style }
}

const attribute = (text: string): string => text.replace(/[&<>"]/g, char => `&#${char.charCodeAt(0)};`)

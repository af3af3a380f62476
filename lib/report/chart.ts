import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GraphicComponent, GridComponent, LegendComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { SizePoint } from '../core/measure.ts'

use([BarChart, LineChart, ScatterChart, GraphicComponent, GridComponent, LegendComponent, SVGRenderer])

/** Draws a chart as an SVG of so many CSS pixels, which needs no script where it is read. Times are in UTC. */
export function drawChart(option: EChartsCoreOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, useUTC: true, ...option })
    // without what serves hovering, which a picture does not: a third of its size
    return chart
      .renderToSVGString()
      .replace(/ (pointer-events|class)="[^"]*"/g, '')
      .replace(/<style[\s\S]*?<\/style>/g, '')
      .replace(/><\/(?:path|rect)>/g, '/>')
  } finally {
    chart.dispose()
  }
}

/** The series of a size over time: an area, and the allowance as a dashed line. */
export function sizeSeries(points: readonly SizePoint[], colour: string, allowanceColour: string) {
  const line = { type: 'line', step: 'end', symbol: 'none' }
  return {
    size: {
      ...line,
      data: points.map(({ at, bytes }) => [at, bytes]),
      lineStyle: { color: colour, width: 2 },
      areaStyle: { color: colour, opacity: 0.15 },
    },
    allowance: {
      ...line,
      data: points.map(({ at, allowanceBytes }) => [at, allowanceBytes ?? null]),
      lineStyle: { color: allowanceColour, type: 'dashed', width: 1.5 },
    },
  }
}

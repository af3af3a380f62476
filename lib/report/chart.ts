import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GraphicComponent, GridComponent, LegendComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, ScatterChart, GraphicComponent, GridComponent, LegendComponent, SVGRenderer])

/**
 * Draws a chart as an SVG of so many CSS pixels, here and not in a browser: its reader needs no script. Times are in
 * UTC.
 */
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

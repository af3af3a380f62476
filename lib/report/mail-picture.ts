import type { SizePoint } from '../core/size-history.ts'
import type { Report } from './report.ts'
import { fullestSites, percentOf, sizeOf } from './sized-sites.ts'

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

/**
 * The picture of a report's mail: the fullest archives against their allowances. Undefined where nothing has both. The libraries that draw it are loaded
 * here and not before: a night without a mail does not pay for them.
 * @throws where one of them is missing
 */
export async function pictureOf(report: Report, histories: (site: string) => readonly SizePoint[]): Promise<Picture | undefined> {
  const { shown, of } = fullestSites(report, histories)
  if (shown.length === 0) return undefined
  const [{ sizesChart, WIDTH }, { toPng }] = await Promise.all([import('./mail-chart.ts'), import('./png.ts')])
  const { svg, height } = sizesChart(shown)
  const alt = `Chart: ${shown.map(site => `${site.site} ${percentOf(site)}, ${sizeOf(site)}`).join('; ')}`
  return { png: await toPng(svg), width: WIDTH, height, title: titleOf(shown.length, of), alt }
}

const titleOf = (shown: number, of: number): string =>
  shown < of ? `The ${shown} fullest of ${of} archives against their allowances` : 'Archives against their allowances'

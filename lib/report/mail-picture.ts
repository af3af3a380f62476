import { createRequire } from 'node:module'
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
 * The picture of a report's mail: the fullest archives against their allowances. Undefined where nothing has both. The
 * libraries that draw it are loaded here and not before: a night without a mail does not pay for them.
 * @throws where one of them is missing
 */
export async function pictureOf(report: Report, histories: (site: string) => readonly SizePoint[]): Promise<Picture | undefined> {
  const { shown, of } = fullestSites(report, histories)
  if (shown.length === 0) return undefined
  const { sizesChart, WIDTH } = await import('./mail-chart.ts')
  const { svg, height } = sizesChart(shown)
  const alt = `Chart: ${shown.map(site => `${site.site} ${percentOf(site)}, ${sizeOf(site)}`).join('; ')}`
  return { png: await toPng(svg), width: WIDTH, height, title: titleOf(shown.length, of), alt }
}

const titleOf = (shown: number, of: number): string =>
  shown < of ? `The ${shown} fullest of ${of} archives against their allowances` : 'Archives against their allowances'

/** The font comes as a package of its own: a server may have none at all. */
const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']

/**
 * An SVG as a PNG, twice as many pixels as it says, for screens that have them. Its texts are drawn in DejaVu Sans,
 * whatever is installed.
 * @throws where the library has no binary for this machine
 */
export async function toPng(svg: string): Promise<Buffer> {
  const { Resvg } = await import('@resvg/resvg-js')
  const { resolve } = createRequire(import.meta.url)
  const fontFiles = FONTS.map(name => resolve(`dejavu-fonts-ttf/ttf/${name}`))
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' }
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng()
}

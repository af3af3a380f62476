import { createRequire } from 'node:module'

/** The font comes as a package of its own: a server may have none at all. */
const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']

/**
 * An SVG as a PNG, twice as many pixels as it says, for screens that have them. Its texts are drawn in DejaVu Sans, whatever is installed.
 * @throws where the library has no binary for this machine
 */
export async function toPng(svg: string): Promise<Buffer> {
  const { Resvg } = await import('@resvg/resvg-js')
  const { resolve } = createRequire(import.meta.url)
  const fontFiles = FONTS.map(name => resolve(`dejavu-fonts-ttf/ttf/${name}`))
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' }
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng()
}

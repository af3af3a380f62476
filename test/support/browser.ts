import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Debian's Chromium, without a window and without a network. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
}

export interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
}

/** Opens a page from a file; what it says on the console or asks of a network is kept. */
export async function openFile(browser: Browser, file: string, { colorScheme = 'light', width = 1200 }: Look = {}) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, offline: true })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith('file://')) complaints.push(`asks for ${request.url()}`)
  })
  await page.goto(`file://${file}`)
  return { page, complaints }
}

/**
 * What axe-core finds wrong with a page, one line a violation. Of sites' details it looks at the first fifty-nine: the others are like them.
 * @param without rules that are left out
 */
export async function violationsOf(page: Page, without: readonly string[] = []): Promise<string[]> {
  const rules = Object.fromEntries(without.map(rule => [rule, { enabled: false }]))
  const options = JSON.stringify({ resultTypes: ['violations'], rules })
  // by the debugger, since the page's own policy allows no script
  const { violations } = (await page.evaluate(`${axe}; axe.run({ exclude: [['details:nth-of-type(n+60)']] }, ${options})`)) as {
    violations: { id: string; help: string; nodes: { html: string }[] }[]
  }
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.length} times, such as ${nodes[0]?.html.slice(0, 200)}`)
}

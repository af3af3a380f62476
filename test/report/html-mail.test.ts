import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { htmlOf } from '../../lib/report/mail-html.ts'
import { openFile, startBrowser, violationsOf } from '../support/browser.ts'
import { ownFolder } from '../support/host.ts'
import { backedUp, failed, madeUpReport, note, outcome } from '../support/made-up-report.ts'

const folder = ownFolder('html-mail')

test('htmlOf() reads well in a browser: nothing from elsewhere, nothing that axe finds, all sites there', async () => {
  const conflict = outcome('roles', undefined, {
    notes: [note('problem', 'two: conflict')],
    reports: [{ site: 'two', role: 'conflict' }],
  })
  const full = { ...backedUp('shop', { backedUp: 'full' }), notes: [note('significant', 'full backup'), note('warning', 'odd')] }
  const file = join(folder, 'mail.html')
  writeFileSync(file, htmlOf(madeUpReport([conflict, full, failed('<blog>', 'the disk is full', ['a line', '<b>another</b>'])])))
  const browser = await startBrowser()
  try {
    const { page, complaints } = await openFile(browser, file, { width: 700 })
    assert.deepEqual([complaints, await violationsOf(page, ['landmark-one-main', 'region'])], [[], []])
    assert.deepEqual(await page.locator('tbody th').allTextContents(), ['<blog>', 'shop', 'two'])
    assert.match((await page.textContent('pre')) ?? '', /a line\n<b>another<\/b>/)
    if (process.env.KEEP_SCREENSHOTS)
      await page.screenshot({ path: join(process.env.KEEP_SCREENSHOTS, 'mail.png'), fullPage: true })
  } finally {
    await browser.close()
  }
})

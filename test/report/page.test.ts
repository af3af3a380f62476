import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { formatBytes } from '../../lib/core/size.ts'
import type { StatusJson } from '../../lib/report/status-json.ts'
import { writePages } from '../../lib/status-pages.ts'
import { openFile, startBrowser, violationsOf } from '../support/browser.ts'
import { ownFolder } from '../support/host.ts'
import { madeUpStatus } from '../support/made-up-status.ts'

const folder = ownFolder('pages')
let browser: Browser
before(async () => {
  browser = await startBrowser()
})
after(() => browser?.close())

async function written(status: StatusJson, name: string): Promise<string> {
  await writePages(join(folder, name), status)
  return join(folder, name, 'index.html')
}

/** What the rows of the sites' table say, in the words of `status --json`. */
const rowsOf = (page: Page) =>
  page.$$eval('table[aria-label=Sites] tbody tr', rows =>
    rows.map(row => {
      const values = [...row.querySelectorAll('data')].map(data => Number(data.value))
      const times = [...row.querySelectorAll('time')].map(time => time.dateTime)
      return {
        name: row.querySelector('th')?.textContent,
        ok: row.className === 'well',
        values,
        times,
        text: row.textContent ?? '',
      }
    }),
  )

for (const count of [1, 50, 500])
  test(`the page of ${count} sites: no complaint, nothing that axe finds, the numbers of status --json`, async () => {
    const status = madeUpStatus(count)
    const { page, complaints } = await openFile(browser, await written(status, String(count)))
    const rows = await rowsOf(page)
    assert.equal(rows.length, count)
    for (const site of status.sites) {
      const row = rows.find(each => each.name === site.name)
      assert.ok(row, site.name)
      assert.deepEqual([row.ok, row.values], [site.ok, [site.restorePoints, site.bytes, site.allowanceBytes]])
      assert.deepEqual(row.times, [site.newestBackup, site.oldestBackup])
      assert.ok(row.text.includes(formatBytes(site.bytes!)), 'the number that people see is the same')
    }
    assert.equal(await page.locator('details img').count(), count)
    // the colours of five hundred are those of fifty, and take minutes to look at
    assert.deepEqual(await violationsOf(page, count > 50 ? ['color-contrast'] : []), [])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

test('what needs attention comes first, its chains are open, and nothing else stays when only that is wanted', async () => {
  const { page } = await openFile(browser, await written(madeUpStatus(12), 'attention'))
  const order = (await rowsOf(page)).map(row => row.ok)
  assert.deepEqual(
    order,
    order.toSorted((a, b) => Number(a) - Number(b)),
  )
  assert.equal(await page.locator('details[open]').count(), order.filter(ok => !ok).length)
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'To the sites', 'the keyboard gets by the header')
  await page.locator('#only').focus()
  await page.keyboard.press('Space')
  assert.equal(await page.locator('table[aria-label=Sites] tbody tr:visible').count(), order.filter(ok => !ok).length)
})

for (const [name, look] of [
  ['in the dark', { colorScheme: 'dark' }],
  ['on a phone', { width: 360 }],
] as const)
  test(`the page ${name}: axe finds nothing, and it is no wider than the window`, async () => {
    const { page } = await openFile(browser, await written(madeUpStatus(12), name), look)
    assert.deepEqual(await violationsOf(page), [])
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
  })

test('the fleet page has a row for each host whose sites are in the archive', async () => {
  const status = madeUpStatus(12)
  const file = await written(status, 'fleet')
  const { page, complaints } = await openFile(browser, file)
  await page.getByRole('link', { name: 'All hosts' }).click()
  const rows = await page.$$eval('tbody tr', all =>
    all.map(row => [row.querySelector('th')?.textContent, ...[...row.querySelectorAll('data')].map(data => Number(data.value))]),
  )
  const sumOf = (owner: string) => status.sites.filter(site => site.owner === owner).reduce((sum, site) => sum + site.bytes!, 0)
  assert.deepEqual(rows, [
    ['web1', 11, 2, sumOf('web1')],
    ['web9', 1, 0, sumOf('web9')],
  ])
  assert.deepEqual([complaints, await violationsOf(page)], [[], []])
})

test('a page of an archive that could not be looked at says why, and one of a new site that there is no backup', async () => {
  const [site] = madeUpStatus(2).sites
  const bare = {
    ...site!,
    chains: [],
    newestBackup: null,
    newestAgeSeconds: null,
    oldestBackup: null,
    restorePoints: 0,
    bytes: 0,
    next: null,
  }
  const status = {
    ...madeUpStatus(0),
    ok: false,
    problems: ['Mount /mnt/nas: no <route>'],
    sites: [{ ...bare, ok: false, problems: ['no backup'] }],
  }
  const { page, complaints } = await openFile(browser, await written(status, 'bare'))
  assert.match((await page.textContent('main')) ?? '', /Mount \/mnt\/nas: no <route>[\s\S]*No backup yet\./)
  assert.deepEqual([complaints, await violationsOf(page)], [[], []])
})

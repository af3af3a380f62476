import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { formatBytes } from '../../lib/core/wording.ts'
import { writePages } from '../../lib/program/look.ts'
import type { StatusJson } from '../../lib/report/status.ts'
import { openFile, startBrowser, violationsOf } from '../support/browser.ts'
import { ownFolder } from '../support/host.ts'
import { madeUpHistory, madeUpStatus } from '../support/made-up-status.ts'

const folder = ownFolder('pages')
let browser: Browser
before(async () => {
  browser = await startBrowser()
})
after(() => browser?.close())

/** Writes the pages of a host that remembers the sizes of all its sites but every third. */
async function written(status: StatusJson, name: string): Promise<string> {
  const sites = new Map(status.sites.map((site, index) => [site.name, { site, known: index % 3 !== 2 }]))
  await writePages(join(folder, name), status, each => (sites.get(each)!.known ? madeUpHistory(sites.get(each)!.site, 40) : []))
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

/** Looks at what is drawn of the last site, against its data. */
async function drawnOf(page: Page, { sites }: StatusJson): Promise<void> {
  const name = (await page.locator('summary').last().textContent())!
  const { chains } = sites.find(site => site.name === name)!
  const drawn = page.locator('details').last()
  assert.equal(await drawn.locator('svg circle').count(), chains.flatMap(({ sets }) => sets.slice(1)).length)
  const times = await drawn.locator('tbody time').evaluateAll(all => all.map(each => each.getAttribute('datetime')!))
  const isoOf = (time: string): string => time.replace(/\.000Z$/, 'Z')
  assert.deepEqual(
    times.map(isoOf),
    chains.flatMap(({ from, to }) => [isoOf(from), isoOf(to)]),
  )
  const sizes = await drawn.locator('tbody data').evaluateAll(all => all.map(each => Number(each.getAttribute('value'))))
  assert.deepEqual(
    sizes,
    chains.flatMap(({ sets, bytes }) => [sets.length, bytes]),
  )
}

for (const count of [1, 50, 500])
  test(`the page of ${count} sites: no complaint, nothing that axe finds, the numbers of status --json`, async () => {
    const status = madeUpStatus(count)
    const file = await written(status, String(count))
    assert.ok(statSync(file).size < Math.max(100_000, count * 4000), `${statSync(file).size} bytes`)
    const { page, complaints } = await openFile(browser, file)
    const rows = await rowsOf(page)
    assert.equal(rows.length, count)
    for (const site of status.sites) {
      const row = rows.find(each => each.name === site.name)
      assert.ok(row, site.name)
      assert.deepEqual([row.ok, row.values], [site.ok, [site.restorePoints, site.bytes, site.allowanceBytes]])
      assert.deepEqual(row.times, [site.newestBackup, site.oldestBackup])
      assert.ok(row.text.includes(formatBytes(site.bytes!)), 'the number that people see is the same')
    }
    const last = page.locator('details').last()
    if (count > 1) {
      assert.equal(await last.locator('svg').count(), 0, 'what is closed is not drawn')
      await last.locator('summary').click()
    }
    await last.locator('svg').waitFor()
    await drawnOf(page, status)
    // the colours of five hundred are those of fifty, and take minutes to look at
    assert.deepEqual(await violationsOf(page, count > 50 ? ['color-contrast', 'link-in-text-block'] : []), [])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

test('the size over time is that of the nights that were remembered, else that of the sets that are kept, and the page says which', async () => {
  const { page } = await openFile(browser, await written(madeUpStatus(3), 'sizes'))
  await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
  for (const each of await page.locator('details').all()) {
    await each.scrollIntoViewIfNeeded()
    await each.locator('svg').waitFor()
  }
  const drawn = await page.$$eval('details', all =>
    all.map(each => [
      each.querySelector('summary')?.textContent ?? '',
      each.querySelector('svg')?.textContent ?? '',
      each.textContent ?? '',
    ]),
  )
  const said = Object.fromEntries(drawn.map(([name, picture, text]) => [name!, { picture: picture!, text: text! }]))
  const remembered = said['site-001.example.org']!
  assert.match(remembered.picture, /Size at the end of each night since 2026-10-14/)
  assert.match(remembered.text, /Size on 40 nights from 2026-10-14 to 2026-11-22: .* on the last, .* at most/)
  const kept = said['site-002.example.org']!
  assert.match(kept.picture, /Size of the sets in the archive, by the time they were made/)
  assert.match(kept.text, /Fewer than two nights' sizes can be read on this host/)
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

test('the verdict tells what needs attention: sites, the archive, or both', async () => {
  const verdictOf = async (status: StatusJson, name: string) => {
    const { page } = await openFile(browser, await written(status, name))
    const text = await page.textContent('.verdict')
    await page.context().close()
    return text
  }
  const [well, some] = [madeUpStatus(2), madeUpStatus(4)]
  const problems = ['no full backup can start: 3 MB free']
  assert.equal(await verdictOf(well, 'well'), 'All well')
  assert.equal(await verdictOf(some, 'some'), '1 site needs attention — site-003.example.org')
  const archive = { ...well, ok: false, verdict: 'needs attention', problems } as const
  assert.equal(await verdictOf(archive, 'archive'), 'The archive needs attention')
  assert.equal(
    await verdictOf({ ...some, problems }, 'both'),
    '1 site needs attention — site-003.example.org; the archive needs attention',
  )
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

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { composeMail } from '../../lib/report/mail.ts'
import { fullestSites, pictureOf, sizeText, toPng } from '../../lib/report/mail-picture.ts'
import type { Report } from '../../lib/report/report.ts'
import { openFile, startBrowser, violationsOf } from '../support/browser.ts'
import { ownFolder } from '../support/host.ts'
import { backedUp, failed, madeUpReport, outcome } from '../support/made-up-report.ts'
import { madeUpHistory, madeUpSite } from '../support/made-up-status.ts'
import { openMail } from '../support/mail-server.ts'

const folder = ownFolder('mail-picture')
const report = madeUpReport([failed('blog'), backedUp('shop'), backedUp('over', { bytes: 1.3e9 })])
const remembered = () => madeUpHistory({ ...madeUpSite(1), bytes: 4e8, allowanceBytes: 1e9 })
const none = () => []

/** Width and height of a PNG, from its header (PNG specification, IHDR). */
function pixelsOf(png: Buffer): [number, number] {
  assert.equal(png.subarray(0, 8).toString('latin1'), '\u0089PNG\r\n\u001a\n')
  return [png.readUInt32BE(16), png.readUInt32BE(20)]
}

test('pictureOf() draws the fullest archives against their allowances, and says the same in words', async () => {
  const { png, width, height, title, alt } = pictureOf(report, remembered)!
  assert.deepEqual(pixelsOf(png), [2 * width, 2 * height])
  assert.equal(title, 'Archives against their allowances')
  assert.equal(alt, 'Chart: over 130 %, 1.30 GB of 1.00 GB; blog 99 %, 990 MB of 1.00 GB; shop 42 %, 420 MB of 1.00 GB')
  const without = pictureOf(report, none)!
  assert.ok(without.png.length < png.length, 'without the curves of what is remembered there is less to draw')
})

test('pictureOf() shows ten of many, and is no burden for a mail', async () => {
  const many = madeUpReport(Array.from({ length: 500 }, (_, index) => backedUp(`site-${index}`, { bytes: index * 1e6 })))
  const picture = pictureOf(many, remembered)!
  assert.equal(picture.title, 'The 10 fullest of 500 archives against their allowances')
  assert.equal(picture.alt.split(';').length, 10)
  assert.match(picture.alt, /^Chart: site-499 49 %/)
  const { raw } = await composeMail(many, { from: 'a@example.org', to: ['b@example.org'] }, picture)
  assert.ok(raw.length < 300_000, `${raw.length} bytes`)
})

test('pictureOf() draws a site whatever it is called', async () => {
  for (const name of ['a\u0000\u001b[2J\nb', '<b>&"\'', '{a|b}', '\ud800', '名前'.repeat(40)])
    assert.ok(pictureOf(madeUpReport([backedUp(name)]), none)!.png.length > 1000, JSON.stringify(name))
})

test('pictureOf() draws nothing where no archive has a size and an allowance', async () => {
  const unknown = madeUpReport([outcome('roles', undefined, { reports: [{ site: 'two', role: 'conflict' }] })])
  assert.equal(pictureOf(unknown, none), undefined)
})

test('sizeText() never says 100 % of what is over, nor of what is below', () => {
  const of = (bytes: number): string => sizeText({ bytes, allowanceBytes: 1000 }).split(',')[0]!
  assert.deepEqual([0, 999, 1000, 1001].map(of), ['0 %', '99 %', '100 %', '101 %'])
  assert.deepEqual(
    fullestSites(report, none).shown.map(({ site }) => site),
    ['over', 'blog', 'shop'],
  )
})

test('toPng() draws texts without any font of the machine', async () => {
  const svg = (text: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20"><text x="2" y="14" font-family="system-ui">${text}</text></svg>`
  const [one, other, empty] = [svg('abc'), svg('xyz'), svg('')].map(toPng)
  assert.ok(!one!.equals(other!) && !one!.equals(empty!))
})

test('a program that sends no mail does not load what draws', () => {
  const script = `await import(${JSON.stringify(join(import.meta.dirname, '../../lib/main.ts'))})
    console.log(process.report.getReport().sharedObjects.filter(name => /resvg/.test(name)).length)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(stdout, '0\n', stderr)
})

let browser: Browser
before(async () => {
  browser = await startBrowser()
})
after(() => browser?.close())

/** The mail's HTML as a mail program shows it: its own picture in the place that asks for it. */
async function shown(name: string, of: Report, width = 800) {
  const mail = await composeMail(of, { from: 'a@example.org', to: ['b@example.org'] }, pictureOf(of, remembered))
  const { html, picture } = openMail(mail.raw)
  assert.ok(html.includes(`src="cid:${picture!.id}"`), 'the HTML calls the picture by its Content-Id')
  const file = join(folder, `${name}.html`)
  writeFileSync(file, html.replace(`cid:${picture!.id}`, `data:image/png;base64,${picture!.png.toString('base64')}`))
  const { page, complaints } = await openFile(browser, file, { width })
  return { page, complaints: complaints.filter(text => !text.startsWith('asks for data:')) }
}

test('the mail shows its picture, with a text in its place, on a desk and on a phone', async () => {
  for (const width of [800, 360]) {
    const { page, complaints } = await shown(`mail-${width}`, report, width)
    const image = page.locator('img')
    assert.equal(await page.evaluate('document.images[0].complete && document.images[0].naturalWidth'), 960)
    assert.match((await image.getAttribute('alt')) ?? '', /^Chart: over 130 %/)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
    assert.deepEqual([complaints, await violationsOf(page, ['landmark-one-main', 'region'])], [[], []])
    await page.context().close()
  }
})

test('the mail of five hundred sites shows those in trouble, counts the others, and stays small enough not to be cut off', async () => {
  const sites = Array.from({ length: 500 }, (_, index) =>
    index % 9 === 4 ? failed(`site-${index}`) : backedUp(`site-${index}`, { bytes: index * 1e6 }),
  )
  const { page } = await shown('mail-500', madeUpReport(sites))
  assert.equal(await page.locator('tbody tr').count(), 60)
  assert.equal(await page.locator('tbody td:text-is("FAILED")').count(), 56)
  const text = (await page.textContent('body')) ?? ''
  assert.match(text, /… and 36 more: see the log/)
  assert.match(text, /… and 440 more: 440 well/)
  assert.ok((await page.content()).replace(/data:image[^"]*/, '').length < 100_000)
})

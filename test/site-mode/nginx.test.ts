import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { httpCheck } from '../../lib/host/http-check.ts'
import { webServerFiles } from '../../lib/host/web-server-files.ts'
import { output } from '../../lib/sandbox/process.ts'
import { readSiteMode, type SiteMode, setSiteMode } from '../../lib/site-mode/mode.ts'
import type { WebServerKind } from '../../lib/web-server/virtual-hosts.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'
import { snapshot } from '../support/snapshot.ts'
import { enable, siteConfiguration, startWebServer } from '../support/web-servers.ts'

const folder = ownFolder('site-mode-files')
// the web server's own user reads in it
for (const each of [folder, dirname(folder), dirname(dirname(folder))]) if (each !== '/') chmodSync(each, 0o755)
const vhosts = join(folder, 'vhosts')
for (const name of ['blog', 'other']) {
  mkdirSync(join(vhosts, name, 'SITE'), { recursive: true })
  writeFileSync(join(vhosts, name, 'SITE/index.html'), name)
}

/** The other host: it says what it was asked. */
const asked: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = []
const elsewhere = createServer((request, response) => {
  let body = ''
  request.on('data', chunk => {
    body += chunk
  })
  request.on('end', () => {
    asked.push({ url: request.url, headers: request.headers, body })
    response.setHeader('set-cookie', 'a=b')
    response.statusCode = request.url === '/broken' ? 500 : 200
    response.end('from the other host')
  })
})
await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
after(() => elsewhere.close())
const TO = { kind: 'forward', to: `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}` } as const
const COPY = { kind: 'copy', main: 'https://blog.example/' } as const

for (const kind of ['nginx', 'apache'] satisfies WebServerKind[]) {
  const configuration = join(folder, kind)
  const server = await startWebServer(kind, configuration, join(vhosts, 'other/SITE'), { database: '/none' })
  after(() => server.stop())
  enable(configuration, 'blog.conf', siteConfiguration(kind, server.port, 'blog.example', join(vhosts, 'blog/SITE')))
  await output(server.fields.reload[0]!, server.fields.reload.slice(1))
  while ((await server.get('blog.example')).body !== 'blog') await setTimeout(20)
  const host = hostIn(join(folder, `${kind}-host`), {
    vhosts,
    webServer: server.fields,
    sites: { blog: { check: { url: `http://127.0.0.1:${server.port}/`, host: 'blog.example' } } },
  })
  const { shell } = hearingShell()
  const context = { host, secrets: new Map(), shell }
  const site = siteOf(host, 'blog', { settings: host.sites.blog! })
  const set = (mode: SiteMode) => setSiteMode(context, site, mode)
  const get = (path = '/', more?: Parameters<typeof server.get>[2]) => server.get('blog.example', path, more)
  const enabled = join(configuration, 'sites-enabled/blog.conf')
  const original = readFileSync(enabled, 'utf8')
  const files = () => Object.keys(snapshot(configuration)).filter(path => !/^holdfast/.test(path))
  const before = files()

  test(`${kind}: frozen and thawed, and the neighbour notices nothing`, async () => {
    assert.deepEqual(await set({ kind: 'frozen' }), { guarded: true })
    for (const path of ['/', '/index.html', '/no-such', '/wp-cron.php']) {
      const { status, headers, body } = await get(path)
      assert.deepEqual([status, headers['x-holdfast'], headers['retry-after']], [503, 'frozen', '120'], path)
      assert.match(body, /being moved/)
    }
    assert.equal((await get('/', { method: 'POST' })).status, 503)
    assert.equal((await server.get('other.example')).body, 'other')
    assert.equal((await httpCheck(host, site, shell.stop))?.said, 'HTTP 200')
    assert.deepEqual(readSiteMode(context, site), { kind: 'frozen' })
    assert.deepEqual(await set({ kind: 'open' }), { guarded: true })
    assert.equal((await get()).body, 'blog')
    assert.deepEqual(files(), before)
    assert.equal(readlinkSync(enabled), '../sites-available/blog.conf')
  })

  test(`${kind}: a copy answers who would write by 503; backups and restores see the administrator's own file`, async () => {
    assert.deepEqual(await set(COPY), { guarded: true })
    assert.equal((await get()).body, 'blog')
    for (const [path, more] of [
      ['/', { method: 'POST' }],
      ['/x', { method: 'DELETE' }],
      ['/wp-cron.php'],
      ['/wp-admin/'],
      ['/sub/xmlrpc.php'],
      ['/?_method=POST'],
      ['/', { headers: { 'x-http-method-override': 'PUT' } }],
    ] as const) {
      const { status, headers, body } = await get(path, more)
      assert.deepEqual([status, headers['x-holdfast']], [503, 'copy'], path)
      assert.match(body, /https:\/\/blog\.example\//)
    }
    const [seen] = webServerFiles(host).filter(({ name }) => name === 'blog.conf')
    assert.equal(seen?.text, original)
    assert.deepEqual(await set(COPY), { guarded: true })
  })

  test(`${kind}: forwarded, with the name that was asked for, and what was sent; taken out again`, async () => {
    asked.length = 0
    assert.deepEqual(await set(TO), { guarded: true })
    const { status, headers, body } = await get('/a%20b%2Fc?x=%26', { form: { comment: 'hello' }, headers: { cookie: 'c=d' } })
    assert.deepEqual([status, headers['x-holdfast'], body], [200, 'forward', 'from the other host'])
    assert.equal(headers['set-cookie']?.[0], 'a=b')
    const last = asked.at(-1)!
    assert.deepEqual(
      [last.url, last.headers.host, last.headers.cookie, last.body],
      ['/a%20b%2Fc?x=%26', 'blog.example', 'c=d', 'comment=hello'],
    )
    assert.equal(last.headers['x-forwarded-for'], '127.0.0.1')
    assert.equal(last.headers['x-forwarded-proto'], 'http')
    assert.equal((await get('/broken')).status, 500)
    assert.equal((await server.get('other.example')).body, 'other')
    assert.equal(webServerFiles(host).find(({ name }) => name === 'blog.conf')?.text, original)
    assert.deepEqual(readSiteMode(context, site), TO)
    assert.deepEqual(await set(COPY), { guarded: true })
    assert.equal((await get()).body, 'blog')
    assert.equal((await get('/', { method: 'POST' })).status, 503)
    await set({ kind: 'open' })
    assert.deepEqual(files(), before)
  })

  test(`${kind}: nobody is forwarded to a host that does not answer for the site, or is a copy itself`, async () => {
    await set({ kind: 'frozen' })
    const { guarded, why } = await set({ kind: 'forward', to: 'http://127.0.0.1:1' })
    assert.equal(guarded, false)
    assert.match(why ?? '', /http:\/\/127\.0\.0\.1:1 was asked for blog\.example, and did not answer: ECONNREFUSED/)
    assert.deepEqual(readSiteMode(context, site), { kind: 'frozen' })
    assert.equal((await get()).status, 503)
    await set({ kind: 'open' })
  })

  test(`${kind}: what an administrator enables in the place of ours meanwhile stays`, async () => {
    await set(kind === 'nginx' ? COPY : TO)
    rmSync(enabled)
    writeFileSync(enabled, `${original}# by hand\n`)
    assert.equal(webServerFiles(host).find(({ name }) => name === 'blog.conf')?.text, `${original}# by hand\n`)
    assert.deepEqual(await set({ kind: 'open' }), { guarded: true })
    assert.equal(readFileSync(enabled, 'utf8'), `${original}# by hand\n`)
    assert.deepEqual(files(), before)
  })
}

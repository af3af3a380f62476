import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { readSiteMode, setSiteMode } from '../../lib/site-mode/mode.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'
import { enable, siteConfiguration, startWebServer } from '../support/web-servers.ts'

test('setSiteMode() freezes a site before its web server runs: what starts then reads it first', async () => {
  const folder = ownFolder('at-boot')
  for (const each of [folder, dirname(folder), dirname(dirname(folder))]) if (each !== '/') chmodSync(each, 0o755)
  const root = join(folder, 'vhosts/page/SITE')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, 'index.html'), 'the page')
  const apache = join(folder, 'apache')
  const server = await startWebServer('apache', apache, root, { database: join(folder, 'none') })
  enable(apache, 'page.conf', siteConfiguration('apache', server.port, 'page.example', root))
  await server.stop()

  // as of a unit that does not run: a reload of it does nothing
  const host = hostIn(folder, {
    vhosts: join(folder, 'vhosts'),
    webServer: { ...server.fields, reload: ['true'] },
    sites: { page: { check: { url: `http://127.0.0.1:${server.port}/`, host: 'page.example' } } },
  })
  const site = siteOf(host, 'page', { settings: host.sites.page! })
  const context = { host, secrets: new Map(), shell: hearingShell().shell }
  assert.deepEqual(await setSiteMode(context, site, { kind: 'frozen' }), { guarded: true })
  assert.equal(readSiteMode({ host }, site).kind, 'frozen')
})

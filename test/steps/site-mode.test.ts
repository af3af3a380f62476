import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { recipe } from '../../lib/engine/recipe.ts'
import { readRecord } from '../../lib/host/records.ts'
import { serveProven, serveUnproven } from '../../lib/moves/boot.ts'
import { proven } from '../../lib/moves/sites.ts'
import { output } from '../../lib/sandbox/process.ts'
import { modeRecords, readSiteMode, setSiteMode } from '../../lib/site-mode/mode.ts'
import { guardReplica } from '../../lib/steps/follow.ts'
import { hostIn, NO_REQUEST, ownFolder, siteOf } from '../support/host.ts'
import { startNameServer, type Zone } from '../support/name-server.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'
import { hearingShell } from '../support/shell.ts'
import { enable, siteConfiguration, startWebServer } from '../support/web-servers.ts'

const HERE = '192.0.2.7'
const HOUR = 3_600_000

const folder = ownFolder('site-mode')
// the web server's own user reads in it
for (const each of [folder, dirname(folder), dirname(dirname(folder))]) if (each !== '/') chmodSync(each, 0o755)
const root = join(folder, 'vhosts/blog/SITE')
mkdirSync(root, { recursive: true })
writeFileSync(join(root, 'index.html'), 'here')
const elsewhere = createServer((_, response) => response.end('there'))
await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
const zone: Zone = { 'blog.example A': [HERE] }
const names = await startNameServer(zone)
const server = await startWebServer('apache', join(folder, 'apache'), folder, { database: join(folder, 'none') })
after(async () => {
  elsewhere.close()
  names.stop()
  await server.stop()
})
enable(join(folder, 'apache'), 'blog.conf', siteConfiguration('apache', server.port, 'blog.example', root))
await output(server.fields.reload[0]!, server.fields.reload.slice(1))
while ((await server.get('blog.example')).body !== 'here') await setTimeout(20)

const settings = {
  domains: ['blog.example'],
  env: [],
  exclude: [],
  check: { url: `http://127.0.0.1:${server.port}/`, host: 'blog.example' },
}
const host = hostIn(folder, {
  vhosts: join(folder, 'vhosts'),
  webServer: server.fields,
  sites: { blog: settings },
  addresses: [HERE],
  nameServers: [names.address],
  unproven: 'readonly',
})
const site = siteOf(host, 'blog', { settings: host.sites.blog! })
const facts = { host, secrets: new Map(), site }
const context = { host, secrets: facts.secrets, shell: hearingShell().shell }
const post = async (): Promise<number> => (await server.get('blog.example', '/', { method: 'POST' })).status

test('unproven: readonly serves a site to readers only, until a run finds whose it is', async () => {
  const unproven = { ...facts, localSites: [site.local!] }
  const told = notesOf(await perform(recipe<typeof unproven>().do(serveUnproven), unproven))
  assert.deepEqual(told, ['problem: blog is read-only until a run reaches the archive'])
  assert.deepEqual([(await server.get('blog.example')).body, await post()], ['here', 503])
  assert.equal(readRecord(host, 'blog').unproven, true)

  const night = { host, secrets: facts.secrets, roles: { primaries: [site], replicas: [], others: [] }, request: NO_REQUEST }
  const again = recipe<typeof night>().each('Proven', proven, each => each.do(serveProven))
  assert.deepEqual(notesOf(await perform(again, night)), ["significant: blog is this host's by its archive: it is served again"])
  assert.deepEqual([await post(), readSiteMode(context, site).kind], [200, 'open'])
  assert.deepEqual(notesOf(await perform(again, night)), [], 'it is not told again')
})

test('who is passed on to the new host is so until DNS has sent nobody here for a day; then it is a replica', async () => {
  const to = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
  assert.deepEqual(await setSiteMode(context, site, { kind: 'forward', to }), { guarded: true })
  const night = async (): Promise<string[]> => {
    const performed = await perform(recipe<typeof facts>().do(guardReplica), facts)
    assert.equal(outcomeOf(performed, 'guard').status, 'done', outcomeOf(performed, 'guard').reason)
    return notesOf(performed)
  }
  const later = (hours: number): void => {
    const known = modeRecords.read(host, 'blog')!
    assert.ok(known.leftSince, 'it is remembered that DNS sends nobody here')
    modeRecords.write(host, 'blog', { ...known, leftSince: known.leftSince - hours * HOUR })
  }
  const isPassedOn = async (): Promise<boolean> => (await server.get('blog.example')).body === 'there'

  assert.deepEqual([await night(), await isPassedOn()], [[], true], 'DNS sends visitors here')
  zone['blog.example A'] = ['192.0.2.8']
  assert.deepEqual([await night(), await isPassedOn()], [[], true], 'others may remember what DNS said')
  later(24)
  zone['blog.example A'] = [HERE]
  assert.deepEqual([await night(), await isPassedOn()], [[], true], 'it was changed back')
  zone['blog.example A'] = ['192.0.2.8']
  assert.deepEqual([await night(), await isPassedOn()], [[], true], 'the day begins anew')
  later(24)
  assert.deepEqual(await night(), ['significant: blog is forwarded no more: DNS sends nobody here'])
  assert.deepEqual([(await server.get('blog.example')).body, await post()], ['here', 503])
  await setSiteMode(context, site, { kind: 'open' })
})

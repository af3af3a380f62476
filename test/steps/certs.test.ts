import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { lineagesOf } from '../../lib/restore/lineage.ts'
import { hasWebServer, saveCertificates, saveWebServer } from '../../lib/steps/save.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { makeLineage } from '../support/lineage.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'
import { snapshot } from '../support/snapshot.ts'

const folder = ownFolder('certs')
const [letsencrypt, apache] = [join(folder, 'letsencrypt'), join(folder, 'apache')]
const host = hostIn(folder, { webServer: { kind: 'apache', folder: apache, test: ['true'], reload: ['true'] } })
const site = (name: string, domains: string[] = []) => siteOf(host, name, { settings: { domains, env: [], exclude: [] } })
const inCompanion = (name: string, ...rest: string[]) => join(host.vhosts, name, '.holdfast', ...rest)

before(() => {
  for (const name of ['example.org', 'shop']) mkdirSync(join(host.vhosts, name), { recursive: true })
  makeLineage(letsencrypt, 'example.org', ['example.org', 'www.example.org'])
  makeLineage(letsencrypt, 'wild', ['*.example.net'])
  makeLineage(letsencrypt, 'other.org', ['other.org'])
  writeFileSync(join(letsencrypt, 'live', 'README'), 'certbot was here')
  mkdirSync(join(letsencrypt, 'live', 'broken'))
  symlinkSync('nowhere', join(letsencrypt, 'live', 'broken', 'cert.pem'))
})

const save = (of: ReturnType<typeof site>, on = host) => {
  const chain = recipe<Needs<'host' | 'site'>>()
    .do(saveCertificates)
    .only('Web server', hasWebServer, served => served.do(saveWebServer))
  return perform(chain, { host: on, site: of })
}

const table: [string[], string[]][] = [
  [['example.org'], ['example.org']],
  [
    ['www.example.org', 'a.example.net'],
    ['example.org', 'wild'],
  ],
  [['a.b.example.net'], []],
  [['nobody.org'], []],
  [[], []],
]
for (const [domains, lineages] of table) {
  test(`lineagesOf() finds ${lineages.join(', ') || 'none'} for ${domains.join(', ') || 'no domain'}`, () =>
    assert.deepEqual(lineagesOf(letsencrypt, domains), lineages))
}

test('lineagesOf() finds none where there is no folder of certificates', () =>
  assert.deepEqual(lineagesOf(join(folder, 'no'), ['a.b']), []))

test('saveCertificates copies the lineages of the site with links, keys, modes and settings, and no other', async () => {
  const performed = await save(site('example.org'))
  assert.equal(outcomeOf(performed, 'certificates').reason, undefined)
  assert.deepEqual(notesOf(performed)[0], 'info: lineages example.org')
  const copy = inCompanion('example.org', 'certificates')
  assert.deepEqual(readdirSync(join(copy, 'live')), ['example.org'])
  assert.equal(readlinkSync(join(copy, 'live/example.org/cert.pem')), '../../archive/example.org/cert1.pem')
  for (const part of ['live', 'archive']) {
    assert.deepEqual(snapshot(join(copy, part, 'example.org')), snapshot(join(letsencrypt, part, 'example.org')))
  }
  assert.deepEqual(readdirSync(join(copy, 'renewal')), ['example.org.conf'])
  assert.equal(statSync(copy).mode & 0o777, 0o700)
})

test('saveCertificates keeps to the lineages of today: one that is gone is gone from the copy, and nothing half-made stays', async () => {
  await save(site('shop', ['other.org', 'x.example.net']))
  assert.deepEqual(readdirSync(inCompanion('shop', 'certificates', 'live')), ['other.org', 'wild'])
  for (const left of ['certificates.new', 'certificates.old']) {
    mkdirSync(inCompanion('shop', left))
    writeFileSync(inCompanion('shop', left, 'half'), '')
  }
  await save(site('shop', ['x.example.net']))
  assert.deepEqual(readdirSync(inCompanion('shop', 'certificates', 'live')), ['wild'])
  assert.deepEqual(
    readdirSync(inCompanion('shop')).filter(name => name.startsWith('cert')),
    ['certificates'],
  )
})

test('saveCertificates takes a lineage that has no archive', async () => {
  const plain = join(folder, 'plain')
  cpSync(join(letsencrypt, 'live/other.org'), join(plain, 'live/other.org'), { recursive: true, dereference: true })
  const performed = await save(site('shop', ['other.org']), { ...host, certificates: plain })
  assert.equal(outcomeOf(performed, 'certificates').reason, undefined)
  assert.ok(statSync(inCompanion('shop', 'certificates/live/other.org/privkey.pem')).isFile())
})

test('saveWebServer copies the files that serve this site alone, however they are enabled', async () => {
  const [enabled, available] = [join(apache, 'sites-enabled'), join(apache, 'sites-available')]
  for (const path of [enabled, available]) mkdirSync(path, { recursive: true })
  const vhost = (...roots: string[]) =>
    roots
      .map(
        root =>
          `<VirtualHost *:80>\nServerName served.example\nDocumentRoot "${join(host.vhosts, root, 'SITE')}"\n</VirtualHost>\n`,
      )
      .join('')
  writeFileSync(join(available, 'shop.conf'), vhost('shop'))
  symlinkSync('../sites-available/shop.conf', join(enabled, '10-shop.conf'))
  writeFileSync(join(folder, 'elsewhere.conf'), vhost('shop'))
  symlinkSync(join(folder, 'elsewhere.conf'), join(enabled, 'elsewhere.conf'))
  writeFileSync(join(enabled, 'plain.conf'), vhost('shop'))
  writeFileSync(join(enabled, 'both.conf'), vhost('shop', 'example.org'))
  writeFileSync(join(enabled, 'other.conf'), vhost('shop2'))
  symlinkSync('nowhere', join(enabled, 'broken.conf'))
  // what a link leads to may be its site's own to exchange
  execFileSync('mkfifo', [join(folder, 'pipe')])
  symlinkSync(join(folder, 'pipe'), join(enabled, 'pipe.conf'))
  const performed = await save(site('shop'))
  assert.equal(outcomeOf(performed, 'web-server').reason, undefined)
  const copy = inCompanion('shop', 'web-server')
  assert.deepEqual(readdirSync(join(copy, 'sites-enabled')), ['10-shop.conf', 'elsewhere.conf', 'plain.conf'])
  assert.equal(readlinkSync(join(copy, 'sites-enabled/10-shop.conf')), '../sites-available/shop.conf')
  assert.ok(statSync(join(copy, 'sites-enabled/10-shop.conf')).isFile(), 'the link leads to its copy')
  assert.deepEqual(readdirSync(join(copy, 'sites-available')), ['shop.conf'])
  rmSync(enabled, { recursive: true })
  await save(site('shop'))
  assert.deepEqual(readdirSync(copy), [])
})

test('saveWebServer is passed over on a host without a web server', async () => {
  const { webServer: _, ...without } = host
  const performed = await save(site('shop'), without as typeof host)
  assert.equal(outcomeOf(performed, 'Web server').reason, 'the inventory names no web server')
})

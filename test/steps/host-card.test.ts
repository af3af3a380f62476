import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type HostCard, lacksFor } from '../../lib/core/host-card.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Site } from '../../lib/host/site.ts'
import { type Host, hostSchema } from '../../lib/inventory/schema.ts'
import { leaveCard } from '../../lib/moves/checks.ts'
import { moveNeedsOf } from '../../lib/site/move-needs.ts'
import type { Archive } from '../../lib/store/archive.ts'
import { readHostCard } from '../../lib/store/host-cards.ts'
import { recordSet } from '../../lib/store/set-records.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { dumping, dumpWell } from '../support/dumping.ts'
import { NO_REQUEST, siteOf } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'
import { hearingShell } from '../support/shell.ts'

const stage = dumping('host-card')
const { shell } = hearingShell()

/** Has a host leave its card in an archive of its own, and reads it. */
async function leave(name: string, host: Host, only: readonly string[] = [], dry = false) {
  const root = join(stage.folder, name)
  mkdirSync(root, { recursive: true })
  const archive = { kind: 'folder', root, place: { base: root, way: '' } } as unknown as Archive
  const shop = siteOf(host, 'shop')
  const roles = { primaries: [shop], replicas: [siteOf(host, 'blog', {}) as Site], others: [] }
  const facts = { host, secrets: new Map(), request: { ...NO_REQUEST, only }, archive, roles }
  const done = await perform(recipe<typeof facts>().do(leaveCard), facts, { dry })
  const card = await readHostCard(new ShareFiles({ base: root, way: '' }, shell), host.name)
  return { card, notes: notesOf(done), root }
}

/** The host of the stage with a web server of its own, whose modules are these. */
function withApache(...modules: string[]): Host {
  const folder = join(stage.folder, 'apache2')
  for (const each of ['mods-enabled', 'sites-enabled']) mkdirSync(join(folder, each), { recursive: true })
  for (const each of modules) writeFileSync(join(folder, 'mods-enabled', `${each}.load`), '')
  const file = `<VirtualHost *:80>\nServerName shop.example.org\nDocumentRoot ${join(stage.shop.folder, 'SITE')}\nExpiresActive on\n</VirtualHost>\n`
  writeFileSync(join(folder, 'sites-enabled', 'shop.conf'), file)
  return { ...stage.host, webServer: { kind: 'apache', folder, test: ['true'], reload: ['true'] } }
}

test('a host leaves what it can run, and the owner of a site finds there what the site needs', async () => {
  await dumpWell(stage, stage.shop)
  await stage.mariadb.query('CREATE DATABASE loose; CREATE DATABASE hf_0badcafe_new')
  const host = withApache('rewrite', 'expires')
  const { card, notes, root } = await leave('whole', host)
  assert.deepEqual(notes, [])
  assert.ok(card)
  const { mariadb, webServer, databases, sites, php, users, addresses, room } = card
  assert.match(mariadb?.version ?? '', /^\d+\.\d+\.\d+-MariaDB/)
  assert.deepEqual([webServer?.kind, webServer?.modules], ['apache', ['expires', 'rewrite']])
  assert.match(php?.version ?? '', /^\d+\.\d+$/)
  assert.deepEqual(databases, [{ name: 'shop', user: 'shop', site: 'shop' }, { name: 'loose' }])
  assert.deepEqual(sites, { owned: ['shop'], replicated: ['blog'] })
  assert.ok(users.includes('www-data') && Array.isArray(addresses) && room.files && room.database)

  const site = siteOf(host, 'shop', { wpConfig: stage.shop.config })
  const archive = { folder: join(root, 'shop') }
  mkdirSync(archive.folder)
  await recordSet(archive, 1000, { files: 10, bytes: 5000, dump: { bytes: 100, packed: false } }, shell)
  const needs = await moveNeedsOf({ host, secrets: new Map(), shell }, site, archive)
  assert.deepEqual(needs.modules, ['expires', 'rewrite'])
  assert.deepEqual(
    [needs.databases, needs.domains, needs.size?.bytes],
    [[{ name: 'shop', user: 'shop' }], ['shop.example.org'], 5000],
  )
  assert.deepEqual(lacksFor(needs, card), { missing: [], differs: [] })
  const poor: HostCard = { ...card, webServer: { kind: 'apache', modules: [] }, databases: [{ name: 'shop', site: 'other' }] }
  assert.deepEqual(lacksFor(needs, poor).missing, [
    "Apache's module expires is not switched on there",
    "Apache's module rewrite is not switched on there",
    'the database "shop" there is that of site "other"',
  ])
})

test('a host without a database server, web server and PHP pages leaves a card all the same', async () => {
  const host = { ...stage.host, database: hostSchema.shape.database.parse({ socket: join(stage.folder, 'no.sock') }) }
  const { card } = await leave('bare', host)
  assert.deepEqual([card?.mariadb, card?.webServer, card?.lastRun], [undefined, undefined, undefined])
})

test('a run for some sites, and a dry one, leave no card', async () => {
  const some = await leave('some', stage.host, ['shop'])
  assert.equal(some.card, undefined)
  assert.match(some.notes[0]!, /^info: only some sites were asked for/)
  const { card } = await leave('dry', stage.host, [], true)
  assert.equal(card, undefined)
})

test('a card that cannot be written is told, and fails nothing', async () => {
  const { root } = await leave('foreign', stage.host)
  rmSync(join(root, '.holdfast-host-web1.json'))
  mkdirSync(join(root, '.holdfast-host-web1.json'))
  writeFileSync(join(root, '.holdfast-host-web1.json', 'x'), '')
  const { notes } = await leave('foreign', stage.host)
  assert.match(notes.join('\n'), /^warning: what web1 can run could not be written down in the archive: /)
  rmSync(join(root, '.holdfast-host-web1.json'), { recursive: true })
  const elsewhere = join(stage.folder, 'elsewhere')
  symlinkSync(elsewhere, join(root, '.holdfast-host-web1.json'))
  await leave('foreign', stage.host)
  assert.equal(existsSync(elsewhere), false, 'a link there is replaced, not followed')
})

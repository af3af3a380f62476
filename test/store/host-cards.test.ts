import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HostCard } from '../../lib/core/host-card.ts'
import { readHostCard, writeHostCard } from '../../lib/store/host-cards.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const root = ownFolder('host-cards')
const { shell } = hearingShell()
const files = new ShareFiles({ base: root, way: '' }, shell)
const CARD: HostCard = {
  host: 'web2',
  time: Date.parse('2026-01-05T03:00:00Z'),
  holdfast: '0.1.0',
  php: { version: '8.2', extensions: ['gd'] },
  mariadb: { version: '11.8.6-MariaDB-0+deb13u1 from Debian' },
  webServer: { kind: 'apache', version: '2.4.62', modules: ['rewrite'] },
  room: { files: { path: '/srv', device: '65025', free: 1e9, keepsSize: true } },
  users: ['www-data'],
  addresses: ['192.0.2.7', '2001:db8::7'],
  databases: [{ name: 'blog', site: 'blog', user: 'blogger' }, { name: 'other' }],
  certified: ['*.blog.org'],
  sites: { owned: ['shop'], replicated: ['blog'] },
  lastRun: { time: 1000, verdict: 'well' },
}
const path = (host: string): string => join(root, `.holdfast-host-${host}.json`)
/** A card that somebody else wrote, with these fields instead. */
const forge = (host: string, more: object): void =>
  writeFileSync(path(host), JSON.stringify({ ...CARD, time: '2026-01-05T03:00:00Z', lastRun: undefined, ...more }))

test('a card is read as it was written, and replaces the one before', async () => {
  assert.equal(await readHostCard(files, 'web2'), undefined)
  await writeHostCard(files, { ...CARD, holdfast: '0.0.9' })
  await writeHostCard(files, CARD)
  assert.deepEqual(await readHostCard(files, 'web2'), { ...CARD })
  assert.deepEqual(readdirSync(root), ['.holdfast-host-web2.json'])
})

const forged: [string, object | string][] = [
  ['no JSON', 'PRIMARY'],
  ['a version with a terminal escape', { holdfast: '1\u001b[2J' }],
  ['an extension of two lines', { php: { version: '8.2', extensions: ['gd\nMISSING'] } }],
  ['a name that turns the text around', { users: ['www\u202edata'] }],
  ['an address that is none', { addresses: ['192.0.2.7; rm -rf /'] }],
  ['room that is no number', { room: { files: { ...CARD.room.files, free: '1e99' } } }],
  ['very many names', { users: Array.from({ length: 6000 }, (_, index) => `u${index}`) }],
]
for (const [what, more] of forged) {
  test(`readHostCard() refuses a card with ${what}, and says whose it is`, async () => {
    if (typeof more === 'string') writeFileSync(path('web3'), more)
    else forge('web3', more)
    await assert.rejects(readHostCard(files, 'web3'), /^Error: the card of web3 in the archive, .*web3\.json, is damaged$/)
  })
}

test('readHostCard() follows no link, and takes a host for what its file is called', async () => {
  symlinkSync(path('web2'), path('web4'))
  mkdirSync(path('web5'))
  forge('web6', { host: 'web2' })
  assert.equal((await readHostCard(files, 'web6'))?.host, 'web6')
  for (const host of ['web4', 'web5']) assert.equal(await readHostCard(files, host).catch(() => undefined), undefined)
})

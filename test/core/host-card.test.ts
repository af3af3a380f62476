import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { publicFirst } from '../../lib/core/dns-advice.ts'
import { type HostCard, lacksFor, type MoveNeeds } from '../../lib/core/host-card.ts'
import type { Disk } from '../../lib/core/room.ts'

const GB = 1e9
const disk = (device: string, free: number, keepsSize = true): Disk => ({ path: '/srv', device, free, keepsSize })
const NEEDS: MoveNeeds = {
  site: 'blog',
  database: true,
  databaseVersion: '10.11.6-MariaDB-0+deb12u1',
  phpVersion: '8.2',
  php: ['gd', 'mysqli'],
  webServer: 'apache',
  modules: ['rewrite'],
  certificates: true,
  databases: [{ name: 'blog', user: 'blogger' }],
  users: ['root', 'www-data'],
  domains: ['blog.org', 'www.blog.org'],
  size: { files: 1000, bytes: 2 * GB, dump: { bytes: GB / 2, packed: false } },
}
const CARD: HostCard = {
  host: 'web2',
  time: 0,
  holdfast: '0.1.0',
  php: { version: '8.2', extensions: ['curl', 'gd', 'mysqli'] },
  mariadb: { version: '10.11.4-MariaDB' },
  webServer: { kind: 'apache', version: '2.4.62', modules: ['headers', 'rewrite'] },
  room: { files: disk('1', 9 * GB), database: disk('1', 9 * GB) },
  users: ['root', 'www-data'],
  addresses: ['192.0.2.7'],
  databases: [{ name: 'blog', user: 'blogger', site: 'blog' }],
  certified: ['blog.org', '*.blog.org'],
  sites: { owned: [], replicated: ['blog'] },
}

/** What else the site needs, what else the other host is like, and what is missing and what differs then. */
const rows: [string, Partial<MoveNeeds>, Partial<HostCard>, { missing?: string[]; differs?: string[] }][] = [
  ['a host like this one', {}, {}, {}],
  ['a static site on a bare host', static_(), bare(), {}],
  ['no PHP', {}, { php: undefined }, { missing: ['no PHP is known there, 8.2 is needed'] }],
  [
    'PHP extensions',
    { php: ['gd', 'imagick', 'intl'] },
    {},
    { missing: ["PHP's extension imagick is not loaded there", "PHP's extension intl is not loaded there"] },
  ],
  ['another PHP', {}, { php: { version: '8.4', extensions: ['gd', 'mysqli'] } }, { differs: ['PHP 8.4 there, 8.2 here'] }],
  ['no database server', {}, { mariadb: undefined }, { missing: ['no database server answers there'] }],
  [
    'an older series of MariaDB',
    {},
    { mariadb: { version: '10.5.23-MariaDB' } },
    { missing: ['MariaDB 10.5.23 there, MariaDB 10.11.6 here: an older one cannot be relied on to take its dump'] },
  ],
  [
    '10.6 is older than 10.11, whatever its letters say',
    {},
    { mariadb: { version: '10.6.1-MariaDB' } },
    { missing: ['MariaDB 10.6.1 there, MariaDB 10.11.6 here: an older one cannot be relied on to take its dump'] },
  ],
  ['a newer series', {}, { mariadb: { version: '11.8.2-MariaDB' } }, { differs: ['MariaDB 11.8.2 there, MariaDB 10.11.6 here'] }],
  ['another product', {}, { mariadb: { version: '8.4.1' } }, { missing: ['MySQL 8.4.1 there, MariaDB 10.11.6 here'] }],
  [
    'no web server',
    {},
    { webServer: undefined },
    { missing: ['no web server is named in its inventory, apache serves the site here'] },
  ],
  [
    'another web server',
    {},
    { webServer: { kind: 'nginx', modules: [] } },
    { differs: ['nginx there, apache here: its web server configuration does not come along'] },
  ],
  ['a module', { modules: ['expires', 'rewrite'] }, {}, { missing: ["Apache's module expires is not switched on there"] }],
  [
    'no room',
    {},
    { room: { files: disk('1', GB), database: disk('1', GB) } },
    { missing: ['not enough disk space for the restore on the disk of /srv: 1.00 GB free, 3.00 GB required'] },
  ],
  [
    'perhaps no room',
    {},
    { room: { files: disk('1', 2.9 * GB), database: disk('1', 2.9 * GB) } },
    { differs: ['perhaps not enough disk space for the restore on the disk of /srv: 2.90 GB free, 3.00 GB required'] },
  ],
  [
    'room on a disk that compresses is only doubted',
    {},
    { room: { files: disk('1', GB, false) } },
    { differs: ['perhaps not enough disk space for the restore on the disk of /srv: 1.00 GB free, 2.50 GB required'] },
  ],
  ['a size that nobody knows', { size: undefined }, { room: { files: disk('1', 0) } }, {}],
  [
    'the database of another site',
    {},
    { databases: [{ name: 'blog', user: 'shopper', site: 'shop' }] },
    { missing: ['the database "blog" there is that of site "shop"'] },
  ],
  [
    'the account of another site',
    {},
    { databases: [{ name: 'shop', user: 'blogger', site: 'shop' }] },
    { missing: ['the account "blogger" there is that of site "shop"'] },
  ],
  [
    'a database of nobody',
    {},
    { databases: [{ name: 'blog' }] },
    { differs: ['a database "blog" is there already, of no site that is known: it is replaced'] },
  ],
  [
    'an account of the system',
    { users: ['web7', 'www-data'] },
    {},
    { differs: ['no account web7 there, which owns files here: they keep its number'] },
  ],
  [
    'a certificate',
    {},
    { certified: ['*.blog.org'] },
    { differs: ['no certificate for blog.org there yet: it comes with the backup'] },
  ],
]
for (const [what, needs, card, { missing = [], differs = [] }] of rows) {
  test(`lacksFor() tells of ${what}`, () => {
    assert.deepEqual(lacksFor({ ...NEEDS, ...needs }, { ...CARD, ...card }), { missing, differs })
  })
}

test('lacksFor() finds nothing missing where the other host has all, and each thing alone when it is taken away', () => {
  const taken: Partial<HostCard>[] = [
    { php: undefined },
    { mariadb: undefined },
    { webServer: undefined },
    { databases: [{ name: 'blog', user: 'shopper', site: 'shop' }] },
  ]
  fc.assert(
    fc.property(fc.subarray(taken), some => {
      const { missing } = lacksFor(NEEDS, Object.assign({}, CARD, ...some))
      assert.equal(missing.length, some.length)
    }),
  )
})

function static_(): Partial<MoveNeeds> {
  const nothing = { database: undefined, databaseVersion: undefined, phpVersion: undefined, php: undefined, webServer: undefined }
  return { ...nothing, modules: undefined, databases: [], certificates: undefined, size: { files: 3, bytes: 100 } }
}

function bare(): Partial<HostCard> {
  return { php: undefined, mariadb: undefined, webServer: undefined, databases: [] }
}

for (const [given, wanted] of [
  [['fe80::1', '169.254.3.3', '10.0.0.2'], ['10.0.0.2']],
  [
    ['10.0.0.2', '192.0.2.7', 'fd00::2', '2001:db8::7'],
    ['192.0.2.7', '2001:db8::7'],
  ],
  [['172.17.0.1', '172.32.0.1', '100.64.0.1'], ['172.32.0.1']],
  [['192.168.1.2', '192.168.1.2'], ['192.168.1.2']],
  [[], []],
] as const) {
  test(`publicFirst() of ${given.join(', ') || 'nothing'} is ${wanted.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(publicFirst(given), wanted)
  })
}

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hostSchema } from '../../lib/inventory/schema.ts'
import { type Found, sharesIn } from '../../lib/setup/find.ts'
import { checkPrograms, installWords, neededPrograms } from '../../lib/setup/programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-programs-'))
after(() => rmSync(folder, { recursive: true }))

function fake(name: string, line: string): string {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${line}\n`)
  chmodSync(file, 0o755)
  return file
}

/** What `duplicity --version` prints, and what is wrong with it. */
const VERSIONS: [string, RegExp | undefined][] = [
  ['echo duplicity 0.8.22', undefined],
  ['echo duplicity 0.8.23', undefined],
  ['echo duplicity 1.2.2', undefined],
  ['echo duplicity 3.0.4', undefined],
  ['echo duplicity 0.10.1', undefined],
  ['echo duplicity 0.8.21', /^is 0\.8\.21, wanted 0\.8\.22 or later$/],
  ['echo duplicity 0.7.19', /^is 0\.7\.19/],
  ['echo "No module named duplicity" >&2; exit 1', /^does not tell its version: No module named duplicity$/],
  ['exit 1', /it printed nothing/],
]

for (const [line, problem] of VERSIONS) {
  test(`checkPrograms() runs duplicity for its version: ${line}`, () => {
    const [checked] = checkPrograms([{ name: fake('duplicity', line), package: 'duplicity', purpose: '' }])
    if (problem === undefined) assert.equal(checked?.problem, undefined)
    else assert.match(checked?.problem ?? '', problem)
  })
}

test('checkPrograms() says which are not found, and installWords() names each package once', () => {
  const programs = ['one-of-ours', 'other-of-ours'].map(name => ({ name, package: 'ours', purpose: '' }))
  const checked = checkPrograms([...programs, { name: 'sh', package: 'dash', purpose: '' }], '/usr/bin:/bin')
  assert.deepEqual(
    checked.map(each => each.problem),
    ['not found', 'not found', undefined],
  )
  assert.deepEqual(installWords(checked.slice(0, 2)), ['apt-get', 'install', '--no-install-recommends', 'ours'])
})

const FOUND: Found = {
  vhosts: '/v',
  sites: [],
  notSites: [],
  webServer: undefined,
  shares: sharesIn('n:/x /m nfs noauto'),
  vpns: [],
  systemd: true,
}
const wordpress = { name: 'blog', kind: 'WordPress', domains: [], certificates: [], claims: [] } as const
const local = { kind: 'folder', path: '/b' }
const DATABASE = ['mariadb-dump', 'mariadb', 'php']
/** Without a site it is not known yet of what kind they will be. */
const AWAITED = [...DATABASE, 'mariadbd']
const page = { ...wordpress, kind: 'static' } as const
const lite = { ...wordpress, kind: 'WordPress with SQLite' } as const
const ALWAYS = ['duplicity', 'flock', 'setpriv', 'bwrap']

/** Fields of the inventory, sites, and the programs beyond those that every host needs. */
const NEEDS: [object, Found['sites'], string[]][] = [
  [{ archive: local }, [], AWAITED],
  [{ archive: local }, [page], []],
  [{ archive: local }, [page, wordpress], DATABASE],
  [{ archive: local }, [page, lite], ['php']],
  [{ archive: local, desktop: { weekday: 'monday', hour: 3 } }, [], []],
  [{ archive: local, encryption: { kind: 'passphrase', secret: 'A' } }, [page], ['gpg', 'gpgconf']],
  [
    { archive: { kind: 'mount', mountPoint: '/m', by: { kind: 'unit', unit: 'm.mount' } } },
    [page],
    ['systemctl', 'umount', 'mount.nfs'],
  ],
  [{ archive: { kind: 'mount', mountPoint: '/m', by: { kind: 'fstab' } } }, [page], ['umount', 'mount.nfs']],
  [{ archive: { kind: 'mount', mountPoint: '/other', by: { kind: 'fstab' } } }, [page], ['umount']],
  [{ archive: local, vpn: { kind: 'unit', unit: 'openvpn-client@x.service' } }, [page], ['systemctl', 'openvpn']],
  [{ archive: local, vpn: { kind: 'unit', unit: 'wg-quick@x.service' } }, [page], ['systemctl', 'wg-quick']],
]

for (const [fields, sites, more] of NEEDS) {
  test(`neededPrograms() of ${JSON.stringify(fields)} with ${sites.map(({ kind }) => kind).join(' and ') || 'no'} sites`, () => {
    const host = { ...hostSchema.parse(fields), name: 'web1' }
    const names = neededPrograms(host, { ...FOUND, sites }).map(each => each.name)
    assert.deepEqual(names.toSorted(), [...ALWAYS, ...more].toSorted())
  })
}

test('neededPrograms() of a replica to be asks for a database client where the sites that come have databases', () => {
  const host = { ...hostSchema.parse({ archive: local }), name: 'web1' }
  const needs = { database: false, php: ['pdo_sqlite'], webServers: [], modules: [], certificates: false }
  const more = (database: boolean) =>
    neededPrograms(host, FOUND, { ...needs, database }).flatMap(({ name }) => (ALWAYS.includes(name) ? [] : [name]))
  assert.deepEqual([more(false), more(true)], [['php'], DATABASE])
})

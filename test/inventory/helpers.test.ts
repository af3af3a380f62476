import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import * as make from '../../lib/inventory/helpers.ts'
import { hostSchema } from '../../lib/inventory/schema.ts'

/** Mount points and their units, as `systemd-escape --path --suffix=mount` of systemd 252 gives them. */
const UNITS: [string, string][] = [
  ['/', '-.mount'],
  ['/mnt/nas', 'mnt-nas.mount'],
  ['//mnt//nas/', 'mnt-nas.mount'],
  ['/mnt/my-nas', 'mnt-my\\x2dnas.mount'],
  ['/mnt/my nas', 'mnt-my\\x20nas.mount'],
  ['/.hidden/x', '\\x2ehidden-x.mount'],
  ['/mnt/.x', 'mnt-.x.mount'],
  ['/mnt/é', 'mnt-\\xc3\\xa9.mount'],
  ['/a_b:c.d', 'a_b:c.d.mount'],
]
const hasSystemd = spawnSync('systemd-escape', ['--version']).status === 0

for (const [mountPoint, unit] of UNITS) {
  test(`mountUnitOf() of ${mountPoint} is ${unit}`, () => {
    assert.equal(make.mountUnitOf(mountPoint), unit)
    if (!hasSystemd) return
    const real = spawnSync('systemd-escape', ['--path', '--suffix=mount', mountPoint], { encoding: 'utf8' })
    assert.equal(real.stdout.trim(), unit)
  })
}

const commands = { up: ['vpn', 'up'], down: ['vpn', 'down'] }
const ARCHIVES = [
  make.nfs('/mnt/nas'),
  make.nfs('/mnt/nas', { unit: 'x.mount', folder: 'sites', owner: 98, links: 1 }),
  make.fstab('/mnt/nas'),
  make.mountedBy('/mnt/nas', commands),
  make.folder('/backup', { identity: '1b4e28ba-2fa1-41d2-883f-0016d3cca427' }),
  make.url('sftp://u@h/p', { env: ['FTP_PASSWORD'] }),
]

for (const archive of ARCHIVES) {
  test(`the schema takes the archive that a helper makes: ${JSON.stringify(archive)}`, () => {
    assert.equal(hostSchema.parse(make.host({ archive })).archive.kind, archive.kind)
  })
}

test('the schema takes what the other helpers make', () => {
  const archive = make.folder('/backup')
  for (const vpn of [make.openvpn('home', { timeout: 5 }), make.wireguard('wg0'), make.vpnCommands('mine', commands)])
    assert.equal(hostSchema.parse({ archive, vpn }).vpn?.kind, vpn.kind)
  for (const encryption of [
    make.passphrase('A'),
    make.passphrase('A', { generated: true }),
    make.gpgKey('ABCD1234'),
    make.gpgKey('ABCD1234', 'K'),
  ])
    assert.equal(hostSchema.parse({ archive, encryption }).encryption.kind, encryption.kind)
  for (const webServer of [make.apache(), make.nginx({ folder: '/opt/nginx' })])
    assert.deepEqual(hostSchema.parse({ archive, webServer }).webServer, webServer)
  assert.equal(make.nfs('/mnt/my-nas').kind === 'mount' && make.openvpn('home').kind, 'unit')
})

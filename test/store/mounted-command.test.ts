import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { mountedBy, openvpn } from '../../lib/inventory/helpers.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { roleReport } from '../../lib/steps/sites.ts'
import { type Archive, mountedCommand } from '../../lib/store/archive.ts'
import { hostIn, NO_REQUEST, ownFolder, siteOf } from '../support/host.ts'

const folder = ownFolder('mounted command')
const fstab = { kind: 'mount', mountPoint: '/mnt/my nas', by: { kind: 'fstab' } } as const
const unit = { kind: 'mount', mountPoint: '/mnt/nas', by: { kind: 'unit', unit: 'mnt-nas.mount' } } as const
const table: [what: string, fields: Partial<HostFile>, command: string][] = [
  ['a folder', {}, 'rm x'],
  ['fstab', { archive: fstab }, "{ mountpoint -q '/mnt/my nas' || mount '/mnt/my nas'; } && rm x; umount '/mnt/my nas'"],
  ['a unit', { archive: unit }, 'systemctl start mnt-nas.mount && rm x; systemctl stop mnt-nas.mount'],
  [
    'a unit behind a VPN',
    { archive: unit, vpn: openvpn('home') },
    'systemctl start openvpn-client@home.service && systemctl start mnt-nas.mount && rm x; systemctl stop mnt-nas.mount; systemctl stop openvpn-client@home.service',
  ],
]
for (const [what, fields, command] of table)
  test(`mountedCommand() of an archive in ${what}`, () => {
    const typed = mountedCommand(hostIn(folder, fields), 'rm x')
    // systemd's @ is quoted like anything that a shell could read otherwise
    assert.equal(typed.replaceAll(/'(openvpn\S+)'/g, '$1'), command)
  })

test('what settles a conflict works as it is printed, though the share is mounted for runs only', () => {
  const [mountPoint, share] = [join(folder, 'mnt'), join(folder, 'share')]
  mkdirSync(join(share, 'blog'), { recursive: true })
  writeFileSync(join(share, 'blog/PRIMARY_IS_web2'), '')
  const archive = mountedBy(mountPoint, { up: ['ln', '-s', share, mountPoint], down: ['rm', mountPoint] })
  const host = hostIn(folder, { archive })
  const choices = [{ meaning: 'web1 keeps it', where: 'archive', remove: 'PRIMARY_IS_web2', create: 'PRIMARY_IS_web1' }] as const
  const site = siteOf(host, 'blog', { role: { role: 'conflict', owner: undefined, reason: 'two claim it', choices } })
  const place = { kind: 'folder', root: mountPoint } as unknown as Archive
  const [line = ''] = roleReport(site, host, place, NO_REQUEST).choices ?? []
  execFileSync('sh', ['-c', line.replace('if web1 keeps it: ', '')], { cwd: '/' })
  assert.ok(existsSync(join(share, 'blog/PRIMARY_IS_web1')) && !existsSync(join(share, 'blog/PRIMARY_IS_web2')))
  assert.throws(() => readFileSync(mountPoint), /ENOENT/)
  rmSync(share, { recursive: true })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseSelection, problemsOf } from '../../lib/duplicity/selection.ts'
import { loadHost } from '../../lib/inventory/load.ts'
import { stage } from './stage.ts'

const DESKTOP = {
  '/run/systemd/system/': '',
  '/etc/fstab': 'bz-nas:/data/BackupDesktop /mnt/BackupDesktop nfs noauto,defaults 0 0\n',
}
const UNITS = ['holdfast-desktop.service', 'holdfast-desktop.timer']

test('setup --desktop writes an inventory with a desktop, and exclusions that duplicity understands', async () => {
  const { inventory, setup } = stage(DESKTOP, { 'mount.nfs': 'true' })
  const { stdout } = setup('--desktop')
  const host = await loadHost(inventory, 'web1')
  const exclusions = join(inventory, 'web1.exclusions')
  assert.deepEqual(host.desktop, { folder: '/home', weekday: 'wednesday', hour: 3, minute: 0, catchUpDays: 3, exclusions })
  assert.deepEqual(host.archive.kind === 'mount' && host.archive.by, { kind: 'unit', unit: 'mnt-BackupDesktop.mount' })
  const patterns = parseSelection(readFileSync(exclusions, 'utf8'))
  assert.deepEqual([patterns.length, problemsOf(patterns, '/home')], [1, []])
  assert.match(stdout, /tasks\/desktop\.ts --dry-run/)
})

test('setup --desktop writes a persistent timer and a service that systemd accepts', () => {
  const { folder, setup } = stage(DESKTOP)
  const { stdout } = setup('--desktop')
  const files = UNITS.map(unit => join(folder, 'root/etc/systemd/system', unit))
  assert.match(readFileSync(files[1]!, 'utf8'), /^Persistent=true$/m)
  assert.match(stdout, /as root: systemctl enable --now holdfast-desktop\.timer/)
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' })
  assert.deepEqual([verified.status, verified.stderr.split('\n').filter(line => line.includes('holdfast'))], [0, []])
})

test('setup --desktop run again keeps the units and exclusions that a person changed', () => {
  const { folder, inventory, setup } = stage(DESKTOP)
  setup('--desktop')
  const timer = join(folder, 'root/etc/systemd/system', UNITS[1]!)
  for (const file of [timer, join(inventory, 'web1.exclusions')]) writeFileSync(file, '# mine\n')
  assert.match(setup('--desktop').stdout, /holdfast-desktop\.timer is there already and stays as it is/)
  for (const file of [timer, join(inventory, 'web1.exclusions')]) assert.equal(readFileSync(file, 'utf8'), '# mine\n')
})

test('setup --desktop without systemd gives the line for anacron', () => {
  const { folder, setup } = stage({ '/etc/fstab': '' })
  assert.match(
    setup('--desktop').stdout,
    /anacrontab.*\n {2}NODE_COMPILE_CACHE=\/\S+\n {2}1 10 holdfast-desktop \S+\/node \/\S+\/lib\/start\.ts \S+\/tasks\/desktop\.ts --host web1 /,
  )
  assert.ok(!existsSync(join(folder, 'root/etc/systemd')))
})

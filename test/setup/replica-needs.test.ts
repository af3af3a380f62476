import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SetRecord } from '../../lib/core/set-record.ts'
import { textOfRecords } from '../../lib/store/record-lines.ts'
import { stage } from './stage.ts'

const record = (host: string, needs: SetRecord['needs'], time = Date.parse('2026-01-05T03:00:00Z')): SetRecord => ({
  time,
  host,
  needs,
})

/** A replica whose archive has these records, by site. */
function replica(sites: Record<string, readonly SetRecord[]>) {
  const machine = {
    '/srv/www/vhosts/': '',
    '/etc/apache2/mods-enabled/rewrite.load': '',
    '/etc/apache2/sites-enabled/': '',
    '/etc/php/8.2/apache2/conf.d/20-gd.ini': '',
    '/etc/php/8.2/apache2/conf.d/20-mysqli.ini': '',
  }
  const made = stage(machine)
  const root = join(made.folder, 'root')
  for (const [site, records] of Object.entries(sites)) {
    mkdirSync(join(root, 'nas', site), { recursive: true })
    writeFileSync(join(root, 'nas', site, '.holdfast-sets'), textOfRecords(records))
  }
  mkdirSync(made.inventory)
  const webServer = { kind: 'apache', folder: '/etc/apache2', test: ['true'], reload: ['true'] }
  writeFileSync(join(made.inventory, 'web1.json'), JSON.stringify({ archive: { kind: 'folder', path: '/nas' }, webServer }))
  return { ...made, root }
}

test('setup compares a replica with what the hosts of the sites wrote down beside their newest sets', () => {
  const { setup } = replica({
    blog: [
      record('web9', { database: true, php: ['gd', 'imagick', 'mysqli'], webServer: 'apache', modules: ['headers', 'rewrite'] }),
      record('web9', { modules: ['of_former_times'] }, 0),
    ],
    own: [record('web1', { modules: ['of_its_own'] })],
  })
  const { status, stdout } = setup()
  assert.equal(status, 1, stdout)
  assert.match(stdout, /MISSING {2}php: imagick +is loaded where they come from \(not loaded\)/)
  assert.match(stdout, /MISSING {2}apache: headers +is used by their configuration \(not switched on\)/)
  assert.match(stdout, /ok +apache: rewrite/)
  assert.match(stdout, /^ {2}apt-get install --no-install-recommends .*php-imagick/m)
  assert.match(stdout, /^ {2}a2enmod headers$/m)
  assert.doesNotMatch(stdout, /php: gd|of_former_times|of_its_own/)
  assert.match(stdout, /web1 is not ready/)
})

test('setup takes nothing of a stranger for a need, follows no link and waits for no pipe', () => {
  const { setup, root } = replica({ odd: [] })
  mkdirSync(join(root, 'nas/link'))
  symlinkSync('/etc/passwd', join(root, 'nas/link/.holdfast-sets'))
  const line = { set: '2026-01-05T03:00:00Z', host: 'web9', needs: { php: ['$(touch /tmp/x)'], modules: ['../../x'] } }
  writeFileSync(join(root, 'nas/odd/.holdfast-sets'), JSON.stringify(line))
  const { stdout } = setup()
  assert.doesNotMatch(stdout, /touch|\.\.\/x/)
})

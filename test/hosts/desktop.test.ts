import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { HOME } from '../../lib/program/command-line.ts'
import { Container } from './container.ts'
import { image } from './image.ts'
import { DESKTOP_PACKAGES } from './machines.ts'
import { endWithParent } from './owner.ts'

const NODE = `${HOME}/node_modules/.bin/node`
/** Where the desktop's inventory and secrets are, in the container. */
const PLACE = ['--host', 'pc', '--inventory', '/etc/holdfast/hosts', '--env', '/etc/holdfast/.env']
const INVENTORY = {
  archive: { kind: 'folder', path: '/var/backups/nas' },
  duplicity: { program: '/usr/local/bin/slow-duplicity' },
  desktop: { folder: '/home', weekday: 'wednesday', hour: 3 },
}
/** It waits as long as there is a file, where its sandbox shows it, so that there is time to look. */
const SLOW = '#!/bin/sh\nwhile [ -e /home/wait ]; do sleep 0.1; done\nexec duplicity "$@"\n'

let pc: Container
const sh = (script: string): Promise<string> => pc.exec(['sh', '-c', script])
const locks = (): Promise<string> => pc.exec(['systemd-inhibit', '--list', '--no-legend'])

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 300_000; !(await holds()); await pause(200))
    assert.ok(Date.now() < end, `${what}: not within 5 minutes`)
}

before(async () => {
  endWithParent()
  const files = {
    '/etc/holdfast/hosts/pc.json': JSON.stringify(INVENTORY),
    '/usr/local/bin/slow-duplicity': SLOW,
    '/home/fred/letter': 'dear',
  }
  pc = await Container.boot({ name: 'pc', image: await image(DESKTOP_PACKAGES), files, readOnly: [`${HOME}:${HOME}`] })
  await sh('chmod 755 /usr/local/bin/slow-duplicity')
})
after(() => pc?.[Symbol.asyncDispose]())

test('systemd-inhibit --list shows the lock while the desktop is backed up, and not after', async () => {
  await sh('touch /home/wait')
  const run = pc.exec([NODE, join(HOME, 'tasks/desktop.ts'), '--verbose', ...PLACE])
  await until('the lock', async () => (await locks()).includes('Holdfast'))
  assert.match(await locks(), /^Holdfast .*sleep.* the backup of pc is running.* block/m)
  await sh('rm /home/wait')
  assert.match(await run, /shutdown, sleep and idle are inhibited until it has ended[\s\S]*all well/)
  assert.doesNotMatch(await locks(), /Holdfast/)
})

test('the lock goes with a run that is killed, and the next run backs up', async () => {
  await sh('touch /home/wait')
  const run = pc.exec([
    'sh',
    '-c',
    'echo $$ >/run/killed; exec "$@"',
    'sh',
    NODE,
    join(HOME, 'tasks/desktop.ts'),
    '--now',
    '--verbose',
    ...PLACE,
  ])
  const ended = assert.rejects(run)
  await until('the lock', async () => (await locks()).includes('Holdfast'))
  await sh('kill -9 "$(cat /run/killed)"; rm /home/wait')
  await ended
  await until('no lock', async () => !(await locks()).includes('Holdfast'))
  const next = await pc.exec([NODE, join(HOME, 'tasks/desktop.ts'), '--verbose', ...PLACE])
  assert.match(next, /the last run was interrupted: it is completed by a backup now[\s\S]*all well/)
})

test('setup --desktop switches a timer on that fires after a time that was missed', async () => {
  const fired = async (): Promise<number> =>
    Number(await sh('journalctl --unit holdfast-desktop.service --output cat --no-pager | grep -c "^all well"; true'))
  const said = await pc.exec([NODE, join(HOME, 'tasks/setup.ts'), '--desktop', ...PLACE])
  assert.match(said, /asks every hour, and at once when it was off/)
  assert.match(await sh('systemctl list-timers --all --no-legend holdfast-desktop.timer'), /holdfast-desktop\.service/)
  assert.equal(await fired(), 0, 'no hour has passed yet')
  await pc.stop()
  // the machine was off for two days: the stamp file says when the timer fired last (systemd.timer(5), Persistent=)
  await pc.start()
  await sh(
    'systemctl stop holdfast-desktop.timer && touch --date="2 days ago" /var/lib/systemd/timers/stamp-holdfast-desktop.timer',
  )
  await pc.stop()
  await pc.start()
  await until('the timer', async () => (await fired()) === 1)
  assert.match(await sh('ls /var/log/holdfast'), /desktop-.*\.log/)
})

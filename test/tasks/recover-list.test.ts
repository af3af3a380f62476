import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { startTask } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { Stage } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const stage = new Stage(ownFolder('recover-list'))
const host = stage.addHost('web1')

test('recover --list lists the restore points and changes nothing, and the command that it prints works as it stands', async () => {
  const site = await createStaticSite(host, 'blog')
  assert.equal((await stage.nightly(host)).code, 0)
  const was = snapshot(site)
  const listed = await startTask(stage, host, 'recover', ['--site', 'blog', '--list']).ended
  assert.equal(listed.code, 0, listed.stdout + listed.stderr)
  assert.match(listed.stdout, /20\d\d-\d\d-\d\d [\d:]+ UTC, \d+ s ago, full, [\d.]+ kB/)
  assert.deepEqual(snapshot(site), was)
  const [, command = ''] = /to take one: (.*)$/m.exec(listed.stdout) ?? []
  writeFileSync(join(site, 'SITE/index.html'), 'broken')
  execFileSync('sh', ['-c', `${command} --yes`], { encoding: 'utf8', stdio: 'pipe' })
  assert.deepEqual(snapshot(site), was)
})

test('recover --list takes no other wish', async () => {
  const { code, stderr } = await startTask(stage, host, 'recover', ['--site', 'blog', '--list', '--undo']).ended
  assert.equal(code, 2)
  assert.match(stderr, /^--list lists the restore points: it takes no --undo/)
})

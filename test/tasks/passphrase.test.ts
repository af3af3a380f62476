import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { runTask } from '../support/recovering.ts'
import { PASSPHRASE, Stage, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const stage = new Stage(ownFolder('passphrase'))
const encryption = { kind: 'passphrase', secret: 'PP', generated: true } as const
const [owner, replica] = [stage.addHost('web1', { encryption }), stage.addHost('web2', { encryption })]
const setPassphrase = (text: string): void => writeFileSync(join(stage.folder, '.env'), `PP=${text}\n`, { mode: 0o600 })
const OTHER = 'f'.repeat(64)

test('with another passphrase nothing is backed up, replayed or recovered, with exit code 1 and the same sentence; --new-passphrase begins a new chain', async () => {
  await createStaticSite(owner, 'blog')
  assert.equal((await stage.nightly(owner)).code, 0)
  setPassphrase(OTHER)
  const refused = await stage.told(owner)
  assert.equal(refused.code, 1)
  assert.match(
    troubles(refused).join(),
    /^blog encryption: the passphrase in \.env is another than .*nightly\.ts --site blog --new-passphrase /,
  )
  const replayed = await stage.told(replica)
  assert.equal(replayed.code, 1)
  const sentence = /decryption: the backup of blog of .* is encrypted with another passphrase than this host has/
  assert.match(troubles(replayed).join(), sentence)
  assert.ok(!existsSync(join(replica.vhosts, 'blog')))
  const recovered = await runTask(stage, 'recover', owner, ['--site', 'blog', '--yes'])
  assert.equal(recovered.code, 1)
  assert.match(recovered.stdout, /the backup of blog of .* is encrypted with another passphrase than this host has/)
  const begun = await typeCommand(commandIn(troubles(refused).join(), 'nightly'))
  assert.equal(begun.code, 0, begun.said)
  const follows = await stage.nightly(replica)
  assert.equal(follows.code, 0, follows.stdout)
  assert.ok(existsSync(join(replica.vhosts, 'blog')))
  setPassphrase(PASSPHRASE)
  const former = await runTask(stage, 'recover', owner, ['--site', 'blog', '--yes'])
  assert.match(former.stdout, /is encrypted with another passphrase/)
  const older = await runTask(stage, 'recover', owner, ['--site', 'blog', '--list'])
  const [oldest] = [...older.stdout.matchAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= UTC)/g)].map(([time]) => time).toSorted()
  const back = await runTask(stage, 'recover', owner, ['--site', 'blog', '--yes', '--at', `${oldest} UTC`])
  assert.equal(back.code, 0, back.stdout)
})

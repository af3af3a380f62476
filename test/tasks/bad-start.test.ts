import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fieldsIn, ownFolder } from '../support/host.ts'
import { openMail, startMailServer } from '../support/mail-server.ts'
import { startPingReceiver } from '../support/ping-receiver.ts'
import { Stage } from '../support/stage.ts'

const root = ownFolder('bad-start')
const mailBy = (port: number) => ({
  from: 'holdfast@example.org',
  to: ['me@example.org'],
  by: { kind: 'smtp', host: '127.0.0.1', port, tls: 'none', timeout: 30 },
})

/** A host whose inventory is written as it stands, wrong as it may be. */
function badHost(name: string, own: string, common: object = {}) {
  const stage = new Stage(join(root, name))
  const host = { name: 'web1', folder: join(stage.folder, 'web1'), vhosts: join(stage.folder, 'web1/vhosts') }
  mkdirSync(host.folder, { recursive: true })
  writeFileSync(join(stage.folder, 'hosts/web1.ts'), own)
  writeFileSync(join(stage.folder, 'hosts/common.json'), JSON.stringify(common))
  return { stage, host }
}

test('a night that cannot begin for a wrong field ends with 2, says so on standard error, pings its failure and mails it once', async () => {
  await using server = await startMailServer({})
  await using receiver = await startPingReceiver()
  const folder = join(root, 'field/web1')
  const fields = { ...fieldsIn(folder), concurrency: 'many', mail: mailBy(server.port), pings: { url: receiver.url } }
  const { stage, host } = badHost('field', `export default ${JSON.stringify(fields)}`)
  for (let night = 0; night < 2; night++) {
    const { code, stderr, stdout } = await stage.nightly(host)
    assert.equal(code, 2, stderr)
    assert.match(stderr, /web1\.ts .*: a field is wrong\n {2}concurrency: found "many", wanted number\n$/)
    assert.equal(stdout, '')
  }
  assert.deepEqual(
    receiver.got.map(({ path }) => path),
    ['/check-uuid/fail?rid=1', '/check-uuid/fail?rid=1'],
  )
  assert.match(receiver.got[0]!.body, /exit code 2\nFAILED Inventory and secrets: .*concurrency: found "many"/s)
  assert.equal(server.received.length, 1, 'the same mistake is not mailed every hour')
  const { header, plain } = openMail(server.received[0]!.text)
  assert.equal(header('Subject'), 'web1: nightly FAILED — Inventory and secrets')
  assert.match(
    plain,
    /concurrency: found "many", wanted number\n {2}Type next:\n {2}\$ cd .* && npx zx tasks\/nightly\.ts --host web1/,
  )
  assert.doesNotMatch(plain, /undefined|log:/)
})

test('an inventory that does not even load is told by what common.* says', async () => {
  await using server = await startMailServer({})
  const folder = join(root, 'syntax/web1')
  const { stage, host } = badHost('syntax', 'export default {', { ...fieldsIn(folder), mail: mailBy(server.port) })
  const { code, stderr } = await stage.nightly(host)
  assert.equal(code, 2, stderr)
  assert.match(openMail(server.received[0]!.text).plain, /web1\.ts: it does not load: /)
})

test('what cannot be told is said on standard error, and a mail that cannot go out waits', async () => {
  const folder = join(root, 'dead/web1')
  const dead = { mail: mailBy(1), pings: { url: 'http://127.0.0.1:59/secret-id', tries: 1 } }
  const { stage, host } = badHost('dead', `export default ${JSON.stringify({ ...fieldsIn(folder), odd: 1, ...dead })}`)
  const { code, stderr } = await stage.nightly(host)
  assert.equal(code, 2)
  assert.match(stderr, /unknown field "odd"[\s\S]*the ping about it failed: [\s\S]*the mail about it failed: .*1 mail waits/)
  assert.doesNotMatch(stderr, /secret-id/)
  assert.equal(readdirSync(join(folder, 'state/mail')).filter(name => name.endsWith('.json')).length, 1)
})

test('where nothing says whom to tell, and in a dry run, nothing is told and nothing is written', async () => {
  await using receiver = await startPingReceiver()
  const folder = join(root, 'quiet/web1')
  const fields = { ...fieldsIn(folder), concurrency: 'many' }
  const quiet = badHost('quiet', `export default ${JSON.stringify(fields)}`)
  assert.equal((await quiet.stage.nightly(quiet.host)).code, 2)
  const dry = badHost('quiet', `export default ${JSON.stringify({ ...fields, pings: { url: receiver.url } })}`)
  assert.equal((await dry.stage.nightly(dry.host, ['--dry-run'])).code, 2)
  assert.deepEqual([receiver.got.length, existsSync(join(folder, 'state'))], [0, false])
})

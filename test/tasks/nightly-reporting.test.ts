import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { openMail, selfSigned, startMailServer } from '../support/mail-server.ts'
import { startPingReceiver } from '../support/ping-receiver.ts'
import { PASSPHRASE, Stage } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const certificate = selfSigned()
after(() => certificate[Symbol.dispose]())
const PASSWORD = 'mail-password-of-the-tests'

test('a night with a failing hook, a dead ping and a mail server with TLS and login: the backup is made, all is told, no secret is', async () => {
  const stage = new Stage(ownFolder('nightly-reporting'))
  const ping = 'http://127.0.0.1:59/ping-uuid'
  writeFileSync(join(stage.folder, '.env'), `PP=${PASSPHRASE}\nSMTP=${PASSWORD}\nPING=${ping}\n`, { mode: 0o600 })
  await using server = await startMailServer({ tls: 'implicit', login: { user: 'u', password: PASSWORD } }, certificate)
  const by = {
    kind: 'smtp',
    host: '127.0.0.1',
    port: server.port,
    tls: 'implicit',
    ca: certificate.file,
    user: 'u',
    secret: 'SMTP',
  } as const
  const prom = join(stage.folder, 'prom')
  mkdirSync(prom)
  const host = stage.addHost('web1', {
    encryption: { kind: 'passphrase', secret: 'PP', generated: true },
    mail: { from: 'holdfast@example.org', to: ['me@example.org'], by },
    pings: { secret: 'PING', tries: 1 },
    hooks: { before: ['sh', '-c', 'echo no disk today; exit 4'] },
    metrics: { folder: prom },
  })
  await createStaticSite(host, 'plain')
  const told = await stage.told(host)
  assert.equal(told.code, 1)
  const backup = told.outcomes.find(outcome => outcome.step === 'backup')
  assert.deepEqual([backup?.status, backup?.reports?.[0]?.backedUp], ['done', 'full'])
  const { header, plain, picture } = openMail(server.received[0]!.text)
  assert.equal(header('Subject'), 'web1: Ping FAILED; 1 site well — full backup of plain')
  assert.match(plain, /the hook "before" failed, the work goes on: sh ended with exit code 4: no disk today/)
  assert.match(
    plain,
    / {2}plain {2}well {3}primary {2}\d+ s ago .* of 1\.00 GB {2}[\d.]+ kB written, .*, [\d.]+ s {2}incremental backup/,
  )
  assert.ok(picture, 'the mail has a chart')
  const log = readFileSync(logOf(host.folder), 'utf8')
  const metrics = readFileSync(join(prom, 'holdfast-nightly.prom'), 'utf8')
  for (const secret of [PASSWORD, 'ping-uuid', PASSPHRASE])
    for (const text of [told.stdout, told.stderr, log, plain, metrics]) assert.ok(!text.includes(secret), secret)
  assert.match(
    readFileSync(join(host.folder, 'logs/index.log'), 'utf8'),
    /exit 1, \d+ s, web1: Ping FAILED; 1 site well — full backup of plain; nightly-/,
  )
})

test('the page and status --json of a real archive tell the same numbers', async () => {
  const stage = new Stage(ownFolder('nightly-page'))
  await using receiver = await startPingReceiver()
  const host = stage.addHost('web1', { pings: { url: receiver.url } })
  await createStaticSite(host, 'plain')
  assert.equal((await stage.nightly(host)).code, 0)
  assert.deepEqual(
    receiver.got.map(({ path }) => path.replace('?rid=1', '')),
    ['/check-uuid/start', '/check-uuid'],
  )
  const pages = join(stage.folder, 'pages')
  const task = join(import.meta.dirname, '../../tasks/status.ts')
  const words = [task, '--host', 'web1', '--inventory', join(stage.folder, 'hosts'), '--json', '--html', pages]
  const { stdout, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  assert.equal(status, 0)
  const [site] = JSON.parse(stdout).sites
  const page = readFileSync(join(pages, 'index.html'), 'utf8')
  const remembered = readFileSync(join(host.folder, 'state/history/plain.jsonl'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    remembered.map(line => JSON.parse(line)).map(({ bytes, allowance }) => [bytes, allowance]),
    [[site.bytes, site.allowanceBytes]],
  )
  for (const number of [site.restorePoints, site.bytes, site.allowanceBytes]) assert.ok(page.includes(`<data value="${number}">`))
  assert.ok(page.includes(`<time datetime="${site.newestBackup}">`))
  assert.match(page, /Fewer than two nights&#39; sizes can be read on this host/)
})

function logOf(folder: string): string {
  const line = readFileSync(join(folder, 'logs/index.log'), 'utf8').trimEnd().split('\n').at(-1)!
  return join(folder, 'logs', line.split(' ').at(-1)!)
}

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Outcome, RunEvent } from '../../lib/core/outcome.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { pingsFor } from '../../lib/notify/pings.ts'
import { type EndedRun, reportRun } from '../../lib/notify/reporting.ts'
import { linesOf } from '../../lib/report/lines.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { backedUp, failed, madeUpRun, note, outcome } from '../support/made-up-report.ts'
import { openMail, selfSigned, startMailServer } from '../support/mail-server.ts'
import { startPingReceiver } from '../support/ping-receiver.ts'

const PASSWORD = 'hunter2-and-more'
const folder = ownFolder('reporting')
const certificate = selfSigned()
after(() => certificate[Symbol.dispose]())

let count = 0

/** Tells the world of a run, and gives what was logged of that besides what came of it. */
async function tell(outcomes: readonly Outcome[], fields: Partial<HostFile>, rest: Partial<EndedRun> = {}, place = `${count++}`) {
  const home = join(folder, place)
  mkdirSync(home, { recursive: true })
  const host = hostIn(home, fields)
  const events: RunEvent[] = []
  const secrets = new Map([['SMTP', new Secret(PASSWORD)]])
  const { exitCode: _, endedAt: _2, host: _3, ...run } = madeUpRun(outcomes)
  const onEvent = (event: RunEvent): number => events.push(event)
  const pings = pingsFor(host, secrets, run.task, rest.dryRun ?? false)
  pings?.start('began')
  const closed = await reportRun({
    ...run,
    host,
    secrets,
    pings,
    onEvent,
    hidden: [...secrets.values()],
    partial: false,
    isAskedOften: false,
    stop: new AbortController().signal,
    ...rest,
  })
  return { ...closed, home, place, log: events.flatMap(linesOf).join('\n'), own: closed.outcomes.slice(outcomes.length) }
}

const mailTo = (port: number, more: object = {}): HostFile['mail'] => ({
  from: 'holdfast@example.org',
  to: ['me@example.org'],
  by: {
    kind: 'smtp',
    host: '127.0.0.1',
    port,
    tls: 'starttls',
    ca: certificate.file,
    user: 'u',
    secret: 'SMTP',
    timeout: 30,
    ...more,
  } as never,
})
const manners = { tls: 'starttls', login: { user: 'u', password: PASSWORD } } as const

test('a quiet night: hooks and ping get it, no mail is sent, the exit code is 0', async () => {
  await using server = await startMailServer(manners, certificate)
  await using receiver = await startPingReceiver()
  const hook = join(folder, 'quiet.json')
  const hooks = { after: ['sh', '-c', 'cat > "$1"', 'hook', hook], onFailure: ['false'] }
  const { exitCode, own } = await tell([backedUp('a')], { mail: mailTo(server.port), pings: { url: receiver.url }, hooks })
  assert.equal(exitCode, 0)
  assert.deepEqual(
    own.map(({ step, status }) => `${step} ${status}`),
    ['history done', 'hook-after done', 'ping done', 'verdicts done', 'mail done'],
  )
  const told = JSON.parse(readFileSync(hook, 'utf8'))
  assert.deepEqual([told.event, told.exitCode, told.sites[0].site, 'secrets' in told], ['after', 0, 'a', false])
  assert.deepEqual([server.received.length, receiver.got.at(-1)!.path], [0, '/check-uuid?rid=1'])
})

test('a failed site: onFailure runs, the ping fails, the mail says it all, without the password', async () => {
  await using server = await startMailServer(manners, certificate)
  await using receiver = await startPingReceiver()
  const hooks = { onFailure: ['sh', '-c', 'exit 3'] }
  const outcomes = [backedUp('a'), failed('blog')]
  const { exitCode, log, home } = await tell(outcomes, {
    mail: mailTo(server.port),
    pings: { url: receiver.url },
    hooks,
    metrics: { folder: join(folder, 'prom') },
  })
  assert.equal(exitCode, 1)
  const { plain, header } = openMail(server.received[0]!.text)
  assert.equal(header('Subject'), 'web1: 1 of 2 sites FAILED — blog; Hook: onFailure FAILED')
  assert.match(plain, /FAILED {2}Hook: onFailure\n {2}sh ended with exit code 3/)
  assert.equal(receiver.got.at(-1)!.path, '/check-uuid/fail?rid=1')
  assert.match(
    readFileSync(join(folder, 'prom/holdfast-nightly.prom'), 'utf8'),
    /step_outcome\{task="nightly",site="",step="mail",status="done"\} 1/,
  )
  assert.deepEqual(readdirSync(join(home, 'state/mail')), ['lock'])
  for (const text of [log, server.received[0]!.text, JSON.stringify(receiver.got)])
    assert.doesNotMatch(text, new RegExp(PASSWORD))
})

test('a dead mail server: the mail waits, the exit code says so, the ping that had told success takes it back', async () => {
  await using receiver = await startPingReceiver()
  const outcomes = [{ ...backedUp('a'), notes: [note('significant', 'full backup')] }]
  const first = await tell(outcomes, { mail: mailTo(1), pings: { url: receiver.url } })
  assert.equal(first.exitCode, 1)
  assert.match(first.log, /Mail: FAILED: .*ECONNREFUSED.*; 1 mail waits for the next run/)
  assert.deepEqual(
    receiver.got.map(({ path }) => path.replace('?rid=1', '')),
    ['/check-uuid/start', '/check-uuid', '/check-uuid/fail'],
  )
  await using server = await startMailServer(manners, certificate)
  const second = await tell([backedUp('a')], { mail: mailTo(server.port) }, {}, first.place)
  assert.deepEqual([second.exitCode, server.received.length], [0, 1])
  await tell([backedUp('a')], { mail: mailTo(server.port) }, {}, first.place)
  assert.equal(server.received.length, 1, 'it is sent once')
})

test('two runs that end at once send what waits once', async () => {
  await using server = await startMailServer(manners, certificate)
  const { place } = await tell([failed('a')], { mail: mailTo(1) })
  await Promise.all([1, 2].map(() => tell([failed('a')], { mail: mailTo(server.port) }, {}, place)))
  assert.equal(server.received.length, 3, 'the one that waited, and one of each')
})

test('a dead ping URL is a failure that the mail tells, and nothing more', async () => {
  await using server = await startMailServer(manners, certificate)
  const { exitCode } = await tell([backedUp('a')], {
    mail: mailTo(server.port),
    pings: { url: 'http://127.0.0.1:59/secret-id', tries: 1 },
  })
  assert.equal(exitCode, 1)
  const { header, plain } = openMail(server.received[0]!.text)
  assert.equal(header('Subject'), 'web1: Ping FAILED; 1 site well')
  assert.doesNotMatch(plain, /secret-id/)
})

test('nothing of the reporting hides the exit code of the run itself', async () => {
  writeFileSync(join(folder, 'file'), '')
  const nowhere = join(folder, 'file', 'metrics')
  const locked = outcome('lock', undefined, { phase: 'up', status: 'failed', reason: 'another run holds it', exitCode: 75 })
  const hooks = { after: ['false'], onFailure: ['false'] }
  const dead = { mail: mailTo(1), pings: { url: 'http://127.0.0.1:59/x', tries: 1 }, hooks, metrics: { folder: nowhere } }
  const { exitCode, own } = await tell([locked], dead)
  assert.equal(exitCode, 75)
  assert.deepEqual(
    own.map(({ step, status }) => `${step} ${status}`),
    ['ping failed', 'mail failed', 'metrics failed'],
    'no hook: the run that has the lock is at work',
  )
  const stopped = await tell([backedUp('a')], dead, { stoppedBy: 'SIGTERM' })
  assert.equal(stopped.exitCode, 143)
  assert.equal((await tell([backedUp('a')], { metrics: { folder: nowhere } })).exitCode, 1)
})

test('a dry run describes the mail and the hooks, and sends, runs and writes nothing', async () => {
  await using server = await startMailServer(manners, certificate)
  await using receiver = await startPingReceiver()
  const metrics = { folder: join(folder, 'dry-prom') }
  const hooks = { after: ['touch', join(folder, 'dry-hook')] }
  const fields = { mail: mailTo(server.port), pings: { url: receiver.url }, hooks, metrics }
  const { log, home, exitCode } = await tell([failed('a')], fields, { dryRun: true })
  assert.equal(exitCode, 1)
  assert.match(log, /would run: touch .*dry-hook/)
  assert.match(log, /would run: # mail "web1: 1 of 1 site FAILED — a \(dry run\)" to me@example\.org/)
  assert.deepEqual([server.received.length, receiver.got.length], [0, 0])
  for (const path of ['dry-prom', 'dry-hook']) assert.ok(!existsSync(join(folder, path)))
  assert.ok(!existsSync(join(home, 'state')))
})

test('a sendmail-compatible command gets sender, recipients and the message; its failure keeps the mail', async () => {
  const program = join(folder, 'sendmail')
  writeFileSync(program, `#!/bin/sh\n{ echo "$@"; cat; } > ${folder}/sent\n`)
  chmodSync(program, 0o755)
  const by = (command: string[]) => ({
    from: 'f@example.org',
    to: ['a@example.org', 'b@example.org'],
    by: { kind: 'command' as const, command },
  })
  assert.equal((await tell([failed('x')], { mail: by([program, '-i']) })).exitCode, 1)
  const sent = readFileSync(join(folder, 'sent'), 'utf8')
  assert.match(sent, /^-i -f f@example\.org a@example\.org b@example\.org\n/)
  assert.doesNotMatch(sent, /\r/)
  const { log } = await tell([failed('x')], { mail: by(['false']) })
  assert.match(log, /was not sent: false ended with exit code 1; 1 mail waits/)
})

test('a size that cannot be remembered is told with its site, and those of the other sites are remembered', async () => {
  const place = `${count++}`
  mkdirSync(join(folder, place, 'state/history/a.jsonl'), { recursive: true })
  const { log, home } = await tell([backedUp('a'), backedUp('b')], {}, {}, place)
  assert.match(log, /tonight's size of a is not remembered: .*a\.jsonl cannot be written/)
  assert.doesNotMatch(log, /size of b is not/)
  assert.match(readFileSync(join(home, 'state/history/b.jsonl'), 'utf8'), /420000000/)
})

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Secret } from '../../lib/core/secret.ts'
import { MailQueue } from '../../lib/notify/mail-queue.ts'
import { type SmtpServer, smtpSender } from '../../lib/notify/smtp.ts'
import { composeMail, type Mail } from '../../lib/report/mail.ts'
import { backedUp, failed, madeUpReport } from '../support/made-up-report.ts'
import { type Manners, openMail, selfSigned, startMailServer, startSilentServer } from '../support/mail-server.ts'

const never = new AbortController().signal
const certificate = selfSigned()
const folders: string[] = []
after(() => {
  certificate[Symbol.dispose]()
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const [FROM, TO] = ['holdfast@web1.example.org', 'me@example.org']
const LOGIN = { user: 'backup', password: 'correct horse battery staple' }
const report = madeUpReport([failed('blog'), backedUp('shop')])

const mail = (to: string[] = [TO]): Promise<Mail> => composeMail(report, { from: FROM, to })

function queue(): { queue: MailQueue; folder: string } {
  const folder = join(mkdtempSync(join(tmpdir(), 'holdfast-mail-')), 'mail')
  folders.push(join(folder, '..'))
  return { queue: new MailQueue(folder), folder }
}

const serverAt = (port: number, rest: Partial<SmtpServer> = {}): SmtpServer => ({
  host: '127.0.0.1',
  port,
  tls: 'none',
  timeout: 30,
  ...rest,
})
const withLogin = { user: LOGIN.user, password: new Secret(LOGIN.password), ca: certificate.file }

/** Sends one mail through a queue to a server with these manners, and gives what both sides then have. */
async function deliver(manners: Manners, client: Partial<SmtpServer> = {}, to?: string[]) {
  await using server = await startMailServer(manners, certificate)
  const { queue: waiting, folder } = queue()
  waiting.add(await mail(to), Date.now(), 50)
  const sent = await waiting.sendAll(smtpSender(serverAt(server.port, client), never))
  return { ...sent, received: server.received, files: readdirSync(folder), waiting: sent.waiting, folder, again: waiting }
}

for (const tls of ['implicit', 'starttls'] as const)
  test(`smtpSender() logs in over TLS (${tls})`, async () => {
    const { received, problems, files } = await deliver({ tls, login: LOGIN }, { tls, ...withLogin })
    assert.deepEqual(problems, [])
    assert.deepEqual(files, [])
    assert.deepEqual([received[0]!.secure, received[0]!.user, received[0]!.to], [true, LOGIN.user, [TO]])
    const { header } = openMail(received[0]!.text)
    assert.equal(header('Subject'), 'web1: 1 of 2 sites FAILED — blog')
    assert.equal(header('From'), `Holdfast on web1 <${FROM}>`)
    assert.equal(header('Auto-Submitted'), 'auto-generated')
  })

test('smtpSender() does not send to a server whose certificate nobody vouches for', async () => {
  const { received, problems, waiting } = await deliver(
    { tls: 'starttls', login: LOGIN },
    { tls: 'starttls', ...withLogin, ca: undefined },
  )
  assert.deepEqual([received.length, waiting], [0, 1])
  assert.match(problems[0]!, /was not sent: 127\.0\.0\.1:\d+: .*self-signed certificate/)
})

test('smtpSender() does not send without TLS where STARTTLS is wanted and not offered', async () => {
  const { received, problems, waiting } = await deliver({}, { tls: 'starttls', ca: certificate.file })
  assert.deepEqual([received.length, waiting], [0, 1])
  assert.match(problems[0]!, /STARTTLS/)
})

test('smtpSender() with a wrong login keeps the mail, and never says the password', async () => {
  const password = new Secret('wrong-and-secret')
  const { received, problems, waiting } = await deliver(
    { tls: 'implicit', login: LOGIN },
    { tls: 'implicit', ...withLogin, password },
  )
  assert.deepEqual([received.length, waiting], [0, 1])
  assert.match(problems[0]!, /Invalid login.*535/)
  assert.doesNotMatch(problems[0]!, /wrong-and-secret/)
})

test('smtpSender() keeps a mail for those recipients only whom the server refused', async () => {
  const refuses = { 'away@example.org': 450 }
  const first = await deliver({ refuses }, {}, [TO, 'away@example.org'])
  assert.deepEqual(first.received[0]!.to, [TO])
  assert.equal(first.waiting, 1)
  assert.match(first.problems[0]!, /did not take it for away@example\.org/)
  await using server = await startMailServer({})
  const second = await first.again.sendAll(smtpSender(serverAt(server.port), never))
  assert.deepEqual([server.received[0]!.to, second.waiting], [['away@example.org'], 0])
})

test('MailQueue goes on to the next mail when one is refused for its own sake', async () => {
  await using server = await startMailServer({ refuses: { 'gone@example.org': 550 } })
  const { queue: waiting } = queue()
  waiting.add(await mail(['gone@example.org']), 1_000, 50)
  waiting.add(await mail(), 2_000, 50)
  const { sent, problems, waiting: left } = await waiting.sendAll(smtpSender(serverAt(server.port), never))
  assert.deepEqual([sent.length, problems.length, left, server.received.length], [1, 1, 1, 1])
})

for (const word of ['', '220 hello\r\n'])
  test(`smtpSender() gives up a server that hangs ${word === '' ? 'from the start' : 'after its greeting'}`, async () => {
    await using server = await startSilentServer(word)
    const { queue: waiting } = queue()
    for (const now of [1_000, 2_000]) waiting.add(await mail(), now, 50)
    const { sent, problems, waiting: left } = await waiting.sendAll(smtpSender(serverAt(server.port, { timeout: 1 }), never))
    assert.deepEqual([sent.length, left], [0, 2])
    assert.equal(problems.length, 1, 'the second mail is not tried on a server that hangs')
  })

test('smtpSender() gives a silent server up as soon as it is to stop, and the mail waits', async () => {
  await using server = await startSilentServer('')
  const { queue: waiting } = queue()
  waiting.add(await mail(), 1, 50)
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('stopped by SIGTERM')), 100)
  const { problems, waiting: left } = await waiting.sendAll(smtpSender(serverAt(server.port), stop.signal))
  assert.match(problems.join(), /was not sent: 127\.0\.0\.1:\d+: stopped by SIGTERM$/)
  assert.equal(left, 1)
})

test('smtpSender() to a port where nobody listens keeps the mail', async () => {
  const { queue: waiting } = queue()
  waiting.add(await mail(), 1_000, 50)
  const { problems, waiting: left } = await waiting.sendAll(smtpSender(serverAt(1), never))
  assert.equal(left, 1)
  assert.match(problems[0]!, /ECONNREFUSED/)
})

test('a server that goes away in the middle of a message does not lose it, and gets it once', async () => {
  const first = await deliver({ leaves: 'in the message' })
  assert.deepEqual([first.received.length, first.waiting], [0, 1])
  await using server = await startMailServer({})
  const second = await first.again.sendAll(smtpSender(serverAt(server.port), never))
  const third = await first.again.sendAll(smtpSender(serverAt(server.port), never))
  assert.deepEqual([second.sent.length, third.sent.length, server.received.length], [1, 0, 1])
})

test('a server that goes away without saying whether it took the message gets the same message again: its Message-ID tells', async () => {
  const first = await deliver({ leaves: 'after the message' })
  assert.deepEqual([first.received.length, first.waiting], [1, 1])
  await using server = await startMailServer({})
  await first.again.sendAll(smtpSender(serverAt(server.port), never))
  const ids = [first.received[0]!, server.received[0]!].map(({ text }) => openMail(text).header('Message-ID'))
  assert.match(ids[0]!, /^<.+@web1\.holdfast>$/)
  assert.equal(ids[0], ids[1])
})

test('MailQueue keeps mails in files for their owner only, oldest first, no more than it is told', async () => {
  const { queue: waiting, folder } = queue()
  const one = await mail()
  const gone = [1, 2, 3].map(now => waiting.add({ ...one, subject: `mail ${now}` }, now, 2).map(({ subject }) => subject))
  assert.deepEqual(gone, [[], [], ['mail 1']])
  assert.deepEqual(
    [folder, ...readdirSync(folder).map(name => join(folder, name))].map(path => statSync(path).mode & 0o777),
    [0o700, 0o600, 0o600],
  )
  const order: string[] = []
  await waiting.sendAll(async ({ subject }) => ({ left: [], problem: order.push(subject) < 0 ? '' : undefined, hopeless: false }))
  assert.deepEqual(order, ['mail 2', 'mail 3'])
})

test('MailQueue sets a damaged file aside, says so, and sends the others', async () => {
  const { queue: waiting, folder } = queue()
  waiting.add(await mail(), 2, 50)
  writeFileSync(join(folder, '0000000000001-00000000.json'), '{"from":')
  const { sent, problems } = await waiting.sendAll(async () => ({ left: [], problem: undefined, hopeless: false }))
  assert.equal(sent.length, 1)
  assert.match(problems[0]!, /damaged and was set aside/)
  assert.deepEqual(readdirSync(folder), ['0000000000001-00000000.json.bad'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pings } from '../../lib/notify/pings.ts'
import { startPingReceiver } from '../support/ping-receiver.ts'
import { until } from '../support/processes.ts'

const never = new AbortController().signal
const pings = (url: string, tries = 2, timeout = 30): Pings => new Pings(url, { url, tasks: ['nightly'], timeout, tries })

test('Pings tell start and end by the path of the URL, with a body', async () => {
  await using receiver = await startPingReceiver()
  const ping = pings(receiver.url)
  ping.start('began')
  await until(() => receiver.got.length === 1)
  assert.equal(await ping.begun(never), undefined)
  assert.equal(await ping.end('success', 'well', never), undefined)
  assert.equal(await ping.end('fail', 'x'.repeat(20_000), never), undefined)
  assert.deepEqual(
    receiver.got.map(({ path, body }) => [path, body.slice(0, 6), body.length]),
    [
      ['/check-uuid/start?rid=1', 'began', 5],
      ['/check-uuid?rid=1', 'well', 4],
      ['/check-uuid/fail?rid=1', 'xxxxxx', 10_000],
    ],
  )
})

test('Pings try again after an error of the server, and not after a refusal', async () => {
  await using receiver = await startPingReceiver([503, 200, 404])
  assert.equal(await pings(receiver.url).end('success', '', never), undefined)
  assert.equal(await pings(receiver.url).end('success', '', never), 'the success ping did not get through: HTTP status 404')
  assert.equal(receiver.got.length, 3)
})

test('Pings give up a receiver that never answers, and never say the URL', async () => {
  await using receiver = await startPingReceiver([0, 0])
  const problem = await pings(receiver.url, 2, 0.3).end('fail', '', never)
  assert.match(problem!, /did not get through: .*timeout/)
  assert.doesNotMatch(problem!, /check-uuid/)
})

test('Pings that could not tell the start by the end of the work do not hold it up', async () => {
  await using receiver = await startPingReceiver([0])
  // it would be tried for five minutes
  const ping = pings(receiver.url, 10, 30)
  ping.start('')
  assert.match((await ping.begun(never))!, /start ping was not answered/)
  assert.equal(await ping.end('success', '', never), undefined)
})

test('Pings to a machine that is not there fail with the reason', async () => {
  assert.match((await pings('http://127.0.0.1:59/x', 1).end('success', '', never))!, /ECONNREFUSED|bad port/)
})

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { beforeEach, test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { VpnSettings } from '../../lib/inventory/schema.ts'
import { vpn } from '../../lib/steps/vpn.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { outcomeOf, perform, story } from '../support/perform.ts'
import { startHolder } from '../support/start-holder.ts'

const folder = ownFolder('vpn')
/** The VPN of these tests is a file that is there while it is on; each switching is a line of a diary. */
const [state, diary] = [join(folder, 'on'), join(folder, 'diary')]
const sh = (script: string): string[] => ['sh', '-c', script]
const settings = {
  kind: 'commands',
  name: 'home',
  up: sh(`echo up >> ${diary}; touch ${state}`),
  down: sh(`echo down >> ${diary}; rm ${state}`),
  isUp: ['test', '-e', state],
  timeout: 5,
} satisfies VpnSettings
const hostWith = (more: object = {}) => hostIn(folder, { vpn: { ...settings, ...more } })
const host = hostWith()
const told = (): string[] =>
  readFileSync(diary, 'utf8')
    .split('\n')
    .filter(line => line !== '')
const leases = (): string[] => readdirSync(join(host.paths.run, 'vpn', 'home')).filter(name => name.startsWith('lease-'))

beforeEach(() => {
  for (const path of [state, host.paths.run]) rmSync(path, { recursive: true, force: true })
  writeFileSync(diary, '')
})

const hold = (on = host, during: () => void = () => {}, stop?: AbortSignal) => {
  const chain = recipe<{ host: typeof host }>()
    .hold(vpn)
    .do({ name: 'work', title: 'work', run: async () => during() })
  return perform(chain, { host: on }, stop ? { stop } : {})
}

test('vpn is on during the run only', async () => {
  const { outcomes } = await hold(host, () => assert.ok(existsSync(state) && leases().length === 1))
  assert.deepEqual(story(outcomes), ['vpn up done', 'work do done', 'vpn down done'])
  assert.deepEqual(told(), ['up', 'down'])
  assert.deepEqual(leases(), [])
})

test('vpn that was on before stays on', async () => {
  writeFileSync(state, '')
  await hold()
  assert.deepEqual(told(), [])
  assert.ok(existsSync(state))
})

test('vpn goes off after a failure and after a stop', async () => {
  await hold(host, () => assert.fail('it broke'))
  const stop = new AbortController()
  await hold(host, () => stop.abort(new Error('stopped')), stop.signal)
  assert.deepEqual(told(), ['up', 'down', 'up', 'down'])
})

test('vpn is shared: two processes switch it on once, and the last one switches it off', async () => {
  const first = await startHolder('vpn', host)
  const second = await startHolder('vpn', host)
  assert.equal(leases().length, 2)
  await first.release()
  assert.deepEqual(told(), ['up'])
  assert.ok(existsSync(state))
  await second.release()
  assert.deepEqual(told(), ['up', 'down'])
})

test('vpn is switched on once by processes that begin at the same moment', async () => {
  const holders = await Promise.all([1, 2, 3].map(() => startHolder('vpn', host)))
  assert.deepEqual(told(), ['up'])
  await Promise.all(holders.map(holder => holder.release()))
  assert.deepEqual(told(), ['up', 'down'])
})

test('vpn forgets the lease of a process that was killed, and switches off what that one had switched on', async () => {
  const other = await startHolder('vpn', host)
  await other.kill('SIGKILL')
  assert.deepEqual([leases().length, existsSync(state)], [1, true])
  await hold()
  assert.deepEqual(told(), ['up', 'down'])
  assert.deepEqual(leases(), [])
})

test('vpn does not count a lease whose process id belongs to another process by now', async () => {
  await hold()
  writeFileSync(join(host.paths.run, 'vpn', 'home', `lease-${process.ppid}`), 'another-boot 1\n')
  await hold()
  assert.deepEqual(told(), ['up', 'down', 'up', 'down'])
})

test('vpn without a way to ask is switched on and off all the same', async () => {
  const { isUp: _, ...blind } = settings
  await perform(recipe<{ host: typeof host }>().hold(vpn), { host: hostIn(folder, { vpn: blind }) })
  assert.deepEqual(told(), ['up', 'down'])
})

test('vpn that cannot be switched on fails the run, and is switched off', async () => {
  const { outcomes } = await hold(hostWith({ up: sh(`echo up >> ${diary}; touch ${state}; echo no route >&2; exit 3`) }))
  assert.match(story(outcomes)[0]!, /^vpn up failed: sh ended with exit code 3: no route/)
  assert.deepEqual(told(), ['up', 'down'])
})

test('vpn whose command hangs fails the run in its time', async () => {
  const { outcomes } = await hold(hostWith({ up: ['sleep', '60'], timeout: 0.3 }))
  assert.match(story(outcomes)[0]!, /^vpn up failed: sleep did not end within 0\.3 s/)
})

test('vpn waits until the other end answers', async () => {
  const server = createServer(socket => socket.destroy())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { outcomes } = await hold(hostWith({ probe: { host: '127.0.0.1', port } }))
  assert.equal(outcomes[0]!.status, 'done')
  await new Promise(resolve => server.close(resolve))
  const silent = await hold(hostWith({ probe: { host: '127.0.0.1', port }, timeout: 1 }))
  assert.match(
    outcomeOf(silent, 'vpn', 'up').reason!,
    new RegExp(`^the VPN is on, but 127\\.0\\.0\\.1 port ${port} behind it did not answer within 1 s \\(ECONNREFUSED\\)$`),
  )
  assert.deepEqual(told(), ['up', 'down', 'up', 'down'])
})

test('vpn is a hold of a host without one, too', async () => {
  const { outcomes } = await hold(hostIn(folder))
  assert.deepEqual(story(outcomes), ['vpn up done', 'work do done', 'vpn down done'])
})

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { ownFolder } from '../support/host.ts'
import { processesWith, until } from '../support/processes.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { startTask } from '../support/recovery-stage.ts'
import { type Ended, isUnlocked, Stage, type StageHost } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

/** Ms in which a stopped run has ended; it should in ten seconds, but this machine has other work too. */
const SOON = 25_000
/** What lets no signal that can be caught end it, and says that it has begun. */
const deaf = (marker: string): string => `trap '' TERM INT HUP; echo here > '${marker}'; while :; do sleep 0.3; done`

/** A backup that lets no signal end it: the sandbox around duplicity, which itself could not say that it has begun. */
const deafBackup = (bin: string, marker: string): void =>
  fakeProgram(bin, 'bwrap', `PATH=$REAL; case "$*" in *' duplicity full '*) ${deaf(marker)} ;; esac; exec bwrap "$@"`)

const folder = ownFolder('stop-waits')
let count = 0

/** A host with a site, and a place where something can say that it waits. */
async function place(fields: (at: (name: string) => string) => Partial<HostFile>) {
  const own = join(folder, String(count++))
  mkdirSync(own)
  const at = (name: string): string => join(own, name)
  const stage = new Stage(own)
  const host = stage.addHost('web1', fields(at))
  await createStaticSite(host, 'blog')
  return { stage, host, own, at, marker: at('here') }
}

/** Stops a run once it waits. It ends soon, with the exit code of SIGTERM, and lets go of all. */
async function stopsAt(
  t: TestContext,
  { host, own }: { readonly host: StageHost; readonly own: string },
  { child, ended }: { readonly child: ChildProcess; readonly ended: Promise<Ended> },
  waits: () => boolean,
): Promise<Ended> {
  let over = false
  void ended.then(() => {
    over = true
  })
  const orKill = (error: unknown): never => {
    child.kill('SIGKILL')
    throw error
  }
  await until(() => waits() || over, 60_000).catch(orKill)
  assert.ok(!over, `it did not come to wait: ${JSON.stringify(over && (await ended))}`)
  const stopped = performance.now()
  child.kill('SIGTERM')
  await until(() => over, SOON).catch(orKill)
  t.diagnostic(`ended after ${((performance.now() - stopped) / 1000).toFixed(1)} s`)
  const end = await ended
  assert.equal(end.code, 143, end.stdout + end.stderr)
  assert.ok(isUnlocked(host), 'the lock is let go')
  await until(() => processesWith(own).length === 0)
  return end
}

/** A server that takes connections and says nothing. */
async function silentServer(word = ''): Promise<{ port: number; asked: () => boolean } & AsyncDisposable> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    socket.on('error', () => {})
    if (word !== '') socket.write(word)
    sockets.push(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    port,
    asked: () => sockets.length > 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

describe('SIGTERM ends a run soon while it waits for', { concurrency: 4 }, () => {
  test('a program that lets no signal end it', async t => {
    const here = await place(() => ({}))
    deafBackup(here.at('bin'), here.marker)
    const env = { PATH: pathWith(here.at('bin')) }
    await stopsAt(t, here, here.stage.start(here.host, [], env), () => existsSync(here.marker))
  })

  for (const hook of ['before', 'after', 'onFailure'] as const)
    test(`a hook (${hook})`, async t => {
      const failing: Partial<HostFile> = { vpn: { kind: 'commands', name: 'home', up: ['false'], down: ['true'] } }
      const here = await place(at => ({
        hooks: { [hook]: ['sh', '-c', deaf(at('here'))] },
        ...(hook === 'onFailure' ? failing : {}),
      }))
      await stopsAt(t, here, here.stage.start(here.host), () => existsSync(here.marker))
    })

  for (const what of ['up', 'down'] as const)
    test(`a VPN that does not go ${what}`, async t => {
      const here = await place(at => ({
        vpn: { kind: 'commands', name: 'home', up: ['true'], down: ['true'], [what]: ['sh', '-c', deaf(at('here'))] },
      }))
      await stopsAt(t, here, here.stage.start(here.host), () => existsSync(here.marker))
    })

  test('the other end of a VPN', async t => {
    const here = await place(at => ({
      vpn: {
        kind: 'commands',
        name: 'home',
        up: ['touch', at('here')],
        down: ['true'],
        probe: { host: '127.0.0.1', port: 9 },
        timeout: 600,
      },
    }))
    await stopsAt(t, here, here.stage.start(here.host), () => existsSync(here.marker))
  })

  test('a lock that another program holds', async t => {
    const here = await place(() => ({ vpn: { kind: 'commands', name: 'home', up: ['true'], down: ['true'], timeout: 613 } }))
    const leases = join(here.host.folder, 'run/vpn/home')
    mkdirSync(leases, { recursive: true })
    const holder = spawn('flock', [join(leases, 'lock'), 'sleep', '600'], { stdio: 'ignore' })
    const waits = () => processesWith('flock\0--timeout\x00613').length > 0
    try {
      await stopsAt(t, { ...here, own: '--timeout\x00613' }, here.stage.start(here.host), waits)
    } finally {
      holder.kill()
    }
  })

  test('a mail server and a ping that say nothing, after a run that was stopped while it waited itself', async t => {
    await using mail = await silentServer()
    await using ping = await silentServer()
    const by = { kind: 'smtp', host: '127.0.0.1', port: mail.port, tls: 'none', timeout: 600 } as const
    const here = await place(at => ({
      mail: { from: 'holdfast@example.org', to: ['me@example.org'], by, when: 'always' },
      pings: { url: `http://127.0.0.1:${ping.port}/`, timeout: 600 },
      hooks: { onFailure: ['sh', '-c', deaf(at('told'))], after: ['sh', '-c', deaf(at('told-after'))], timeout: 600 },
    }))
    deafBackup(here.at('bin'), here.marker)
    await stopsAt(t, here, here.stage.start(here.host, [], { PATH: pathWith(here.at('bin')) }), () => existsSync(here.marker))
    assert.ok(ping.asked() && existsSync(here.at('told')) && existsSync(here.at('told-after')), 'all of it was tried')
    assert.equal(
      readdirSync(join(here.host.folder, 'state/mail')).filter(name => name.endsWith('.json')).length,
      1,
      'the mail waits',
    )
  })

  test('a mail server, when all else is done', async t => {
    await using mail = await silentServer('220 hello\r\n')
    const by = { kind: 'smtp', host: '127.0.0.1', port: mail.port, tls: 'none', timeout: 600 } as const
    const here = await place(() => ({ mail: { from: 'holdfast@example.org', to: ['me@example.org'], by, when: 'always' } }))
    await stopsAt(t, here, here.stage.start(here.host), mail.asked)
    assert.equal(
      readdirSync(join(here.host.folder, 'state/mail')).filter(name => name.endsWith('.json')).length,
      1,
      'the mail waits',
    )
  })

  test('a page, before a site is restored', async t => {
    await using site = await silentServer('HTTP/1.1 200 OK\r\n')
    const check = { url: `http://127.0.0.1:${site.port}/` }
    const here = await place(() => ({}))
    assert.equal((await here.stage.nightly(here.host)).code, 0)
    // only now: the night asks for the page too
    here.stage.addHost('web1', { sites: { blog: { check } }, deadlines: { request: 600 } } as object)
    await stopsAt(t, here, startTask(here.stage, here.host, 'recover', ['--site', 'blog', '--yes']), site.asked)
    assert.ok(!existsSync(join(here.host.vhosts, '.holdfast')), 'nothing of the restore is left')
  })

  for (const what of ['fifo', 'nothing', 'program'])
    test(`what hears of no stop (${what})`, async t => {
      const here = await place(() => ({}))
      execFileSync('mkfifo', [here.at('fifo')])
      const script = join(import.meta.dirname, '../support/waits.ts')
      const words = [script, what, here.at('fifo'), '--host', 'web1', '--inventory', join(here.stage.folder, 'hosts')]
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk
      })
      const closed = new Promise<number | null>(resolve => child.on('close', resolve))
      const ended = Promise.all([text(child.stdout), closed]).then(([stdout, code]) => ({
        code,
        signal: null,
        stdout,
        stderr: said,
      }))
      await stopsAt(t, here, { child, ended }, () => said.includes('it waits'))
    })

  test('a look at the archive (status)', async t => {
    const here = await place(() => ({ deadlines: { look: 600 } }))
    writeFileSync(join(here.host.vhosts, 'blog', 'SITE', 'page'), 'page')
    assert.equal((await here.stage.nightly(here.host)).code, 0)
    fakeProgram(here.at('bin'), 'setpriv', deaf(here.marker)) // which begins the process that works on shares
    const run = startTask(here.stage, here.host, 'status' as 'nightly', [], { PATH: pathWith(here.at('bin')) })
    // that process begins before a stop is listened for, when nothing is held yet and the signal itself ends the run
    await stopsAt(t, here, run, () => existsSync(here.marker) && catchesTerm(run.child.pid))
  })
})

function catchesTerm(pid: number | undefined): boolean {
  const [, caught = ''] = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (BigInt(`0x${caught}`) & (1n << 14n)) !== 0n
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type CommandOptions, PrintedTooMuch, runProcess, TimedOut } from '../../lib/engine/process.ts'
import { type Sandbox, sandboxed } from '../../lib/host/sandbox.ts'
import { RACES } from '../support/exchanger.ts'
import { commandLines, processesWith, until } from '../support/processes.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-sandbox-'))
after(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]): string => join(folder, ...names)
const never = new AbortController().signal

/** What a script of sh prints in a sandbox; its failure is the test's. */
async function said(script: string, sandbox: Sandbox = {}, options: CommandOptions = {}): Promise<string> {
  return (await runProcess(sandboxed(['sh', '-c', script], sandbox), { onLine: () => {}, ...options }, never)).stdout.trim()
}

mkdirSync(at('sites', 'blog'), { recursive: true })
mkdirSync(at('sites', 'shop'))
for (const name of ['.env', 'sites/blog/page', 'sites/shop/page']) writeFileSync(at(name), name, { mode: 0o600 })

test('sandboxed() shows what is named, at the path that is said, and nothing beside it', async () => {
  const look = `cd ${folder} && find . -type f; cat /a/page 2>/dev/null; true`
  assert.equal(await said(look, { reads: [at('sites', 'blog')] }), './sites/blog/page')
  assert.equal(
    await said('cat /a/page; ls -d /root /home /srv /var 2>/dev/null; true', {
      reads: [{ from: at('sites', 'blog'), to: '/a' }],
    }),
    'sites/blog/page',
  )
})

test('sandboxed() lets a program write only where that is said', async () => {
  const write = (path: string): string => `if true >> ${path}; then echo ${path}; fi;`
  const paths = [
    '/x',
    '/dev/x',
    '/etc/x',
    '/usr/x',
    '/proc/x',
    '/tmp/x',
    '/dev/shm/x',
    at('sites/blog/x'),
    at('sites/shop/x'),
    '/proc/sys/kernel/core_pattern',
    '/proc/sysrq-trigger',
  ]
  const tries = paths.map(write).join('')
  assert.equal(
    await said(`exec 2>/dev/null; ${tries}`, { reads: [at('sites/blog')], writes: [at('sites/shop')] }),
    `/tmp/x\n/dev/shm/x\n${at('sites/shop/x')}`,
  )
})

test('sandboxed() leaves no capability but those named, to root and to another', async () => {
  const mine = 'grep -E "Cap(Prm|Eff|Inh|Amb)|NoNewPrivs" /proc/self/status | tr -d "\\t\\n"'
  const none = '0'.repeat(16)
  assert.equal(await said(mine), `CapInh:${none}CapPrm:${none}CapEff:${none}CapAmb:${none}NoNewPrivs:1`)
  assert.equal(await said(mine, { user: 'unused' }), `CapInh:${none}CapPrm:${none}CapEff:${none}CapAmb:${none}NoNewPrivs:1`)
  assert.match(await said(mine, { capabilities: ['CAP_DAC_OVERRIDE'] }), /CapEff:0{15}2/)
})

test('sandboxed() lets a program read nothing of root, of others or of Holdfast, and reach nobody', async () => {
  const server = createServer(socket => socket.end('reached')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reach = `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`
  const look = `for f in /etc/shadow ${at('.env')} ${at('sites/shop/page')} /root/.bashrc /proc/1/root/etc/shadow; do cat "$f"; done; ls /proc; ${reach}`
  const seen = async (sandbox: Sandbox): Promise<string> =>
    (await runProcess(sandboxed(['bash', '-c', `exec 2>/dev/null; ${look}; true`], sandbox), { onLine: () => {} }, never)).stdout
  try {
    for (const user of [undefined, 'unused'] as const) {
      const printed = await seen({ reads: [at('sites/blog')], ...(user && { user }) })
      assert.doesNotMatch(printed, /root:|\.env|sites|reached/)
      assert.ok(printed.split('\n').filter(name => /^\d+$/.test(name)).length < 6, 'it sees its own processes only')
    }
    assert.match(await seen({ network: true }), /reached/)
  } finally {
    server.close()
  }
})

test('sandboxed() ends what forks, fills the disk or prints without end', { timeout: 60_000 }, async () => {
  const run = (script: string, sandbox: Sandbox, options: CommandOptions = {}) =>
    runProcess(sandboxed(['bash', '-c', script], sandbox), { onLine: () => {}, ...options }, never)
  const forks = 'f() { f | f & }; f; sleep 100'
  await assert.rejects(run(forks, { user: 'unused', limits: { processes: 20 } }, { timeout: 1 }), TimedOut)
  assert.deepEqual(processesWith('f() { f | f & }'), [])
  const fill =
    'dd if=/dev/zero of=/tmp/a bs=1M count=10000 2>/dev/null; dd if=/dev/zero of=/dev/shm/a bs=1M count=10000 2>/dev/null; du -sm /tmp | cut -f 1'
  assert.ok(Number((await run(fill, { limits: { tmp: 4_000_000 } })).stdout) <= 4)
  const large = `dd if=/dev/zero of=${at('sites/blog/large')} bs=1M count=10000`
  await assert.rejects(run(large, { writes: [at('sites/blog')], limits: { fileSize: 3_000_000 } }))
  assert.ok(statSync(at('sites/blog/large')).size <= 3_000_000)
  rmSync(at('sites/blog/large'))
  await assert.rejects(run('head -c 10000000000 /dev/zero', {}, { maxOutput: 1_000_000 }), PrintedTooMuch)
  await assert.rejects(
    run(
      'head -c 3000000000 /dev/zero | tail -n 1 && exit ${PIPESTATUS[1]}',
      { limits: { memory: 200_000_000 } },
      { timeout: 20 },
    ),
  )
})

test('sandboxed() follows no link below a folder that says so, also where something is mounted in it', {
  skip: process.geteuid?.() !== 0,
}, async () => {
  symlinkSync('/etc/passwd', at('sites/blog/link'))
  const reads = [at('sites/blog')]
  const look = `cat ${at('sites/blog/link')} 2>&1 | head -n 1; readlink ${at('sites/blog/link')}`
  assert.match(await said(look, { reads }), /^root:/)
  assert.match(await said(look, { reads, noLinks: at('sites/blog') }), /Too many levels of symbolic links\n\/etc\/passwd$/)
  assert.match(
    await said(`${look}; touch ${at('sites/blog/new')}`, { writes: reads, noLinks: at('sites/blog') }),
    /Too many levels/,
  )
  rmSync(at('sites/blog/link'))
})

test('sandboxed() brings a program that lies outside /usr, and what is beside it', async () => {
  fakeProgram(at('bin'), 'outside', `cat "\${0%/*}/beside"`)
  writeFileSync(at('bin', 'beside'), 'beside it')
  const run = async (program: string) => (await runProcess(sandboxed([program]), { onLine: () => {} }, never)).stdout
  assert.equal(await run(at('bin', 'outside')), 'beside it')
  assert.equal(await whilePathHas(at('bin'), () => run('outside')), 'beside it')
})

/** In CI a few of them. */
const KILLS = Math.ceil(RACES / 10)

test(`nothing is left of a sandbox that is being made when its command is to end, or this process is killed, ${KILLS} times`, async () => {
  const mark = `sandbox-of-${process.pid}`
  const words = sandboxed(['sleep', '987'], { env: { MARK: mark } })
  const left = () => [...commandLines().values()].filter(line => line.includes(mark) && line.startsWith('bwrap'))
  for (let kill = 0; kill < KILLS; kill++) {
    const stop = new AbortController()
    const run = assert.rejects(runProcess(words, { grace: () => 0 }, stop.signal))
    setTimeout(() => stop.abort(new Error('enough')), Math.random() * 60)
    await run
  }
  const module = JSON.stringify(join(import.meta.dirname, '../../lib/engine/process.ts'))
  const script = `const { runProcess } = await import(${module})
    process.stdout.write('begun')
    await runProcess(${JSON.stringify(words)}, {}, new AbortController().signal)`
  for (let kill = 0; kill < KILLS; kill++) {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(parent, 'exit')
    await once(parent.stdout, 'data')
    setTimeout(() => parent.kill('SIGKILL'), Math.random() * 80)
    await ended
  }
  await until(() => left().length === 0)
})

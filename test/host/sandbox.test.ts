import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type CommandOptions, runProcess } from '../../lib/engine/process.ts'
import { type Sandbox, sandboxed } from '../../lib/host/sandbox.ts'

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

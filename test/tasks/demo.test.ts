import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { setsOf } from '../../lib/core/collection.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { HOME } from '../../lib/program/command-line.ts'
import { processesWith, until } from '../support/processes.ts'

const place = mkdtempSync(join(tmpdir(), 'holdfast-of-demos-'))
after(() => rmSync(place, { recursive: true, force: true }))

function begin() {
  const env = { ...process.env, TMPDIR: place, PATH: `${join(HOME, 'node_modules/.bin')}:${process.env.PATH}` }
  const child = spawn('zx', ['tasks/demo.ts'], { cwd: HOME, env, stdio: ['ignore', 'pipe', 'pipe'] })
  return { child, output: Promise.all([text(child.stdout), text(child.stderr)]), ended: once(child, 'close') }
}

const sandboxes = (): string[] => readdirSync(place).filter(name => name.startsWith('holdfast-demo-'))

/** The kinds of the sets in a site's archive, oldest first. */
function kindsIn(folder: string): string[] {
  const files = readdirSync(folder).map(name => ({ name, bytes: statSync(join(folder, name)).size }))
  return collectionOf(files)
    .chains.flatMap(setsOf)
    .map(set => set.kind)
}

test('the demo that is stopped leaves no process, and the next one removes its sandbox', { timeout: 120_000 }, async () => {
  const { child, output, ended } = begin()
  const log = (): boolean => sandboxes().some(name => existsSync(join(place, name, 'web1', 'logs')))
  await until(log, 60_000)
  child.kill('SIGTERM')
  const [code] = await ended
  const [, stderr] = await output
  assert.match(stderr, /The demo failed: stopped by SIGTERM/)
  assert.equal(code, 143)
  await until(() => processesWith(place).length === 0)
})

test('the demo shows the post on the replica, leaves no process and an archive with the sets that it tells of', {
  timeout: 180_000,
}, async () => {
  const left = sandboxes()
  const { output, ended } = begin()
  const [[stdout, stderr], [code]] = await Promise.all([output, ended])
  assert.equal(code, 0, `${stdout.slice(-2000)}${stderr}`)
  assert.deepEqual(processesWith(place), [])
  const [sandbox = '', ...others] = sandboxes()
  assert.deepEqual(others, [])
  assert.ok(!left.includes(sandbox))
  for (const [site, kinds] of [
    ['blog', ['full', 'incremental']],
    ['leaflet', ['full']],
  ] as const) {
    assert.deepEqual(kindsIn(join(place, sandbox, 'archive', site)), kinds)
    for (const kind of kinds) assert.match(stdout, new RegExp(`^ {2}${site} +${kind} .* UTC +\\d+ +[\\d.]+ `, 'm'))
  }
  assert.match(stdout, /^leaflet +unchanged since/m)
  assert.match(stdout, /GET \/\?p=\d+ from web2: 200/)
  const logs = readdirSync(join(place, sandbox, 'web1', 'logs')).map(name =>
    readFileSync(join(place, sandbox, 'web1', 'logs', name), 'utf8'),
  )
  assert.match(
    logs.join(),
    /restore drill of .*, its database imported in \d+ s, works: HTTP 200/,
    'a real WordPress in the sandbox',
  )
  assert.equal(statSync(join(place, sandbox, '.env')).mode & 0o777, 0o600)
  assert.equal(statSync(join(place, sandbox)).mode & 0o777, 0o700)
})

for (const task of ['demo', 'schema']) {
  test(`tasks/${task}.ts takes no options, and says so before it does anything`, () => {
    const { status, stderr, stdout } = spawnSync('zx', [`tasks/${task}.ts`, '--nonsense'], { cwd: HOME, encoding: 'utf8' })
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, new RegExp(`^${task}: found --nonsense, wanted no options$`, 'm'))
  })
}

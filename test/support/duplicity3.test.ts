import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sandboxed } from '../../lib/host/sandbox.ts'
import { output } from '../../lib/sandbox/process.ts'
import { withDuplicity3 } from './duplicity3.ts'
import { faketime } from './faketime.ts'
import { fakeProgram } from './programs.ts'

let folder: string
let env: NodeJS.ProcessEnv

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-duplicity3-'))
  env = await withDuplicity3({ ...process.env, PASSPHRASE: 'known', GNUPGHOME: join(folder, 'gnupg'), HOME: folder, TZ: 'UTC' })
  await mkdir(join(folder, 'gnupg'), { mode: 0o700 })
})

after(async () => {
  await output('gpgconf', ['--kill', 'gpg-agent'], '', { env })
  await rm(folder, { recursive: true, force: true })
})

/** A folder of its own for each test: source, archive and duplicity's cache. */
async function place(name: string) {
  const cwd = join(folder, name)
  await mkdir(join(cwd, 'source'), { recursive: true })
  await writeFile(join(cwd, 'source', 'file'), 'first')
  const options = ['--archive-dir', join(cwd, 'cache'), '--no-encryption']
  const duplicity = (...words: string[]) => output('duplicity', [...words, ...options], '', { env, cwd })
  return { cwd, url: `file://${cwd}/archive`, duplicity, options }
}

test('withDuplicity3() makes duplicity 3.0.4', async () => {
  assert.match(await output('duplicity', ['--version'], '', { env }), /^duplicity 3\.0\.4 /)
})

test('in a sandbox it is 3.0.4 too, by its name and by the path of a program that calls it', async () => {
  const program = join(folder, 'programs/duplicity')
  fakeProgram(join(folder, 'programs'), 'duplicity', 'exec duplicity "$@"')
  for (const called of ['duplicity', program]) {
    const [bwrap = '', ...words] = sandboxed([called, '--version'])
    assert.match(await output(bwrap, words, '', { env }), /^duplicity 3\.0\.4 /, called)
  }
})

test('duplicity 3 backs up, adds and restores, in the working directory of its caller', async () => {
  const { cwd, url, duplicity } = await place('plain')
  await duplicity('full', 'source', url)
  await writeFile(join(cwd, 'source', 'file'), 'second, which is longer')
  await utimes(join(cwd, 'source', 'file'), new Date(), new Date(Date.now() + 5000)) // it looks at whole seconds only
  assert.match(await duplicity('incremental', 'source', url), /ChangedFiles 1/)
  await duplicity('restore', url, 'restored')
  assert.equal(await readFile(join(cwd, 'restored', 'file'), 'utf8'), 'second, which is longer')
})

test('duplicity 3 encrypts', async () => {
  const { cwd, url } = await place('encrypted')
  await output('duplicity', ['full', '--archive-dir', join(cwd, 'cache'), 'source', url], '', { env, cwd })
  assert.ok((await readdir(join(cwd, 'archive'))).every(name => name.endsWith('.gpg')))
  await output('duplicity', ['restore', '--archive-dir', join(cwd, 'cache2'), url, 'restored'], '', { env, cwd })
  assert.equal(await readFile(join(cwd, 'restored', 'file'), 'utf8'), 'first')
})

test('duplicity 3 takes its time from faketime', async () => {
  const { cwd, url, options } = await place('faked')
  const faked = { ...env, ...faketime(Date.parse('2026-01-05T03:00:00Z')) }
  await output('duplicity', ['full', ...options, 'source', url], '', { env: faked, cwd })
  assert.match((await readdir(join(cwd, 'archive'))).join(' '), /duplicity-full\.20260105T0300\d\dZ\.manifest/)
})

test('duplicity 3 runs beside itself', async () => {
  const places = await Promise.all(['one', 'two', 'three', 'four'].map(place))
  await Promise.all(places.map(({ url, duplicity }) => duplicity('full', 'source', url)))
  for (const { cwd } of places) assert.equal((await readdir(join(cwd, 'archive'))).length, 3)
})

test('duplicity 3 is the very process that was started, and hands on its file descriptors', async () => {
  const { cwd, url, options } = await place('process')
  const words = ['full', '--log-fd', '3', ...options, 'source', url]
  const child = spawn('duplicity', words, { cwd, env, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  const [log] = await once(child.stdio[3]!, 'data')
  assert.match(String(log), /^(NOTICE|INFO|DEBUG) /)
  const command = await readFile(`/proc/${child.pid}/cmdline`, 'utf8')
  child.kill('SIGKILL')
  assert.match(command, /python3.*\0\/usr\/bin\/duplicity\0full/s)
  assert.deepEqual(await ended, [null, 'SIGKILL'])
})

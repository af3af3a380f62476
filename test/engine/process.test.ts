import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CommandFailed, lastLines, PrintedTooMuch, runProcess, TimedOut } from '../../lib/engine/process.ts'
import { Stopped } from '../../lib/engine/stop.ts'
import { isAlive, until } from '../support/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-process-'))
after(() => rmSync(folder, { recursive: true }))
const never = new AbortController().signal
const sh = (script: string, options = {}, stop = never) => runProcess(['sh', '-c', script], options, stop)
/** The process ids that a script wrote into a file. */
const pidsIn = (file: string): number[] => readFileSync(join(folder, file), 'utf8').match(/\d+/g)?.map(Number) ?? []
const hasLines = (file: string, count: number) => () => pidsIn(file).length === count

test('runProcess() kills the whole group on a stop, pipelines and those who do not listen included', async () => {
  const stop = new AbortController()
  const file = join(folder, 'group')
  writeFileSync(file, '')
  const script = `trap '' TERM; echo $$ >> ${file}; (echo $(sh -c 'echo $PPID') >> ${file}; sleep 60) | cat & sleep 60 & echo $! >> ${file}; wait`
  const running = sh(script, {}, stop.signal)
  await until(hasLines('group', 3))
  stop.abort(new Stopped('SIGTERM'))
  await assert.rejects(running, (error: Error) => error instanceof Stopped && error.message === 'stopped by SIGTERM')
  await until(() => !pidsIn('group').some(isAlive))
})

test('runProcess() tells a line without end in pieces, as it comes', async () => {
  const told: number[] = []
  const { stdout } = await sh("head -c 20000000 /dev/zero | tr '\\0' x", { onLine: (line: string) => told.push(line.length) })
  assert.equal(stdout.length, 20_000_000)
  assert.equal(
    told.reduce((sum, length) => sum + length, 0),
    20_000_000,
  )
  assert.ok(Math.max(...told) < 1_000_000, String(Math.max(...told)))
})

test('runProcess() gives what was printed as text, wherever the pipe cut it', async () => {
  const { stdout, stderr } = await sh("printf '\\303'; printf '\\303' >&2; sleep 0.1; printf '\\274'; printf '\\274' >&2")
  assert.deepEqual([stdout, stderr], ['ü', 'ü'])
})

test('runProcess() gives a process time to end well', async () => {
  const stop = new AbortController()
  const file = join(folder, 'well')
  writeFileSync(file, '')
  const running = sh(`trap 'echo 1 >> ${file}; exit 0' TERM; echo 1 >> ${file}; while :; do sleep 0.02; done`, {}, stop.signal)
  await until(hasLines('well', 1))
  stop.abort(new Stopped('SIGHUP'))
  await assert.rejects(running, Stopped)
  assert.equal(pidsIn('well').length, 2)
})

test('runProcess() begins nothing after a stop, nor when it comes while files are opened', async () => {
  const stopped = AbortSignal.abort(new Stopped('SIGINT'))
  await assert.rejects(sh('exit 0', {}, stopped), Stopped)
  const stop = new AbortController()
  const stdin = async () => {
    const file = await open('/dev/null')
    stop.abort(new Stopped('SIGINT'))
    return file
  }
  const begun = Date.now()
  await assert.rejects(sh('sleep 5', { stdin }, stop.signal), Stopped)
  assert.ok(Date.now() - begun < 2000)
})

test('runProcess() ends what takes too long, and says so', async () => {
  const error = await sh('sleep 60', { timeout: 0.2 }).catch((caught: unknown) => caught)
  assert.ok(error instanceof TimedOut && error instanceof CommandFailed)
  assert.equal(error.message, 'sh did not end within 0.2 s')
  assert.equal(error.exitCode, undefined)
})

/** The error of a command that is wanted to be ended, and its message. */
const failureOf = async (running: Promise<unknown>): Promise<CommandFailed> => {
  const error = await running.then(
    () => undefined,
    caught => caught,
  )
  assert.ok(error instanceof CommandFailed, String(error))
  return error
}

test('runProcess() ends what does nothing for too long, and says so with what it said last', async () => {
  const error = await failureOf(sh('echo asking the server >&2; sleep 60', { idleTimeout: 0.4 }))
  assert.ok(error instanceof TimedOut)
  assert.equal(error.message, 'sh did nothing for 0.4 s: asking the server')
})

test('runProcess() takes for work what a command prints, computes, reads or writes, also by what it started, in another session too', async () => {
  const now = 'for n in 1 2 3 4 5 6 7 8; do sleep 0.5;'
  const working = [
    `${now} echo $n; done`,
    `setsid --wait sh -c "${now} i=0; while [ \\$i -lt 9000 ]; do i=\\$((i + 1)); done; done"`,
    `(${now} head -c 100 /dev/zero > /dev/null; done) & wait`,
  ]
  await Promise.all(working.map(script => sh(script, { idleTimeout: 3 })))
})

test('runProcess() asks anew how long a command may do nothing', async () => {
  let allowed = 60
  const running = sh('echo failed; sleep 60', {
    idleTimeout: () => allowed,
    onLine: () => {
      allowed = 0.2
    },
  })
  assert.equal((await failureOf(running)).message, 'sh did nothing for 0.2 s: failed')
})

test('runProcess() gives what ran out of its time to who explains it', async () => {
  const explain = ({ message }: CommandFailed) => new Error(`explained: ${message}`)
  await assert.rejects(sh('sleep 60', { timeout: 0.1, explain }), { message: 'explained: sh did not end within 0.1 s' })
})

test('runProcess() waits as long as a timer can, however long its limits are', async () => {
  await sh('sleep 0.3', { timeout: 1e12, idleTimeout: 1e12 })
})

test('runProcess() names the signal that ended a command', async () => {
  await assert.rejects(sh('kill -SEGV $$'), { message: /^sh was ended by SIGSEGV/ })
})

test('runProcess() takes files as input and output, and closes them', async () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  writeFileSync(from, 'some text')
  const handles = [await open(from), await open(to, 'w', 0o600)]
  const { stdout } = await sh('tr a-z A-Z', { stdin: async () => handles[0]!, stdout: async () => handles[1]! })
  assert.equal(stdout, '')
  assert.equal(readFileSync(to, 'utf8'), 'SOME TEXT')
  assert.deepEqual(
    handles.map(handle => handle.fd),
    [-1, -1],
  )
})

test('runProcess() hands on descriptors as 3 and so on', async () => {
  await using file = await open(join(folder, 'third'), 'w')
  await sh('echo here >&3', { inherit: [file.fd] })
  assert.equal(readFileSync(join(folder, 'third'), 'utf8'), 'here\n')
})

test('runProcess() has its command killed with this process, even by SIGKILL', async () => {
  const module = JSON.stringify(join(import.meta.dirname, '../../lib/engine/process.ts'))
  const file = join(folder, 'orphan')
  writeFileSync(file, '')
  const script = `const { runProcess } = await import(${module})
    await runProcess(['sh', '-c', 'echo $$ >> "$0"; exec sleep 60', ${JSON.stringify(file)}], {}, new AbortController().signal)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
  await until(hasLines('orphan', 1))
  const [pid] = pidsIn('orphan')
  assert.ok(isAlive(pid!))
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await until(() => !isAlive(pid!))
})

test('lastLines() joins the last lines that hold something', () => {
  assert.equal(lastLines('a\n\n b \n\nc\n', 2), 'b / c')
  assert.equal(lastLines('\n', 2), '')
})

test('runProcess() takes no harm from a command that ends without reading its input', async () => {
  const input = 'x'.repeat(1_000_000)
  for (let round = 0; round < 20; round += 1) {
    const ended = await runProcess(['true'], { input }, new AbortController().signal)
    assert.equal(ended.exitCode, 0)
  }
})

test('runProcess() ends an empty input, which a command would wait for otherwise', async () => {
  const { stdout } = await runProcess(['cat'], { input: '', timeout: 60 }, new AbortController().signal)
  assert.equal(stdout, '')
})

test('runProcess() ends a command that prints more than it may, on either output', async () => {
  for (const to of ['', ' >&2']) {
    await assert.rejects(
      sh(`yes${to}`, { maxOutput: 1000, onLine: () => {} }),
      (error: Error) => error instanceof PrintedTooMuch && error.message === 'sh printed more than 1000 bytes',
    )
  }
  assert.equal((await sh('printf 123', { maxOutput: 3 })).stdout, '123')
})

test('runProcess() names the program in a sandbox, not what keeps it', async () => {
  const words = ['setpriv', '--reuid=1', '--', 'prlimit', '--core=0', '--', 'sh', '-c', 'exit 3']
  await assert.rejects(runProcess(words, {}, never), { message: 'sh ended with exit code 3' })
})

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { endByInput } from '../../lib/engine/end-by-input.ts'
import { CommandFailed, type CommandOptions, PrintedTooMuch, TimedOut } from '../../lib/engine/process.ts'
import { askSession, beginSession, endSessions } from '../../lib/engine/session.ts'
import { Stopped } from '../../lib/engine/stop.ts'
import { isAlive, until } from '../support/processes.ts'

after(endSessions)
const never = new AbortController().signal

const words = ['sh', '-c', 'while IFS= read -r line; do eval "$line"; done']

/** Asks a shell that does what each line says. */
async function ask(input: string, options: CommandOptions = {}, stop = never): Promise<string> {
  return (await askSession(words, { endOfAnswer: line => `echo ${line}`, ...options, input }, stop)).stdout
}
const asked = async (options: CommandOptions = {}): Promise<number> => Number(await ask('echo $$', options))

test('askSession() asks the program again that answered the question before', async () => {
  const first = await asked()
  assert.equal(await asked(), first)
  assert.equal(await ask('printf "a\\nb"; echo'), 'a\nb\n')
  assert.equal(await ask(':'), '', 'what one question prints is not in the answer to the next')
})

test('askSession() asks another one in another environment, and of two questions at once', async () => {
  const first = await asked()
  assert.notEqual(await asked({ env: { WHO: 'another' } }), first)
  const both = await Promise.all([asked(), asked()])
  assert.equal(new Set(both).size, 2)
})

test('beginSession() starts the program that the next question is asked, once; one that ends is not asked', async () => {
  await endSessions()
  const begun = () => execFileSync('pgrep', ['--parent', `${process.pid}`, '--full', 'eval'], { encoding: 'utf8' }).trim()
  for (let times = 0; times < 2; times++) beginSession(words, {})
  await until(() => begun() !== '')
  assert.equal(await asked(), Number(begun()))
  await endSessions()
  const broken = ['sh', '-c', 'exit 3']
  beginSession(broken, {})
  await assert.rejects(askSession(broken, { endOfAnswer: line => line, input: '' }, never), CommandFailed)
})

test('askSession() finds the end of an answer that comes in pieces', async () => {
  const endOfAnswer = (line: string) =>
    [...line]
      .map(letter => `printf ${letter}; sleep 0`)
      .join('; ')
      .concat('; echo')
  assert.equal(await ask('echo é', { endOfAnswer }), 'é\n')
})

test('askSession() tells how a program ended, and begins anew after it', async () => {
  await endSessions()
  const first = await asked()
  await assert.rejects(ask('echo part; echo why >&2; exit 3'), (error: unknown) => {
    assert.ok(error instanceof CommandFailed)
    assert.deepEqual([error.exitCode, error.stdout, error.message], [3, 'part\n', 'sh ended with exit code 3: why'])
    return true
  })
  const second = await asked()
  assert.notEqual(second, first)
  process.kill(second, 'SIGKILL')
  await until(() => !existsSync(`/proc/${second}`))
  assert.notEqual(await asked(), second)
})

test('askSession() ends a program that takes too long, prints too much, or is stopped', async () => {
  const pids = [await asked()]
  await assert.rejects(ask('sleep 60', { timeout: 0.1 }), TimedOut)
  pids.push(await asked())
  await assert.rejects(ask('yes', { maxOutput: 1000 }), PrintedTooMuch)
  pids.push(await asked())
  const stop = new AbortController()
  const stopped = assert.rejects(ask('sleep 60', {}, stop.signal), Stopped)
  stop.abort(new Stopped('SIGTERM'))
  await stopped
  await until(() => !pids.some(isAlive))
  await assert.rejects(
    asked({}).then(() => ask(':', {}, stop.signal)),
    Stopped,
  )
})

test('askSession() gives an answer as it comes to who takes it, and ends a program whose answer is not taken', async () => {
  const first = await asked()
  let [bytes, pieces] = [0, 0]
  const takeOutput = async (output: Readable): Promise<void> => {
    for await (const piece of output) {
      bytes += (piece as Buffer).length
      pieces += 1
      await turn()
    }
  }
  assert.equal(await ask('head -c 3000000 /dev/zero', { takeOutput, maxOutput: 100 }), '')
  assert.equal(bytes, 3_000_000)
  assert.ok(pieces > 1)
  assert.equal(await asked(), first, 'it is kept, and none of its answer is left')
  const refuse = async (output: Readable): Promise<void> => {
    for await (const _ of output) throw new Error('not this')
  }
  await assert.rejects(ask('yes', { takeOutput: refuse }), /not this/)
  await until(() => !isAlive(first))
  await assert.rejects(ask('echo part; exit 3', { takeOutput }), CommandFailed)
  assert.equal(bytes, 3_000_005)
})

test('askSession() gives the answer of a program that ended behind it, while it is still taken', async () => {
  let text = ''
  const takeOutput = async (output: Readable): Promise<void> => {
    await pause(200)
    for await (const piece of output) text += piece
  }
  const endOfAnswer = (line: string): string => `echo ${line}; exit 3`
  assert.equal(await ask('echo whole', { takeOutput, endOfAnswer }), '')
  assert.equal(text, 'whole\n')
  assert.equal(await ask('echo next'), 'next\n')
})

test('a kept program ends with endSessions(), when nobody asks, and with this process', async () => {
  const first = await asked()
  await endSessions()
  assert.ok(!isAlive(first))
  const second = await asked()
  await until(() => !isAlive(second))
  const script = `
    import { askSession } from '${join(import.meta.dirname, '../../lib/engine/session.ts')}'
    const options = { input: 'echo $$', endOfAnswer: line => 'echo ' + line }
    const words = ['sh', '-c', 'while IFS= read -r line; do eval "$line"; done']
    process.stdout.write((await askSession(words, options, new AbortController().signal)).stdout)`
  const third = Number(execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], { encoding: 'utf8' }))
  await until(() => !isAlive(third))
})

test('endSessions() ends a program that does not end by itself, and who waits for it goes on', () => {
  const script = `
    import { beginSession, endSessions } from '${join(import.meta.dirname, '../../lib/engine/session.ts')}'
    beginSession(['sleep', '300'], {})
    await endSessions()
    process.stdout.write('all have ended')`
  const words = ['--input-type=module-typescript', '-e', script]
  assert.equal(execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), 'all have ended')
})

test('a program that not even a kill ends, on a dead share, is left behind', async () => {
  const hung = { exitCode: null, signalCode: null, pid: undefined, ref: () => {}, unref: () => {} }
  assert.equal(await endByInput(Object.assign(new EventEmitter(), hung) as unknown as ChildProcess), undefined)
})

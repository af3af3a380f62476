import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { exitCodeOf } from '../../lib/core/verdict.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { LockInfo } from '../../lib/host/locks.ts'
import { lock, lockAndKeepTrace } from '../../lib/steps/lock.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, NO_REQUEST, ownFolder } from '../support/host.ts'
import { notesOf, outcomeOf, perform, story } from '../support/perform.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'
import { startHolder } from '../support/start-holder.ts'

const folder = ownFolder('lock')
const host = hostIn(folder)
const file = join(host.paths.state, 'lock')

/** Takes the lock in this process; `seen` is what the next step learns of the last run. */
async function take(request = NO_REQUEST, hold = lock) {
  const seen: (LockInfo | undefined)[] = []
  const texts: string[] = []
  const look = async ({ interrupted }: Needs<'interrupted'>) => {
    seen.push(interrupted)
    texts.push(readFileSync(file, 'utf8'))
  }
  const chain = recipe<Needs<'host' | 'request'>>().hold(hold).do({ name: 'look', title: 'look', run: look })
  return { ...(await perform(chain, { host, request })), seen, texts }
}

test('lock says who holds it, for its owner only, and is empty afterwards', async () => {
  const { outcomes, seen, texts } = await take()
  assert.deepEqual(story(outcomes), ['lock up done', 'look do done', 'lock down done'])
  assert.deepEqual(seen, [undefined])
  const { host: name, pid, start } = JSON.parse(texts[0]!) as LockInfo
  assert.deepEqual([name, pid], ['web1', process.pid])
  assert.ok(Math.abs(Date.parse(start) - Date.now()) < 60_000)
  assert.equal(readFileSync(file, 'utf8'), '')
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('lock is refused while another process holds it, with exit code 75 and the name of the holder', async () => {
  const other = await startHolder('lock', host)
  const { outcomes } = await take()
  assert.equal(exitCodeOf(outcomes), 75)
  assert.match(
    outcomeOf({ outcomes, events: [] }, 'lock', 'up').reason!,
    new RegExp(`^another run holds ${file}: web1, process ${other.child.pid}, since 20`),
  )
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).pid, other.child.pid, "the holder's own text is untouched")
  assert.deepEqual(story(await other.release()).at(-1), 'lock down done')
  assert.equal(exitCodeOf((await take()).outcomes), 0)
})

test('lock of a process that was killed is taken, and tells the run that the last was interrupted', async () => {
  const other = await startHolder('lock', host)
  await other.kill('SIGKILL')
  const performed = await take()
  assert.equal(performed.seen[0]!.pid, other.child.pid)
  assert.match(notesOf(performed)[0]!, new RegExp(`^warning: the last run was interrupted: web1, process ${other.child.pid}, `))
  assert.equal(exitCodeOf(performed.outcomes), 0)
  assert.deepEqual((await take()).seen, [undefined])
})

test('lock is let go after SIGTERM', async () => {
  const other = await startHolder('lock', host)
  await other.kill('SIGTERM')
  assert.deepEqual((await take()).seen, [undefined])
})

test('lock in a dry run leaves the trace of an interrupted run to the next real one', async () => {
  const other = await startHolder('lock', host)
  await other.kill('SIGKILL')
  const before = readFileSync(file, 'utf8')
  const dry = await take({ ...NO_REQUEST, dryRun: true })
  assert.equal(dry.seen[0]!.pid, other.child.pid)
  assert.equal(readFileSync(file, 'utf8'), before)
  assert.equal((await take()).seen[0]!.pid, other.child.pid)
})

for (const text of ['{"host": "web1", "pi', 'null', '7', '[]', '{}', '\0\0\0']) {
  test(`lock with the text ${JSON.stringify(text)} is that of an interrupted run too`, async () => {
    writeFileSync(file, text)
    const performed = await take()
    assert.equal(exitCodeOf(performed.outcomes), 0)
    assert.deepEqual(performed.seen, [{ host: 'unknown', pid: 0, start: 'unknown' }])
  })
}

test('lock of a run that could make no file, since the disk was read-only then, is the folder: the next run is refused', async () => {
  // as such a run holds it
  const descriptor = openSync(host.paths.state, 'r')
  assert.equal(spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'inherit', descriptor] }).status, 0)
  const { outcomes } = await take()
  assert.equal(exitCodeOf(outcomes), 75)
  assert.match(outcomeOf({ outcomes, events: [] }, 'lock', 'up').reason!, /^another run holds .*: it does not say who$/)
  closeSync(descriptor)
  assert.equal(exitCodeOf((await take()).outcomes), 0)
})

test('lock where the file system locks no folder is that of the file, and a fault of flock at the file is told', async () => {
  const bin = join(folder, 'bin')
  const failsAt = (descriptor: number): void =>
    fakeProgram(
      bin,
      'flock',
      `case "$*" in *" ${descriptor}") echo "flock: $5: No locks available" >&2; exit 66;; esac; PATH=$REAL exec flock "$@"`,
    )
  failsAt(4)
  assert.equal(exitCodeOf((await whilePathHas(bin, () => take())).outcomes), 0)
  failsAt(3)
  const { outcomes } = await whilePathHas(bin, () => take())
  assert.equal(exitCodeOf(outcomes), 1)
  assert.match(outcomeOf({ outcomes, events: [] }, 'lock', 'up').reason!, /ended with exit code 66: .*No locks available/)
})

test('lock that gives an input/output error when it is read is that of an interrupted run', async () => {
  rmSync(file)
  // nothing is mapped at its beginning
  symlinkSync('/proc/self/mem', file)
  assert.throws(() => readFileSync(file), { code: 'EIO' })
  const chain = recipe<Needs<'host' | 'request'>>().hold(lock)
  const performed = await perform(chain, { host, request: NO_REQUEST })
  rmSync(file)
  assert.match(notesOf(performed)[0]!, /^warning: the last run was interrupted: unknown/)
})

test('lock that keeps the trace leaves it for the next run that makes backups, also when it is killed itself', async () => {
  const other = await startHolder('lock', host)
  await other.kill('SIGKILL')
  const recovery = await take(undefined, lockAndKeepTrace)
  assert.deepEqual([recovery.seen[0]!.pid, notesOf(recovery)], [other.child.pid, []])
  assert.deepEqual(
    [JSON.parse(recovery.texts[0]!).pid, JSON.parse(recovery.texts[0]!).interrupted.pid],
    [process.pid, other.child.pid],
  )
  writeFileSync(file, recovery.texts[0]!) // as if that one had been killed
  const night = await take()
  assert.equal(night.seen[0]!.pid, other.child.pid)
  assert.match(notesOf(night)[0]!, /^warning: the last run was interrupted/)
  assert.deepEqual((await take()).seen, [undefined])
})

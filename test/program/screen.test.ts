import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Outcome, RunEvent } from '../../lib/core/outcome.ts'
import { screenFor } from '../../lib/program/screen.ts'
import { ownFolder } from '../support/host.ts'
import { madeUpOutcome } from '../support/outcomes.ts'

const folder = ownFolder('screen')

/** What a screen writes to standard output, a file here, of a note of each kind. */
function shown(name: string, isJournal: boolean): string {
  const file = join(folder, name)
  const descriptor = openSync(file, 'w')
  const { dev, ino } = fstatSync(descriptor)
  const script = `const { screenFor } = await import(${JSON.stringify(join(import.meta.dirname, '../../lib/program/screen.ts'))})
    const screen = screenFor({ json: false, verbose: ${!isJournal}, quiet: false, dryRun: false }, false)
    screen.show({ at: 0, subject: 'blog', kind: 'begin', title: 'Back up', phase: 'do' })
    for (const kind of ['info', 'significant', 'warning', 'problem'])
      screen.show({ at: 0, subject: 'blog', kind: 'note', note: { kind, text: 'one\\ntwo' } })`
  const env = { ...process.env, JOURNAL_STREAM: isJournal ? `${dev}:${ino}` : '8:9', FORCE_COLOR: '1' }
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['ignore', descriptor, 'pipe'],
    encoding: 'utf8',
  })
  closeSync(descriptor)
  assert.equal(status, 0, stderr)
  return readFileSync(file, 'utf8')
}

test('screenFor() marks each line with its priority for journald, and for nobody else', () => {
  const priorities = shown('journal', true)
    .trimEnd()
    .split('\n')
    .map(line => /^<(\d)>/.exec(line)?.[1])
  assert.deepEqual(priorities, ['6', '6', '6', '5', '5', '4', '4', '3', '3'])
  const plain = shown('file', false)
  assert.doesNotMatch(plain, /<\d>|\u001b/)
  assert.equal(plain.trimEnd().split('\n').length, 9)
})

test('screenFor() shows of a dry run what steps have to say, below their titles, and nothing of the others', t => {
  const step = (title: string, status: Outcome['status'], seconds: number, ...said: object[]): object[] => [
    { kind: 'begin', title, phase: 'do' },
    ...said,
    { kind: 'end', outcome: madeUpOutcome({ title, status, seconds, reason: status === 'done' ? undefined : 'why' }) },
  ]
  const command = (ran: boolean) => ({ kind: 'command', command: { line: 'cp a b', ran, seconds: 0, exitCode: 0 } })
  const note = { kind: 'note', note: { kind: 'info', text: 'one\ntwo' } }
  const events = [
    ...step('Says nothing', 'done', 1, command(true)),
    ...step('Says something', 'done', 1, note, command(false)),
    ...step('Takes long', 'done', 12),
    ...step('Is skipped', 'skipped', 0),
    ...step('Fails', 'failed', 0),
  ]
  let said = ''
  const { write } = process.stdout
  t.after(() => Object.assign(process.stdout, { write }))
  const screen = screenFor({ json: false, verbose: false, quiet: false, dryRun: true }, false)
  process.stdout.write = (text => {
    said += text
    return true
  }) as typeof write
  for (const event of events) screen.show({ at: 0, subject: 'blog', ...event } as RunEvent)
  process.stdout.write = write
  assert.equal(
    said,
    `[blog] Says something
  one
  two
  would run: cp a b
[blog] Takes long
  done in 12 s
[blog] Fails
  FAILED: why
`,
  )
})

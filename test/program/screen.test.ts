import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../support/host.ts'

const folder = ownFolder('screen')

/** What a screen writes to standard output, a file here, of a note of each kind. */
function shown(name: string, isJournal: boolean): string {
  const file = join(folder, name)
  const descriptor = openSync(file, 'w')
  const { dev, ino } = fstatSync(descriptor)
  const script = `const { screenFor } = await import(${JSON.stringify(join(import.meta.dirname, '../../lib/program/screen.ts'))})
    const screen = screenFor({ json: false, verbose: ${!isJournal}, quiet: false, dryRun: false }, false)
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
    .map(line => /^<(\d)>\d{4}-/.exec(line)?.[1])
  assert.deepEqual(priorities, ['6', '6', '5', '5', '4', '4', '3', '3'])
  const plain = shown('file', false)
  assert.doesNotMatch(plain, /<\d>|\u001b/)
  assert.equal(plain.trimEnd().split('\n').length, 8)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunEvent } from '../lib/core/event.ts'
import { isJournal, priorityOf } from '../lib/journal.ts'
import { pulse } from '../lib/pulse.ts'
import { outcome } from './support/made-up-report.ts'

test('pulse() makes at most a line a beat of progress, and says that a silent step lives', async () => {
  const told: string[] = []
  using beat = pulse(
    event => told.push(event.kind === 'progress' ? `${event.subject}: ${event.text}` : event.kind),
    Date.now,
    0.3,
  )
  const send = (event: Partial<RunEvent>) => beat.onEvent({ at: Date.now(), subject: 'blog', ...event } as RunEvent)
  send({ kind: 'begin', title: 'Back up blog', phase: 'do' })
  for (let count = 0; count < 14; count++) {
    send({ kind: 'progress', text: `${count} volumes` })
    await sleep(50)
  }
  send({ kind: 'end', outcome: outcome('backup', 'blog') })
  await sleep(400)
  assert.deepEqual([told.at(0), told.at(-1)], ['begin', 'end'])
  assert.equal(told.length, 4)
  assert.match(told[1]!, /^blog: Back up blog: at work for 0 s, \d volumes$/)
})

test('isJournal() believes systemd only about the very file that it names', () => {
  assert.equal(isJournal(undefined), false)
  assert.equal(isJournal('1:2'), false)
})

test('priorityOf() is that of syslog for what journald is told', () => {
  const base = { at: 0, subject: undefined }
  const note = (kind: 'info' | 'significant' | 'warning' | 'problem') =>
    priorityOf({ ...base, kind: 'note', note: { kind, text: '' } })
  assert.deepEqual((['info', 'significant', 'warning', 'problem'] as const).map(note), ['info', 'notice', 'warning', 'error'])
  assert.equal(priorityOf({ ...base, kind: 'end', outcome: outcome('x', undefined, { status: 'failed' }) }), 'error')
})

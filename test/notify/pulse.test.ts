import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../lib/core/outcome.ts'
import { pulse } from '../../lib/notify/pulse.ts'
import { isJournal, priorityOf } from '../../lib/program/screen.ts'
import { outcome } from '../support/made-up-report.ts'

test('pulse() makes at most a line a minute of progress, says that a silent step lives, and nothing of one that has ended', t => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const told: string[] = []
  using beat = pulse(event => told.push(event.kind === 'progress' ? `${event.subject}: ${event.text}` : event.kind))
  const send = (event: Partial<RunEvent>) => beat.onEvent({ at: Date.now(), subject: 'blog', ...event } as RunEvent)
  send({ kind: 'begin', title: 'Back up blog', phase: 'do' })
  for (let second = 0; second < 150; second++) {
    if (second < 100) send({ kind: 'progress', text: `${second} volumes` })
    t.mock.timers.tick(1000)
  }
  send({ kind: 'end', outcome: outcome('backup', 'blog') })
  send({ kind: 'begin', title: 'Silent', phase: 'do' })
  t.mock.timers.tick(61_000)
  send({ kind: 'end', outcome: outcome('silent', 'blog') })
  t.mock.timers.tick(600_000)
  assert.deepEqual(told, [
    'begin',
    'blog: Back up blog: at work for 1 min, 59 volumes',
    'blog: Back up blog: at work for 2 min, 99 volumes',
    'end',
    'begin',
    'blog: Silent: at work for 1 min',
    'end',
  ])
})

test('isJournal() believes systemd only about the very file that it names', () => {
  assert.equal(isJournal(undefined), false)
  assert.equal(isJournal('1:2'), false)
})

test('priorityOf() is that of syslog for what journald is told', () => {
  const base = { at: 0, subject: undefined }
  const note = (kind: 'info' | 'significant' | 'warning' | 'problem') =>
    priorityOf({ ...base, kind: 'note', note: { kind, text: '' } })
  assert.deepEqual((['info', 'significant', 'warning', 'problem'] as const).map(note), [6, 5, 4, 3])
  assert.equal(priorityOf({ ...base, kind: 'end', outcome: outcome('x', undefined, { status: 'failed' }) }), 3)
})

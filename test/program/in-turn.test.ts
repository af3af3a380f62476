import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { RunEvent } from '../../lib/core/outcome.ts'
import { inTurn } from '../../lib/program/in-turn.ts'

const line = (subject: string | undefined, text: string): RunEvent => ({ kind: 'line', at: 0, subject, text })
const over = (subject: string): RunEvent => ({ kind: 'over', at: 0, subject })
const progress = (subject: string, text: string): RunEvent => ({ kind: 'progress', at: 0, subject, text })
const textOf = (event: RunEvent): string => `${event.subject ?? ''}:${'text' in event ? event.text : event.kind}`

function told(events: readonly RunEvent[], isDone = true): string[] {
  const heard: string[] = []
  const turns = inTurn(event => heard.push(textOf(event)))
  for (const event of events) turns.onEvent(event)
  if (isDone) turns[Symbol.dispose]()
  return heard
}

test('inTurn() tells of two at once as of one after the other', () => {
  const events = [line('a', '1'), line('b', '1'), line('a', '2'), over('b'), line('c', '1'), over('a'), line('c', '2'), over('c')]
  assert.deepEqual(told(events, false), ['a:1', 'a:2', 'a:over', 'b:1', 'b:over', 'c:1', 'c:2', 'c:over'])
})

test('inTurn() tells at once what is of no subject, of the first one, and how far another is', () => {
  const events = [line(undefined, 'run'), line('a', '1'), line('b', '1'), progress('b', 'half'), line(undefined, 'more')]
  assert.deepEqual(told(events, false), [':run', 'a:1', 'b:half', ':more'])
})

test('inTurn() tells in the end what waited for one that never was over', () => {
  assert.deepEqual(told([line('a', '1'), line('b', '1'), over('b'), line('c', '1')]), ['a:1', 'b:1', 'b:over', 'c:1'])
})

test('inTurn() loses nothing, and the lines of each stay together and in their order', () => {
  const subjects = fc.array(fc.nat(4), { maxLength: 40 })
  fc.assert(
    fc.property(subjects, fc.boolean(), (picks, ends) => {
      const lines = picks.map((pick, index) => line(`s${pick}`, String(index)))
      const last = ends ? [...new Set(lines.map(({ subject }) => subject!))].map(over) : []
      const began = [...new Set(lines.map(({ subject }) => subject))]
      const expected = began.flatMap(name => [...lines, ...last].filter(({ subject }) => subject === name).map(textOf))
      assert.deepEqual(told([...lines, ...last]), expected)
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, type Ending } from '../../lib/core/prune-check.ts'

const planned = { mustGo: ['a', 'b'], mayGo: ['c'] }
const before = ['a', 'b', 'c', 'd', 'e']
const cases: [string, string[], Ending, RegExp[]][] = [
  ['nothing when exactly the planned files went', ['d', 'e'], 'well', []],
  ['nothing when what may go stayed', ['c', 'd', 'e'], 'well', []],
  ['what went unplanned', ['e'], 'well', [/^1 file went, though not planned: d$/]],
  ['what stayed', ['a', 'b', 'd', 'e'], 'well', [/^2 files stayed, though planned to go: a, b$/]],
  ['not what a failed action left', before, 'failed', []],
  ['what a failed action took besides', ['a', 'b', 'c'], 'failed', [/^2 files went, though not planned: d, e$/]],
  ['what came', ['d', 'e', 'f'], 'well', [/^1 file came meanwhile: somebody else writes this archive: f$/]],
  ['not what came after a run that was cut short', ['a', 'd', 'e', 'f'], 'cut short', []],
  ['what a run that was cut short took besides', ['a', 'd'], 'cut short', [/^1 file went, though not planned: e$/]],
]
for (const [what, after, ending, expected] of cases) {
  test(`differences() finds ${what}`, () => {
    const found = differences(planned, { before, after }, ending)
    assert.equal(found.length, expected.length, found.join())
    for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern)
  })
}

test('differences() names three files at most', () => {
  const many = ['1', '2', '3', '4', '5']
  assert.deepEqual(differences({ mustGo: [], mayGo: [] }, { before: many, after: [] }, 'well'), [
    '5 files went, though not planned: 1, 2, 3, …',
  ])
})

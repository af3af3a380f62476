import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clocks, isClockRight } from '../../lib/core/ahead-of-clock.ts'

const NOW = Date.UTC(2026, 1, 1, 3)
const DAY = 86_400_000
const cases: [what: string, clocks: Omit<Clocks, 'now'>, right: boolean, reason: RegExp][] = [
  ['nobody knows', { isSynchronized: undefined, writtenAt: undefined }, false, /is not known/],
  ['no time server', { isSynchronized: false, writtenAt: undefined }, false, /^no time server keeps this clock right$/],
  ['no time server, though the archive agrees', { isSynchronized: false, writtenAt: NOW - DAY }, false, /no time server/],
  [
    'a time server, on the machine that keeps the archive',
    { isSynchronized: true, writtenAt: undefined },
    true,
    /^a time server keeps this clock right$/,
  ],
  [
    'a time server, and the archive agrees',
    { isSynchronized: true, writtenAt: NOW - DAY },
    true,
    /written at 2026-01-31 03:00:00 UTC$/,
  ],
  [
    'a time server, and the archive does not',
    { isSynchronized: true, writtenAt: NOW + DAY },
    false,
    /the clock of the archive was at 2026-02-02/,
  ],
]
for (const [what, clocks, right, reason] of cases)
  test(`isClockRight() with ${what}: ${right}`, () => {
    const found = isClockRight({ now: NOW, ...clocks })
    assert.equal(found.right, right)
    assert.match(found.reason, reason)
  })

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupSet, Chain } from '../../lib/core/collection.ts'
import { planReplay, type ReplayFacts } from '../../lib/core/replay-plan.ts'

const DAY = 86_400_000
const NOW = 40 * DAY

function set(day: number, more: Partial<BackupSet> = {}): BackupSet {
  const file = { name: 'x', bytes: 1 }
  return {
    kind: day === 1 ? 'full' : 'incremental',
    time: day * DAY,
    ...(day > 1 && { baseTime: (day - 1) * DAY }),
    volumes: [],
    manifest: file,
    signatures: file,
    bytes: 1,
    encrypted: false,
    complete: true,
    restorable: true,
    problems: [],
    ...more,
  }
}

/** Facts of a replica of day 2, whose archive has sets of four days, these among them. */
function facts(changed: Partial<Omit<ReplayFacts, 'point'>> = {}, sets: readonly BackupSet[] = [], pointDay = 4): ReplayFacts {
  const all = [1, 2, 3, 4].map(day => sets.find(({ time }) => time === day * DAY) ?? set(day))
  const [full, ...incrementals] = all as [BackupSet, ...BackupSet[]]
  const chain: Chain = { full, incrementals, bytes: 4, startAt: DAY, endAt: 4 * DAY }
  const of = all[pointDay - 1]!
  return {
    last: { time: 2 * DAY, tree: 'abc', provenAt: NOW - 29 * DAY },
    point: { time: of.time, set: of, chain, problems: [] },
    isRemote: false,
    provenEvery: 30 * DAY,
    now: NOW,
    ...changed,
  }
}

test('planReplay() applies the sets since the last replay, oldest first', () => {
  const plan = planReplay(facts())
  assert.ok(plan.kind === 'newest sets')
  assert.deepEqual(
    plan.sets.map(({ time }) => time / DAY),
    [3, 4],
  )
  assert.equal(plan.prove, false)
})

test('planReplay() has the replica proven once its last proof is as old as was said', () => {
  const plan = planReplay(facts({ last: { time: 2 * DAY, tree: 'abc', provenAt: NOW - 30 * DAY } }))
  assert.ok(plan.kind === 'newest sets' && plan.prove)
})

const doubts: [string, ReplayFacts, RegExp][] = [
  ['nothing known', facts({ last: undefined }), /nothing is known/],
  ['a URL', facts({ isRemote: true }), /only duplicity can read/],
  ['another chain', facts({ last: { time: 2 * DAY + 1, tree: 'abc', provenAt: NOW } }), /1970-01-03 .* is not in the chain/],
  ['an older backup', facts({}, [], 1), /is a later one/],
  ['the same backup', facts({}, [], 2), /is a later one/],
  ['a set of another base', facts({}, [set(3, { baseTime: DAY })]), /1970-01-04 .* builds on another one/],
  ['a set that was cut off', facts({}, [set(3, { cutOff: true })]), /was cut off/],
  ['a damaged set', facts({}, [set(4, { restorable: false, problems: ['volume 1 is empty'] })]), /volume 1 is empty/],
  ['lost signatures', facts({}, [{ ...set(4), signatures: undefined as never }]), /has no signatures/],
]
for (const [what, given, reason] of doubts)
  test(`planReplay() wants the whole backup for ${what}`, () => {
    const plan = planReplay(given)
    assert.ok(plan.kind === 'whole')
    assert.match(plan.reason, reason)
  })

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HealthInput, healthOf } from '../../lib/core/health.ts'
import { planPrune } from '../../lib/core/retention.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing, type SetSketch } from '../duplicity/archive.ts'

const owned = { role: 'primary', owner: 'web1', reason: 'web1 owns it', settle: [] } as const

function judge(sketches: SetSketch[], input: Partial<HealthInput> = {}) {
  const collection = collectionOf(listing(...sketches))
  const allowanceBytes = input.allowanceBytes ?? 1e6
  const plan = planPrune({ collection, allowanceBytes, keepIncrementals: 1 })
  const usual = {
    role: owned,
    collection,
    allowanceBytes,
    plan,
    frozen: undefined,
    settings: [],
    staleAfter: 2 * 86_400_000,
    now: at(4),
  }
  return healthOf({ ...usual, ...input })
}

const well = chainSketch(0, 3)
const cases: [string, SetSketch[], Partial<HealthInput>, RegExp | undefined][] = [
  ['nothing in a site that is well', well, {}, undefined],
  ['nothing two days after the newest backup', well, { now: at(5) }, undefined],
  ['a newest backup that is too old', well, { now: at(5) + 1 }, /^no backup for 2 days$/],
  ['that there is none', [], {}, /^there is no backup that could be restored$/],
  ['a backup of tomorrow', well, { now: at(2) }, /^the newest backup is dated 24 h ahead of this clock$/],
  ['too much', well, { allowanceBytes: 100 }, /^over its allowance, 440 bytes of 100 bytes: .*only the primary chain is left$/],
  [
    'too much that pruning will free',
    [...chainSketch(-9, 2), ...well],
    { allowanceBytes: 500 },
    /: the next run frees 330 bytes$/,
  ],
  ['a frozen pruning', well, { frozen: 'why' }, /^pruning is stopped: why$/],
  ['a conflict', well, { role: { ...owned, role: 'conflict', reason: 'both' } }, /^conflict: both$/],
  [
    'damage, also when a newer backup restores',
    [{ day: -9, volumes: [1, 3] }, ...well],
    {},
    /^full set of 20251223T000000Z: volume 2 is missing$/,
  ],
]
for (const [what, sketches, input, problem] of cases) {
  test(`healthOf() finds ${what}`, () => {
    const { problems } = judge(sketches, input)
    assert.equal(problems.length, problem ? 1 : 0, problems.join())
    if (problem) assert.match(problems[0]!, problem)
  })
}

test('healthOf() counts only backups that restore', () => {
  const { problems } = judge([...well, { day: 4, base: 3, volumes: [2] }], { now: at(6) })
  assert.deepEqual(problems, ['no backup for 3 days', 'incremental set of 20260105T000000Z: volume 1 is missing'])
})

test('healthOf() only warns of what may be a backup that is being written', () => {
  const { problems, warnings } = judge([...well, { day: 4, base: 3, manifest: false, signatures: false }])
  assert.deepEqual(problems, [])
  assert.match(warnings.join(), /^1 set is part of no chain: incremental set of 20260105T000000Z: the manifest is missing/)
})

test('healthOf() says nothing of a site that nobody manages', () => {
  assert.deepEqual(judge([], { role: { ...owned, role: 'unmanaged' } }), { problems: [], warnings: [] })
})

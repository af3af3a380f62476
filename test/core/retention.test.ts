import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileRef } from '../../lib/core/collection.ts'
import { type PruneInput, planPrune } from '../../lib/core/retention.ts'
import { withRecords } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, filesOfSet, listing, type SetSketch } from '../duplicity/archive.ts'

const year = [...chainSketch(0, 3), ...chainSketch(30, 3), ...chainSketch(60, 3), ...chainSketch(90, 3)]
const bigFull = { volumes: [1, 2, 3, 4] }
const bigFulls = [...chainSketch(0, 3, bigFull), ...chainSketch(30, 3, bigFull), ...chainSketch(60, 3, bigFull)]

/** What is decided for an archive of these sets, far over its allowance unless told otherwise. */
const decide = (sketches: SetSketch[], input: Partial<PruneInput> = {}) =>
  planPrune({ collection: collectionOf(listing(...sketches)), allowanceBytes: 100, keepIncrementals: 1, ...input })

const actions: [string, SetSketch[], Partial<PruneInput>, string, RegExp][] = [
  [
    'nothing within the allowance',
    year,
    { allowanceBytes: 1_000_000 },
    'none',
    /^1\.76 kB of 1\.00 MB used: within the allowance$/,
  ],
  [
    'nothing for an untidy collection within it',
    [...year, { day: 5, base: 4 }],
    { allowanceBytes: 1e6 },
    'none',
    /within the allowance/,
  ],
  [
    'cleanup of one within it when told to tidy',
    [...year, { day: 5, base: 4 }],
    { allowanceBytes: 1e6, tidy: true },
    'cleanup',
    /1 orphaned set, 1 orphaned signature file are not part of any chain/,
  ],
  [
    'cleanup before all else',
    [...year, { day: 95, manifest: false }],
    {},
    'cleanup',
    /1 incomplete set is not part of any chain/,
  ],
  [
    'no cleanup when no chain is whole',
    [
      { day: 0, manifest: false },
      { day: 1, base: 0 },
    ],
    {},
    'none',
    /no chain is whole, so what is in none may be all that there is/,
  ],
  [
    'no cleanup when duplicity cannot tell which set is meant',
    [...year, { day: 97, base: 93 }, { day: 98, base: 93 }],
    {},
    'none',
    /two incrementals of .* both have signatures: a person must choose/,
  ],
  [
    'the incrementals of the oldest chain',
    year,
    {},
    'strip 0 keep 3',
    /^1\.76 kB of 100 bytes used: the chain of 2026-01-01 00:00:00 UTC is the oldest that still has incrementals \(3\)$/,
  ],
  [
    'those of the next when the oldest has none',
    [{ day: 0 }, ...year.slice(4)],
    {},
    'strip 30 keep 2',
    /the chain of 2026-01-31/,
  ],
  ['none of those that keep theirs, but the oldest chain', year, { keepIncrementals: 3 }, 'remove 0 keep 3', /is the oldest$/],
  [
    'those of the youngest secondary when none keep theirs',
    [{ day: 0 }, { day: 30 }, ...year.slice(8)],
    { keepIncrementals: 0 },
    'strip 60 keep 1',
    /2026-03-02/,
  ],
  ['the oldest chain when stripping gains little', bigFulls, {}, 'remove 0 keep 2', /is the oldest$/],
  [
    'stripping when the volumes are as many',
    [...chainSketch(0, 4, bigFull), ...chainSketch(30, 4, bigFull), ...chainSketch(60, 1)],
    {},
    'strip 0 keep 2',
    /oldest that still has/,
  ],
  [
    'nothing when only the primary chain is left',
    chainSketch(0, 3),
    {},
    'none',
    /^440 bytes of 100 bytes used, but nothing can go: only the primary chain is left$/,
  ],
  [
    'nothing of the only whole chain',
    [...chainSketch(0, 3), ...chainSketch(30, 2), { day: 33, base: 32, volumes: [2] }],
    { keepIncrementals: 0 },
    'none',
    /the chain of 2026-01-01 00:00:00 UTC is kept, since no other chain is whole/,
  ],
  [
    'nothing with a restore point that is younger than is kept, however much is used',
    year,
    { keepSince: at(3) },
    'none',
    /the chain of 2026-01-01 00:00:00 UTC, .*, has restore points since 2026-01-04 00:00:00 UTC, which are kept \(keepDays\)$/,
  ],
  ['what is older than that', year, { keepSince: at(3) + 1 }, 'strip 0 keep 3', /is the oldest that still has/],
  [
    'nothing of the newest chain that works',
    year,
    { knownGood: at(2) },
    'none',
    /the chain of 2026-01-01 00:00:00 UTC, .*, is the newest known to hold a working site/,
  ],
  ['an older chain than the newest that works', year, { knownGood: at(31) }, 'strip 0 keep 3', /2026-01-01/],
  [
    'nothing while another host writes',
    year,
    { otherWriter: 'a volume is one minute old' },
    'none',
    /^another host is writing this archive/,
  ],
  ['nothing while a set of this host is partial', year, { localPartial: true }, 'none', /is resumed first/],
  [
    'a removal while a set of this host is partial and the archive has no room to resume it',
    [...year, { day: 95, base: 92, manifest: false }],
    { localPartial: true, full: true, keepIncrementals: 4 },
    'remove 0 keep 3',
    /2026-01-01/,
  ],
  [
    'nothing within the allowance for a partial set that cannot be resumed, told to tidy or not',
    [...year, { day: 95, base: 92, manifest: false }],
    { localPartial: true, full: true, tidy: true, allowanceBytes: 1e6 },
    'none',
    /within the allowance, but nothing can go: an interrupted backup/,
  ],
  [
    'nothing for such an archive where a person must choose besides',
    [...year, { day: 97, base: 93 }, { day: 98, base: 93 }, { day: 99, base: 93, manifest: false }],
    { localPartial: true, full: true },
    'none',
    /two incrementals of .* both have signatures: a person must choose/,
  ],
  [
    'nothing when a person must look',
    year,
    { frozen: 'the last pruning took other files' },
    'none',
    /^pruning of this site is stopped: the last pruning took other files$/,
  ],
  [
    'nothing when a chain reaches into the next',
    [{ day: 0 }, { day: 30 }, { day: 31, base: 0 }, { day: 60 }],
    {},
    'none',
    /only the chain of 2026-01-31 .* but duplicity would take: none/,
  ],
]

/** An action in short: what, the day on which its chain began, and how many chains are kept. */
function short({ action }: ReturnType<typeof planPrune>): string {
  if (action.kind === 'none' || action.kind === 'cleanup') return action.kind
  const verb = action.kind === 'remove-chain' ? 'remove' : 'strip'
  return `${verb} ${(action.chain.startAt - at(0)) / 86_400_000} keep ${action.keepChains}`
}

for (const [what, sketches, input, action, reason] of actions) {
  test(`planPrune() plans ${what}`, () => {
    const plan = decide(sketches, input)
    assert.equal(short(plan), action)
    assert.match(plan.reason, reason)
  })
}

const names = (files: readonly FileRef[]) => files.map(file => file.name).toSorted()

test('planPrune() foretells the files of a stripped chain: its incrementals with their signatures, not the full', () => {
  const plan = decide(year)
  const expected = year.slice(1, 4).flatMap(sketch => filesOfSet(sketch))
  assert.deepEqual(names(plan.files), names(expected))
  assert.equal(plan.freesBytes, 330)
})

test('planPrune() foretells the files of a removed chain, and leaves 3.x its statistics to delete', () => {
  const plan = decide([{ day: 0, jsonstat: true }, ...year.slice(4)], { keepIncrementals: 3 })
  assert.deepEqual(names(plan.files), names(filesOfSet({ day: 0 })))
  assert.deepEqual(
    plan.mayGo.map(file => file.name),
    ['duplicity-full.20260101T000000Z.jsonstat.gz'],
  )
})

test('planPrune() foretells that signatures without a set go with the chains that they are older than', () => {
  const stray = filesOfSet({ day: -9, volumes: [], manifest: false })
  const collection = collectionOf([...stray, ...listing({ day: 0 }, { day: 30 }, { day: 60 })])
  const plan = planPrune({ collection, allowanceBytes: 1, keepIncrementals: 1 })
  assert.deepEqual(names(plan.files), names([...stray, ...filesOfSet({ day: 0 })]))
})

test('planPrune() passes over a chain of which only the manifest is left, which duplicity cannot delete', () => {
  const husk = { day: 0, volumes: [], signatures: false }
  assert.equal(short(decide([husk, { day: 30 }, { day: 60 }])), 'remove 30 keep 1')
  assert.deepEqual(names(decide([husk, { day: 30 }, { day: 60 }]).files), names(filesOfSet({ day: 30 })))
  assert.match(decide([husk, { day: 60 }]).reason, /only the primary chain is left/)
})

test('planPrune() foretells a cleanup: sets with their manifests, but of signatures only the orphaned', () => {
  const plan = decide([...year, { day: 96, manifest: false }, { day: 99, base: 98 }])
  const full = filesOfSet({ day: 96, manifest: false, signatures: false })
  assert.deepEqual(names(plan.files), names([...full, ...filesOfSet({ day: 99, base: 98 })]))
})

test('planPrune() tells why the actions before did not apply', () => {
  assert.deepEqual(
    decide(bigFulls).considered.map(({ action, applies, reason }) => `${action} ${applies}: ${reason}`),
    [
      'cleanup false: the collection is clean',
      'strip-incrementals false: it would gain little: 4 volumes in the youngest secondary full, 3 in its incrementals',
      'remove-chain true: the chain of 2026-01-01 00:00:00 UTC is the oldest',
    ],
  )
})

const cutOffOn = (sketches: SetSketch[], ...days: number[]) =>
  withRecords(
    collectionOf(listing(...sketches)),
    days.map(day => ({ time: at(day), cutOff: true })),
  )

test('planPrune() keeps the only chain with a restore point while the newest is one that was cut off', () => {
  const sketches = [...chainSketch(0, 2), { day: 30 }]
  const input = { allowanceBytes: 1, keepIncrementals: 0 }
  assert.equal(planPrune({ ...input, collection: cutOffOn(sketches, 30) }).action.kind, 'none')
  assert.equal(planPrune({ ...input, collection: cutOffOn(sketches) }).action.kind, 'strip-incrementals')
})

test('planPrune() takes a chain whose full was cut off as a whole: without its incrementals it is no restore point', () => {
  const sketches = [...chainSketch(0, 2), ...chainSketch(30, 2), { day: 60 }]
  const plan = planPrune({ collection: cutOffOn(sketches, 0), allowanceBytes: 1, keepIncrementals: 0 })
  assert.deepEqual([plan.action.kind, plan.files.length], ['remove-chain', listing(...chainSketch(0, 2)).length])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Collection,
  isClean,
  isWhole,
  newestSet,
  primaryChain,
  problemsOf,
  secondaryChains,
  setsOf,
} from '../../lib/core/collection.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, filesOfSet, listing, type SetSketch } from './archive.ts'

/** A collection in short: the days of each chain's sets, and of what is in no chain. */
function short(collection: Collection) {
  const days = (sets: readonly { time: number }[]) => sets.map(set => (set.time - at(0)) / 86_400_000)
  const { chains, orphaned, incomplete, superseded, orphanedSignatures } = collection
  return {
    chains: chains.map(chain => days(setsOf(chain))),
    orphaned: days(orphaned),
    incomplete: days(incomplete),
    superseded: days(superseded),
    signatures: orphanedSignatures.length,
  }
}

const nothing = { chains: [], orphaned: [], incomplete: [], superseded: [], signatures: 0 }
const cases: [string, SetSketch[], Partial<ReturnType<typeof short>>][] = [
  ['nothing', [], {}],
  ['a full', [{ day: 0 }], { chains: [[0]] }],
  [
    'two chains, oldest first',
    [...chainSketch(5, 1), ...chainSketch(0, 2)],
    {
      chains: [
        [0, 1, 2],
        [5, 6],
      ],
    },
  ],
  [
    'a full without its manifest',
    [
      { day: 0, manifest: false },
      { day: 1, base: 0 },
    ],
    { incomplete: [0], orphaned: [1] },
  ],
  ['an incremental without its parent', [{ day: 0 }, { day: 3, base: 2 }], { chains: [[0]], orphaned: [3], signatures: 1 }],
  [
    'a hole in a chain',
    [{ day: 0 }, { day: 1, base: 0, manifest: false, signatures: false }, { day: 2, base: 1 }],
    { chains: [[0]], orphaned: [2], incomplete: [1], signatures: 1 },
  ],
  [
    'a last set without signatures',
    [...chainSketch(0, 2), { day: 3, base: 2, signatures: false }],
    { chains: [[0, 1, 2]], incomplete: [3] },
  ],
  [
    'a first incremental without signatures, which duplicity keeps',
    [{ day: 0 }, { day: 1, base: 0, signatures: false }],
    { chains: [[0, 1]] },
  ],
  [
    'two incrementals on one base',
    [{ day: 0 }, { day: 1, base: 0, signatures: false }, { day: 2, base: 0 }],
    { chains: [[0, 2]], superseded: [1] },
  ],
  ['an old chain that went on after the next full', [{ day: 0 }, { day: 2 }, { day: 3, base: 0 }], { chains: [[2], [0, 3]] }],
]
for (const [what, sketches, expected] of cases) {
  test(`collectionOf() sorts ${what}`, () =>
    assert.deepEqual(short(collectionOf(listing(...sketches))), { ...nothing, ...expected }))
}

const damages: [string, SetSketch, boolean, RegExp | undefined][] = [
  ['nothing in a whole set', { day: 0, volumes: [1, 2, 3] }, true, undefined],
  ['a hole in the volumes', { day: 0, volumes: [1, 4] }, false, /^full set of 20260101T000000Z: volumes 2, 3 are missing$/],
  ['a lost first volume', { day: 0, volumes: [2] }, false, /volume 1 is missing/],
  ['no volume at all', { day: 0, volumes: [] }, false, /volume 1 is missing/],
  ['an absurd volume number', { day: 0, volumes: [1, 99_999_999] }, false, /volumes 2, 3, 4, 5, 6 and more are missing/],
  ['empty volumes', { day: 0, volumes: [1, 2], volumeBytes: 0 }, false, /volumes 1, 2 are empty/],
  [
    'nothing in the empty volume of a night without a change',
    { day: 0, base: -1, volumeBytes: 0, packing: 'plain' },
    false,
    /builds on is missing/,
  ],
  [
    'volumes before the last that are empty, where nothing is compressed',
    { day: 0, volumes: [1, 2, 3], volumeBytes: 0, packing: 'plain' },
    false,
    /volumes 1, 2 are empty/,
  ],
  ['an empty volume that was compressed', { day: 0, base: -1, volumeBytes: 0 }, false, /volume 1 is empty/],
  ['a missing manifest', { day: 0, manifest: false }, false, /the manifest is missing, the backup did not end/],
  ['missing signatures', { day: 0, signatures: false }, true, /the signatures are missing, nothing can be added to it/],
]
for (const [what, sketch, restorable, problem] of damages) {
  test(`collectionOf() finds ${what}`, () => {
    const collection = collectionOf(listing(sketch))
    const set = collection.chains[0]?.full ?? collection.incomplete[0] ?? collection.orphaned[0]!
    assert.equal(set.restorable, restorable)
    if (problem) assert.match(problemsOf(collection).join('\n'), problem)
    else assert.deepEqual(problemsOf(collection), [])
  })
}

test('collectionOf() finds two files for one volume, and one file is enough for none to be whole', () => {
  const [volume, ...others] = listing({ day: 0 })
  const collection = collectionOf([volume!, { name: volume!.name.replace('.gz', '.gpg'), bytes: 9 }, ...others])
  assert.match(problemsOf(collection)[0]!, /two files for its volume 1: .*gpg, .*gz/)
  assert.equal(isWhole(collection.chains[0]!), false)
})

test('collectionOf() tells duplicity’s files from others, counts its own, and keeps .part files apart', () => {
  const part = { name: 'duplicity-inc.20260101T000000Z.to.20260102T000000Z.manifest.part', bytes: 5 }
  const collection = collectionOf([...listing({ day: 0, jsonstat: true }), part, { name: 'PRIMARY_IS_web1', bytes: 1000 }])
  assert.ok(!collection.files.some(({ name }) => name === 'PRIMARY_IS_web1'))
  assert.deepEqual(collection.partial, [part])
  assert.equal(collection.bytes, 100 + 3 + 7 + 1 + 5)
  assert.equal(collection.chains[0]!.bytes, 111)
  assert.deepEqual(short(collection), { ...nothing, chains: [[0]] })
})

test('collectionOf() calls statistics stray when 0.8 left them behind', () => {
  const lonely = filesOfSet({ day: 3, volumes: [], manifest: false, signatures: false, jsonstat: true })
  const collection = collectionOf([...listing({ day: 0 }), ...lonely])
  assert.deepEqual(collection.strayStatistics, lonely)
  assert.equal(isClean(collection), true)
})

test('collectionOf() reads names with a prefix and encrypted ones', () => {
  const files = filesOfSet({ day: 0, packing: 'gpg' }, 'blog.')
  const collection = collectionOf([...files, ...listing({ day: 9 })], 'blog.')
  assert.equal(newestSet(collection)!.encrypted, true)
  assert.equal(collection.files.length, files.length)
})

test('collectionOf() gives the same for every order of the listing, and loses no file', () => {
  const sketch = fc.record({
    day: fc.nat(8),
    base: fc.option(fc.nat(8), { nil: undefined }),
    volumes: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    manifest: fc.boolean(),
    signatures: fc.boolean(),
    jsonstat: fc.boolean(),
  })
  const listings = fc
    .array(sketch, { maxLength: 12 })
    .map(sketches => new Map(listing(...(sketches as SetSketch[])).map(file => [file.name, file])))
  const shuffled = listings.chain(files =>
    fc.tuple(fc.constant([...files.values()]), fc.shuffledSubarray([...files.values()], { minLength: files.size })),
  )
  const holds = fc.property(shuffled, ([files, others]) => {
    const collection = collectionOf(files)
    assert.deepEqual(collectionOf(others), collection)
    assert.equal(
      collection.bytes,
      files.reduce((sum, file) => sum + file.bytes!, 0),
    )
    const { chains, orphaned, incomplete, superseded } = collection
    const volumes = [...chains.flatMap(setsOf), ...orphaned, ...incomplete, ...superseded].flatMap(set => set.volumes)
    assert.equal(volumes.length, files.filter(file => file.name.includes('.vol')).length)
  })
  fc.assert(holds)
})

test('primaryChain() is the newest chain, secondaryChains() the others', () => {
  const collection = collectionOf(listing(...chainSketch(0, 1), ...chainSketch(5, 1), ...chainSketch(9, 0)))
  assert.equal(primaryChain(collection)!.startAt, at(9))
  assert.deepEqual(
    secondaryChains(collection).map(chain => chain.startAt),
    [at(0), at(5)],
  )
})

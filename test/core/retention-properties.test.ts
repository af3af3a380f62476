import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Chain, type Collection, type FileRef, isWhole, primaryChain, setsOf } from '../../lib/core/collection.ts'
import { predictRemoval, withoutFiles } from '../../lib/core/removal.ts'
import { type PruneInput, planPrune } from '../../lib/core/retention.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

/** Chains in a row, each with some incrementals, of which some files were lost. */
const archives: fc.Arbitrary<FileRef[]> = fc
  .array(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 8 })), { maxLength: 7 })
  .map(chains => chains.flatMap(([incrementals, volumes], index) => sketchOf(index * 10, incrementals, volumes)))
  .chain(files => fc.tuple(fc.constant(files), fc.array(fc.nat(300), { maxLength: 4 })))
  .map(([files, lost]) => files.filter((_, index) => !lost.includes(index)))

function sketchOf(day: number, incrementals: number, volumes: number): FileRef[] {
  return listing(...chainSketch(day, incrementals, { volumes: Array.from({ length: volumes }, (_, index) => index + 1) }))
}

const settings = fc.record({
  allowanceBytes: fc.nat(4000),
  keepIncrementals: fc.nat(4),
  knownGood: fc.option(fc.nat(80).map(at), { nil: undefined }),
  keepSince: fc.option(fc.nat(120).map(at), { nil: undefined }),
  tidy: fc.boolean(),
  localPartial: fc.boolean(),
  full: fc.boolean(),
})
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never

const inputOf = (files: readonly FileRef[], { knownGood, ...rest }: Settings): PruneInput => ({
  collection: collectionOf(files),
  ...rest,
  ...(knownGood !== undefined && { knownGood }),
})
const holds = (check: (files: FileRef[], settings: Settings) => void) =>
  fc.assert(fc.property(archives, settings, check), { numRuns: Number(process.env.HOLDFAST_TEST_RUNS ?? 500) })
/** What a restore needs of a chain. Signatures of an older chain of which nothing else is left can go with another's. */
const chainFiles = (chain: Chain) => setsOf(chain).flatMap(set => [...set.volumes, ...(set.manifest ? [set.manifest] : [])])
const touches = (files: readonly FileRef[], chain: Chain) =>
  chainFiles(chain).some(file => files.some(gone => gone.name === file.name))

test('planPrune() never touches the primary chain, nor leaves no whole chain where there was one', () => {
  holds((files, chosen) => {
    const input = inputOf(files, chosen)
    const plan = planPrune(input)
    const primary = primaryChain(input.collection)
    if (plan.action.kind === 'cleanup') return
    if (primary) assert.equal(touches(plan.files, primary), false)
    const wholeAfter = input.collection.chains.some(chain => isWhole(chain) && !touches(plan.files, chain))
    assert.equal(wholeAfter || plan.files.length === 0, true)
  })
})

test('planPrune() takes no restore point that is younger than is kept', () => {
  holds((files, chosen) => {
    const input = inputOf(files, chosen)
    const { action, files: gone } = planPrune(input)
    const young = input.collection.chains.flatMap(setsOf).filter(({ time }) => time >= (chosen.keepSince ?? Infinity))
    const names = new Set(gone.map(({ name }) => name))
    if (action.kind !== 'cleanup') assert.ok(young.every(({ volumes }) => volumes.every(({ name }) => !names.has(name))))
  })
})

test('planPrune() never touches the newest chain known to hold a working site', () => {
  holds((files, chosen) => {
    const input = inputOf(files, chosen)
    const good = input.collection.chains.findLast(chain => chosen.knownGood !== undefined && chain.startAt <= chosen.knownGood)
    const { action, files: gone } = planPrune(input)
    if (good && action.kind !== 'cleanup') assert.equal(touches(gone, good), false)
  })
})

test('planPrune() takes nothing of a chain while the archive is within its allowance', () => {
  let seen = 0
  holds((files, chosen) => {
    const { collection } = inputOf(files, chosen)
    const { kind } = planPrune(inputOf(files, chosen)).action
    if (collection.bytes! > chosen.allowanceBytes) return
    seen++
    assert.ok(kind === 'none' || (kind === 'cleanup' && chosen.tidy), kind)
  })
  assert.ok(seen > 0)
})

test('planPrune() cleans only what is in no chain', () => {
  holds((files, chosen) => {
    const { collection } = inputOf(files, chosen)
    const plan = planPrune(inputOf(files, chosen))
    if (plan.action.kind !== 'cleanup') return
    const data = collection.chains.flatMap(setsOf).flatMap(set => [...set.volumes, set.manifest!])
    assert.equal(
      data.some(file => plan.files.includes(file)),
      false,
    )
  })
})

test('planPrune() plans one action on one chain, with every file it takes, and a reason for all that it does not do', () => {
  const kinds = new Set<string>()
  holds((files, chosen) => {
    const plan = planPrune(inputOf(files, chosen))
    kinds.add(plan.action.kind)
    assert.deepEqual(plan, planPrune(inputOf(files, chosen)))
    assert.ok(plan.considered.filter(each => each.applies).length <= 1)
    for (const { reason } of [...plan.considered, plan]) assert.match(reason, /\w.{9,}/)
    const known = new Set(files.map(file => file.name))
    assert.ok(plan.files.every(file => known.has(file.name)))
    assert.equal(new Set(plan.files.map(file => file.name)).size, plan.files.length)
    assert.equal(plan.action.kind === 'none', plan.files.length === 0)
  })
  assert.equal(kinds.size, 4, `the archives led only to ${[...kinds]}`)
})

test('planPrune() needs only enough nights: then the archive fits its allowance, or it says why nothing can go', () => {
  holds((files, chosen) => {
    let left: FileRef[] = files
    for (let night = 0; ; night++) {
      const plan = planPrune(inputOf(left, chosen))
      if (plan.action.kind === 'none') {
        const fits = collectionOf(left).bytes! <= chosen.allowanceBytes
        const waits = chosen.localPartial && !chosen.full
        if (!waits) assert.match(plan.reason, fits ? /within the allowance/ : /, but nothing can go: ./)
        return
      }
      assert.ok(night < files.length, 'no end of pruning')
      const gone = new Set(plan.files.map(file => file.name))
      left = left.filter(file => !gone.has(file.name))
    }
  })
})

/** A set that loses its signatures gets no new sentence about it. */
const withoutProblems = (collection: Collection) =>
  JSON.parse(JSON.stringify(collection, (key, value) => (key === 'problems' ? [] : value)))

test('withoutFiles() looks ahead as a new listing would after stripping or removing a chain', () => {
  holds((files, chosen) => {
    const input = inputOf(files, chosen)
    const plan = planPrune(input)
    if (plan.action.kind === 'none' || plan.action.kind === 'cleanup') return
    const gone = new Set(plan.files.map(file => file.name))
    const left = collectionOf(files.filter(file => !gone.has(file.name)))
    assert.deepEqual(withoutProblems(withoutFiles(input.collection, plan.files)), withoutProblems(left))
  })
})

test('predictRemoval() refuses to keep no chain', () => {
  assert.throws(() => predictRemoval(collectionOf([]), 0, true), { message: 'cannot keep 0 chains: at least 1 needed' })
})

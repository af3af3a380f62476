import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ForecastInput, forecast } from '../../lib/core/forecast.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

const megabyte = 1e6
const day = 86_400_000
const sizes = {
  fullBytes: 100 * megabyte,
  fullAt: at(0),
  incrementalBytes: 5 * megabyte,
  growthBytesPerDay: 0,
  volumeBytes: 25 * megabyte,
}
const usual: ForecastInput = {
  sizes,
  allowanceBytes: 1000 * megabyte,
  keepIncrementals: 1,
  keepDays: 0,
  frequencySeconds: 30 * 86_400,
  startAt: at(0),
  nights: 365,
}

test('forecast() makes a full every 30 nights of a frequency of 30 days, and incrementals between', () => {
  const { nights } = forecast({ ...usual, nights: 70 })
  const fulls = nights.flatMap((night, index) => (night.backup === 'full' ? [index] : []))
  assert.deepEqual(fulls, [0, 30, 60])
  assert.equal(nights[29]!.bytes, 245 * megabyte)
})

test('forecast() tells when the allowance is met, and prunes the night after', () => {
  const { nights, allowanceMetAt } = forecast(usual)
  const met = nights.findIndex(night => night.bytes >= 1000 * megabyte)
  assert.equal(allowanceMetAt, at(met))
  assert.ok(nights.slice(0, met + 1).every(night => night.action === 'none'))
  assert.equal(nights.slice(met).find(night => night.action !== 'none')!.action, 'strip-incrementals')
})

test('forecast() reaches back further with a larger allowance', () => {
  const reach = (allowance: number) =>
    forecast({ ...usual, allowanceBytes: allowance * megabyte, nights: 1000 }).nights.at(-1)!.reachDays
  assert.ok(reach(500) < reach(1000) && reach(1000) < reach(2000))
})

test('forecast() never meets an allowance that is large enough', () => {
  const { nights, allowanceMetAt } = forecast({ ...usual, allowanceBytes: 1e15 })
  assert.equal(allowanceMetAt, undefined)
  assert.equal(nights.at(-1)!.reachDays, 364)
})

test('forecast() goes on from the collection that there is', () => {
  const collection = collectionOf(listing(...chainSketch(-20, 20)))
  const { nights } = forecast({ ...usual, collection, startAt: at(1), nights: 12 })
  assert.deepEqual([nights[0]!.backup, nights[0]!.reachDays], ['incremental', 21])
  assert.equal(
    nights.findIndex(night => night.backup === 'full'),
    9,
  )
})

test('forecast() settles: the archive never exceeds its allowance for long, or the reason is told', () => {
  const inputs = fc.record({
    fullBytes: fc.integer({ min: 1, max: 400 }),
    incrementalBytes: fc.integer({ min: 1, max: 60 }),
    keepIncrementals: fc.nat(3),
    frequencyDays: fc.integer({ min: 3, max: 40 }),
  })
  const holds = fc.property(inputs, ({ fullBytes, incrementalBytes, keepIncrementals, frequencyDays }) => {
    const measured = { ...sizes, fullBytes: fullBytes * megabyte, incrementalBytes: incrementalBytes * megabyte }
    const input = { ...usual, sizes: measured, keepIncrementals, frequencySeconds: frequencyDays * 86_400, nights: 300 }
    const { nights } = forecast(input)
    assert.deepEqual(forecast(input).nights, nights)
    nights.slice(1).forEach((night, index) => {
      const wasOver = nights[index]!.bytes > input.allowanceBytes
      assert.equal(night.action === 'none', !wasOver || /but nothing can go: only the primary chain is left/.test(night.reason))
      assert.equal(night.time, input.startAt + (index + 1) * day)
    })
  })
  fc.assert(holds, { numRuns: 50 })
})

test('forecast() deletes no restore point of the last keepDays, though junk has filled the allowance tenfold', () => {
  const junk = { ...sizes, fullBytes: 10 * usual.allowanceBytes }
  const { nights } = forecast({ ...usual, sizes: junk, keepDays: 30, frequencySeconds: 7 * 86_400, nights: 120 })
  assert.ok(nights.slice(60).every(({ reachDays }) => reachDays >= 30))
  assert.ok(nights.some(({ action }) => action === 'remove-chain'))
})

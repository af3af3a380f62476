import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { chooseSample, fittingCompression } from '../../lib/core/compression.ts'

const MB = 1_000_000
for (const [what, sample, compression, reason] of [
  ['nothing', undefined, 'default', /too little is known/],
  ['almost nothing', { pieces: 1, bytes: 100, compressed: 100 }, 'default', /too little is known/],
  [
    'photos',
    { pieces: 64, bytes: 4 * MB, compressed: 3.98 * MB },
    'none',
    /^not compressed: 64 pieces .* 4\.00 MB, come to 3\.98 MB \(100 %\)/,
  ],
  ['photos and some pages', { pieces: 64, bytes: 4 * MB, compressed: 3.7 * MB }, 'default', /^compressed: .* \(93 %\)/],
  ['pages', { pieces: 64, bytes: 4 * MB, compressed: MB }, 'default', /^compressed: .* \(25 %\)/],
] as const)
  test(`fittingCompression() of ${what}`, () => {
    const chosen = fittingCompression(sample)
    assert.equal(chosen.compression, compression)
    assert.match(chosen.reason, reason)
  })

test('chooseSample() chooses no more files than there may be, each once, none that is empty, and the same again', async () => {
  const sizes = fc.array(fc.nat(1_000_000), { maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 64 }), async (all, count) => {
      const files = all.map((bytes, index) => ({ path: String(index), bytes }))
      const chosen = await chooseSample(files, count)
      assert.equal(chosen.length, Math.min(count, files.filter(({ bytes }) => bytes > 0).length))
      assert.equal(new Set(chosen).size, chosen.length)
      assert.ok(chosen.every(({ bytes }) => bytes > 0))
      assert.deepEqual(await chooseSample(files, count), chosen)
    }),
  )
})

test('chooseSample() finds what most of the bytes are', async () => {
  const photos = Array.from({ length: 100 }, (_, index) => ({ path: `photo ${index}`, bytes: 2 * MB }))
  const pages = Array.from({ length: 5000 }, (_, index) => ({ path: `page ${index}`, bytes: 8_000 }))
  const chosen = await chooseSample([...pages, ...photos], 64)
  const share = chosen.filter(({ path }) => path.startsWith('photo')).length / chosen.length
  assert.ok(share > 0.7 && share < 0.95, `${share}; of the bytes it is 0.83`)
})

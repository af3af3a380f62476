import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sizeCurve, thinned } from '../../lib/report/page-data.ts'
import { madeUpHistory, madeUpSite } from '../support/made-up-status.ts'

const site = madeUpSite(3)
const history = madeUpHistory(site, 300)

test('sizeCurve() takes two nights or more that were remembered, and tells them in words', () => {
  const curve = sizeCurve(site, history.slice(-2))!
  assert.deepEqual(curve.points, history.slice(-2))
  assert.match(curve.title, /each night since 2026-11-21$/)
  assert.match(curve.words, /^Size on 2 nights from 2026-11-21 to 2026-11-22: .*over the allowance on 2 of them\.$/)
})

test('sizeCurve() falls back to the sets in the archive, which add up to what the archive holds, and says so', () => {
  for (const known of [[], history.slice(-1)]) {
    const { points, title, words } = sizeCurve(site, known)!
    assert.equal(points.length, site.restorePoints)
    assert.equal(points.at(-1)!.bytes, site.bytes)
    assert.match(`${title} ${words}`, /sets in the archive.*Fewer than two nights/)
  }
})

test('sizeCurve() draws nothing where no sizes are known: an archive at a URL is not an empty one', () => {
  const unknown = { ...site, bytes: null, chains: site.chains.map(chain => ({ ...chain, bytes: null })) }
  assert.equal(sizeCurve(unknown, []), undefined)
  assert.equal(sizeCurve({ ...site, chains: [] }, []), undefined)
})

test('thinned() keeps the largest and the last of a long history, and no more than can be told apart', () => {
  const peak = { at: history[17]!.at, bytes: 9e12 }
  const points = thinned(history.map((point, index) => (index === 17 ? peak : point)))
  assert.ok(points.length <= 150 && points.length > 75)
  assert.ok(points.includes(peak))
  assert.equal(points.at(-1), history.at(-1))
  assert.deepEqual(
    points,
    points.toSorted((a, b) => a.at - b.at),
  )
  assert.equal(thinned(history.slice(0, 150)).length, 150)
})

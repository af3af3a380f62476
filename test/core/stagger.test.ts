import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clockText, nightlyStart, type OtherNights } from '../../lib/core/stagger.ts'

const owner = (endsAt: number): OtherNights => ({ host: 'web1', owns: true, endsAt })
const startOf = (...args: Parameters<typeof nightlyStart>): number => {
  const { hour, minute } = nightlyStart(...args)
  return hour * 60 + minute
}

const host = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
const minutes = fc.integer({ min: 0, max: 1439 })

test('nightlyStart(): by property, owners begin between three and twenty past, and who owns nothing begins after each of them is over', () => {
  fc.assert(
    fc.property(host, fc.array(fc.record({ host, owns: fc.boolean(), endsAt: minutes })), (me, others) => {
      const own = startOf(me, true, others)
      assert.ok(own >= 180 && own < 200)
      const replica = startOf(me, false, others)
      assert.ok(replica > 200 && replica < 8 * 60)
      for (const other of others) if (other.owns && other.host !== me && other.endsAt <= 7 * 60) assert.ok(replica > other.endsAt)
    }),
  )
})

test('nightlyStart() says after whom, and does not wait for what was no nightly run', () => {
  assert.match(
    nightlyStart('web2', false, [owner(4 * 60 + 10)]).why,
    /^it owns no site, and follows web1, whose run was over at 04:10$/,
  )
  assert.match(nightlyStart('web2', false, [owner(14 * 60)]).why, /^it owns no site, and follows the hosts that do$/)
  assert.equal(startOf('web2', false, []), startOf('web2', false, [{ host: 'web3', owns: false, endsAt: 200 }]))
  assert.match(nightlyStart('web1', true, []).why, /^it owns sites/)
})

test('nightlyStart() gives most hosts a minute of their own', () => {
  const starts = Array.from({ length: 8 }, (_, index) => startOf(`web${index + 1}`, true, []))
  assert.ok(new Set(starts).size >= 7, starts.map(clockText).join(' '))
})

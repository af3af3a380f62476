import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  chainsOwnSince,
  type Epoch,
  epochText,
  isDiverged,
  isOfLostEpoch,
  type MadeSet,
  nextEpoch,
} from '../../lib/core/epoch.ts'

const HOUR = 3_600_000
const NOON = Date.parse('2026-01-31T12:00:00Z')
const at = (hours: number): number => NOON + hours * HOUR

/** web1 claimed it at noon, web2 took it over at 40:00 from the set of 24:00, web1 got it back at 60:00 from that of 50:00. */
const claimed = nextEpoch(undefined, { owner: 'web1', by: 'claim', now: NOON })
const over = nextEpoch(claimed, { owner: 'web2', by: 'takeover', now: at(40), from: at(24) })
const back = nextEpoch(over, { owner: 'web1', by: 'handover', now: at(60), from: at(50) })

test('nextEpoch() goes on from the epoch before, and keeps all that were', () => {
  assert.deepEqual([claimed.number, over.number, back.number], [1, 2, 3])
  assert.deepEqual(back.before, [
    { number: 1, owner: 'web1', since: '2026-01-31T12:00:00.000Z' },
    { number: 2, owner: 'web2', since: '2026-02-02T04:00:00.000Z', from: '2026-02-01T12:00:00.000Z' },
  ])
  assert.equal(epochText(over), 'epoch 2, which web2 took on 2026-02-02 04:00 UTC by takeover')
})

test('nextEpoch() has the owner of the markers as that of epoch 0, and is later than what any host knows', () => {
  const first = nextEpoch(undefined, { owner: 'web2', by: 'takeover', now: NOON, marker: 'web1', above: 4 })
  assert.deepEqual([first.number, first.before.map(({ number, owner }) => [number, owner])], [5, [[0, 'web1']]])
})

test('isDiverged() tells an old epoch from one that the archive does not know', () => {
  const known: [number, string, Epoch | undefined, boolean][] = [
    [1, 'web1', back, false],
    [2, 'web2', back, false],
    [3, 'web1', back, false],
    [2, 'web1', back, true],
    [4, 'web1', back, true],
    [1, 'web1', undefined, true],
  ]
  for (const [number, owner, epoch, diverged] of known) assert.equal(isDiverged({ number, owner }, epoch), diverged)
})

test('isOfLostEpoch() counts what an owner made until the next went on from it, and nothing that it made after', () => {
  const sets: [string, number, number, boolean][] = [
    ['the full of web1', 0, 0, false],
    ['the increment that web2 took', 24, 0, false],
    ['one of web1 that web2 did not have', 30, 0, true],
    ['one of web1 after it came back', 48, 0, true],
    ['a full of web1 that web2 did not have', 30, 30, true],
    ['the full of web2', 41, 41, false],
    ['the last increment of web2', 50, 41, false],
    ['one of web2 after web1 took it back', 61, 41, true],
    ['the full of web1', 61, 61, false],
    ['its increment', 85, 61, false],
    ['one more of its first chain', 85, 0, true],
  ]
  for (const [what, time, began, isLost] of sets)
    assert.equal(isOfLostEpoch({ time: at(time), chainBegan: at(began) }, back), isLost, what)
  assert.equal(isOfLostEpoch({ time: at(99), chainBegan: at(0) }, claimed), false)
  assert.equal(isOfLostEpoch({ time: at(99), chainBegan: at(0) }, undefined), false)
})

test("isOfLostEpoch() goes by who made a set, and in which epoch, rather than by its maker's clock", () => {
  const sets: [string, number, number, { host: string; epoch?: number }, boolean][] = [
    ['a full of web1, whose clock is ahead', 45, 45, { host: 'web1', epoch: 1 }, true],
    ['the same, where the epoch is not known', 45, 45, { host: 'web1' }, true],
    ['a full of web2, whose clock is behind', 30, 30, { host: 'web2', epoch: 2 }, false],
    ['the set that web2 took', 24, 0, { host: 'web1', epoch: 1 }, false],
    ['of an epoch that nobody had, told by its time', 41, 41, { host: 'web3', epoch: 2 }, false],
  ]
  for (const [what, time, began, by, isLost] of sets)
    assert.equal(isOfLostEpoch({ time: at(time), chainBegan: at(began), by }, over), isLost, what)
})

test('isOfLostEpoch() of what is written down is true of what a host added after it had lost the site, whatever its clock', () => {
  const hosts = ['web1', 'web2', 'web3'] as const
  const act = fc.record({
    host: fc.constantFrom(...hosts),
    takes: fc.boolean(),
    full: fc.boolean(),
    hours: fc.integer({ min: 1, max: 30 }),
  })
  const clocks = fc.tuple(...hosts.map(() => fc.integer({ min: -100, max: 100 })))
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), clocks, (acts, ahead) => {
      let epoch = claimed
      let [now, newest] = [NOON, 0]
      /** What each host believes: the epoch that it took last, and its chain. */
      const own = new Map([['web1', { epoch: 1, began: 0 }]])
      const made: { set: MadeSet; isLost: boolean }[] = []
      for (const { host, takes, full, hours } of acts) {
        now += hours * HOUR
        const time = now + ahead[hosts.indexOf(host)]! * HOUR
        const mine = own.get(host)
        if (takes && host !== epoch.owner && newest > 0) {
          epoch = nextEpoch(epoch, { owner: host, by: 'takeover', now: time, from: newest })
          own.set(host, { epoch: epoch.number, began: 0 })
        } else if (mine && time > newest) {
          // a host backs up to no archive with sets that are ahead of its clock
          if (full || mine.began === 0) mine.began = time
          const isLost = mine.epoch !== epoch.number
          made.push({ set: { time, chainBegan: mine.began, by: { host, epoch: mine.epoch } }, isLost })
          if (!isLost) newest = time
        }
      }
      for (const { set, isLost } of made) assert.equal(isOfLostEpoch(set, epoch), isLost)
    }),
  )
})

test('chainsOwnSince() is the beginning of an epoch, but not of the first, which took nothing from anybody', () => {
  assert.deepEqual([chainsOwnSince(undefined), chainsOwnSince(claimed), chainsOwnSince(over)], [0, 0, at(40)])
})

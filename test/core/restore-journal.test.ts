import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Exchange, expired, type Standing, standingOf, type Transaction } from '../../lib/core/restore-journal.ts'

const DAY = 86_400_000
const between = (liveWas: string | null, heldWas: string | null): Exchange => ({ live: '/l', held: '/h', liveWas, heldWas })

/** [what was live, what was held, what is live, what is held, where it stands]; 3:9 was never part of it. */
const table: [string | null, string | null, string | null, string | null, Standing][] = [
  ['1:1', '1:2', '1:1', '1:2', 'original'],
  ['1:1', '1:2', '1:2', '1:1', 'exchanged'],
  ['1:1', '1:2', null, '1:2', 'between'],
  ['1:1', '1:2', '1:2', null, 'between'],
  ['1:1', '1:2', '1:1', null, 'between'],
  ['1:1', '1:2', null, null, 'between'],
  ['1:1', '1:2', '3:9', '1:2', 'unknown'],
  ['1:1', '1:2', '1:2', '3:9', 'unknown'],
  [null, '1:2', null, '1:2', 'original'],
  [null, '1:2', '1:2', null, 'exchanged'],
  [null, '1:2', '3:9', null, 'unknown'],
  ['1:1', null, '1:1', null, 'original'],
  ['1:1', null, null, '1:1', 'exchanged'],
  ['1:1', null, null, null, 'between'],
]

test('standingOf() tells every state that an exchange can be in by who is where', () => {
  for (const [liveWas, heldWas, liveIs, heldIs, standing] of table)
    assert.equal(standingOf(between(liveWas, heldWas), liveIs, heldIs), standing, `${[liveWas, heldWas, liveIs, heldIs]}`)
})

const kept = (days: number, safety: boolean, now: number, task: Transaction['task'] = 'replica'): Transaction => ({
  id: String(days),
  site: 'blog',
  task,
  phase: 'kept',
  startedAt: now - days * DAY,
  point: 0,
  holdings: [],
  exchanges: [],
  databases: [],
  scratch: { databases: [], accounts: [] },
  tidied: true,
  safety: safety ? 'changed by hand' : undefined,
})

test('expired() leaves the newest and the safety copies of the last days, and nothing else', () => {
  const now = Date.parse('2026-06-01')
  const ids = (list: [number, boolean][], days: number): string[] =>
    expired(
      list.map(([age, safety]) => kept(age, safety, now)),
      now,
      days,
    ).map(({ id }) => id)
  assert.deepEqual(ids([], 7), [])
  assert.deepEqual(ids([[0, false]], 7), [])
  assert.deepEqual(ids([[8, false]], 7), ['8'])
  assert.deepEqual(ids([[7, false]], 7), [])
  assert.deepEqual(ids([[2, false], [1, false]], 7), ['2']) // biome-ignore format: a line a case
  assert.deepEqual(ids([[3, true], [2, false], [1, false]], 7), ['2']) // biome-ignore format: a line a case
  assert.deepEqual(ids([[9, true], [2, true], [1, false]], 7), ['9']) // biome-ignore format: a line a case
  assert.deepEqual(ids([[5, true], [4, true], [3, true], [2, true], [1, false]], 7), ['4', '3']) // biome-ignore format: a line a case
  assert.deepEqual(ids([[9, true], [4, true], [3, true], [2, true]], 7), ['9', '3']) // biome-ignore format: a line a case
})

test('expired() keeps what each recovery replaced for its days, and what undone ones did until the next success', () => {
  const now = Date.parse('2026-06-01')
  const ids = (...list: [number, Transaction['task']][]): string[] =>
    expired(
      list.map(([age, task]) => kept(age, false, now, task)),
      now,
      7,
    ).map(({ id }) => id)
  assert.deepEqual(ids([2, 'recover'], [1, 'recover'], [0, 'recover']), [])
  assert.deepEqual(ids([8, 'recover'], [1, 'recover']), ['8'])
  assert.deepEqual(ids([2, 'recover'], [1, 'undo'], [0, 'recover']), ['1'])
  assert.deepEqual(ids([2, 'recover'], [1, 'undo']), [])
})

test('expired(): by property, what is younger than its days and newest stays, of the safety copies the first and the last, all else goes', () => {
  const ages = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.boolean()), { maxLength: 8 })
  fc.assert(
    fc.property(ages, fc.integer({ min: 0, max: 30 }), (list, days) => {
      const now = 1e12
      const all = list.toSorted(([a], [b]) => b - a).map(([age, safety]) => kept(age, safety, now))
      const gone = expired(all, now, days)
      for (const one of all) {
        const isYoung = (each: Transaction): boolean => now - each.startedAt <= days * DAY
        const copies = all.filter(each => isYoung(each) && each.safety !== undefined)
        const stays = one === all.at(-1) || one === copies[0] || one === copies.at(-1)
        const isBetween = copies.includes(one) && one !== copies[0] && one !== copies.at(-1)
        assert.equal(!gone.includes(one), isYoung(one) && stays && !isBetween)
      }
    }),
  )
})

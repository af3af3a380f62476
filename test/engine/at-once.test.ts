import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneAtATime, together } from '../../lib/engine/at-once.ts'

test('oneAtATime() begins work when that before it has ended, also by a failure', async () => {
  const inTurn = oneAtATime()
  const said: string[] = []
  const first = Promise.withResolvers<void>()
  const failing = inTurn(async () => {
    said.push('one begins')
    await first.promise
    said.push('one ends')
    throw new Error('it broke')
  })
  const following = inTurn(async () => {
    said.push('two')
    return 2
  })
  await new Promise(resolve => setImmediate(resolve))
  first.resolve()
  await assert.rejects(failing, /it broke/)
  assert.equal(await following, 2)
  assert.deepEqual(said, ['one begins', 'one ends', 'two'])
})

test('together() works on so many at once, gives what came of each in order, and begins nothing after a failure, which it gives once all that began has ended', async () => {
  let [working, most, ended] = [0, 0, 0]
  const work = async (item: number): Promise<number> => {
    most = Math.max(most, ++working)
    for (let turn = 0; turn < 10 - item; turn++) await null
    working--
    ended++
    if (item === 3) throw new Error('three')
    return item * 2
  }
  assert.deepEqual(await together([0, 1, 2, 9, 4], 2, work), [0, 2, 4, 18, 8])
  assert.equal(most, 2)
  ended = 0
  await assert.rejects(together([3, 0, 1], 2, work), /three/)
  assert.deepEqual([working, ended], [0, 2])
  assert.deepEqual(await together([], 4, work), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneAtATime } from '../../lib/engine/one-at-a-time.ts'

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

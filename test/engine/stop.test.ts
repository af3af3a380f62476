import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenForStop, STOP_SIGNALS } from '../../lib/engine/stop.ts'

test('listenForStop() is aborted by each stop signal and says which was first', async () => {
  for (const signal of STOP_SIGNALS) {
    const stop = listenForStop()
    assert.equal(stop.by(), undefined)
    process.kill(process.pid, signal)
    await new Promise(resolve => stop.signal.addEventListener('abort', resolve))
    assert.equal((stop.signal.reason as Error).message, `stopped by ${signal}`)
    process.kill(process.pid, 'SIGINT')
    await new Promise(resolve => process.once('SIGINT', resolve))
    assert.equal(stop.by(), signal)
    stop.release()
  }
})

test('listenForStop() leaves no listener behind', () => {
  const count = () => STOP_SIGNALS.map(signal => process.listenerCount(signal))
  const before = count()
  const stop = listenForStop()
  assert.notDeepEqual(count(), before)
  stop.release()
  assert.deepEqual(count(), before)
})

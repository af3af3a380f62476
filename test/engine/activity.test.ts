import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { activityOf } from '../../lib/engine/activity.ts'
import { until } from '../support/processes.ts'

test('activityOf() stays the same while all wait, and changes when one of them works, whatever it is called', async () => {
  // by that name its line in /proc has brackets and spaces before its numbers
  const script =
    'printf ") R 1 1" > /proc/self/comm; sleep 600 & read -r line; dd if=/dev/zero of=/dev/null count=1 2> /dev/null; read -r line'
  const child = spawn('bash', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const look = () => activityOf(child.pid!)
  await until(() => look().split('\n').length === 2 && look() === look())
  await new Promise(resolve => setTimeout(resolve, 50)) // it may still be on its way to its wait
  const waiting = look()
  await new Promise(resolve => setTimeout(resolve, 200))
  assert.equal(look(), waiting)
  child.stdin!.write('go\n')
  await until(() => look() !== waiting)
  const ended = once(child, 'exit')
  process.kill(-child.pid!, 'SIGKILL')
  await ended
  assert.equal(look(), '')
})

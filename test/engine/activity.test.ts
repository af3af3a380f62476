import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { activityOf } from '../../lib/engine/kernel.ts'
import { until } from '../support/processes.ts'

test('activityOf() stays the same while all wait, and changes when one of them works, whatever it is called', async () => {
  // by that name its line in /proc has brackets and spaces before its numbers
  const script =
    'printf ") R 1 1" > /proc/self/comm; sleep 600 & read -r line; dd if=/dev/zero of=/dev/null count=1 2> /dev/null; read -r line'
  const child = spawn('bash', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const look = () => activityOf(child.pid!)
  let waiting = ''
  let count = 0
  // for as long as it is on its way to its wait it works
  await until(() => {
    const now = look()
    count = now === waiting ? count + 1 : 0
    waiting = now
    return now.split('\n').length === 2 && count === 20
  })
  child.stdin!.write('go\n')
  await until(() => look() !== waiting)
  const ended = once(child, 'exit')
  process.kill(-child.pid!, 'SIGKILL')
  await ended
  await until(() => look() === '')
})

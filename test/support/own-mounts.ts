import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const INSIDE = 'HOLDFAST_TEST_OWN_MOUNTS'

/**
 * For a test file that mounts things: runs the file once more in a mount namespace of its own, where it is root and nothing that it mounts is seen outside
 * or outlives it. True inside, where the tests are to be declared.
 */
export function inOwnMounts(file: string): boolean {
  if (process.env[INSIDE] !== undefined) return true
  const root = process.getuid?.() === 0 ? [] : ['--map-root-user']
  test('its tests in a mount namespace of its own', async () => {
    const env: NodeJS.ProcessEnv = { ...process.env, [INSIDE]: 'yes' }
    delete env.NODE_TEST_CONTEXT
    const words = [...root, '--mount', '--propagation=private', process.execPath, '--test-reporter=spec', file]
    const child = spawn('unshare', words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise(resolve => child.on('close', resolve)),
    ])
    for (const line of out.split('\n').filter(each => each.startsWith('✔'))) console.log(line)
    assert.equal(code, 0, `${out}\n${err}`)
  })
  return false
}

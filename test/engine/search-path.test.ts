import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProcess, searchPath } from '../../lib/engine/process.ts'

const SYSTEM = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
const TABLE: [string, string[]][] = [
  ['/usr/bin:/bin', ['/usr/bin', '/bin', '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/sbin']],
  ['/opt/node/bin:/usr/bin', ['/opt/node/bin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/sbin', '/bin']],
  ['', SYSTEM],
  [':.:bin:./bin', SYSTEM],
]
for (const [path, folders] of TABLE) {
  test(`searchPath() of "${path}"`, () => assert.deepEqual(searchPath(path), folders))
}

test('a command finds the programs of root whatever PATH this process was given, and its own first', async t => {
  const before = process.env.PATH
  t.after(() => {
    process.env.PATH = before
  })
  for (const path of ['/usr/bin:/bin', undefined]) {
    if (path === undefined) delete process.env.PATH
    else process.env.PATH = path
    const { stdout } = await runProcess(['sh', '-c', 'echo $PATH'], {}, new AbortController().signal)
    assert.equal(stdout.trim(), searchPath(path ?? '').join(':'))
  }
})

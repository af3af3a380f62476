import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { claim, Stage } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'

test('a night begins a client of the database server, and no look does', async () => {
  const folder = quickFolder('look')
  await using mariadb = await startMariadb(join(folder, 'database'))
  const stage = new Stage(folder)
  const host = stage.addHost('web1', { database: { socket: mariadb.socket } } as object)
  claim((await tinyWordpress(host.vhosts, 'blog', 'blog', mariadb)).folder, host)
  const [programs, asked] = [join(folder, 'programs'), join(folder, 'asked')]
  fakeProgram(programs, 'bwrap', `case "$*" in *' mariadb '*) echo >> '${asked}' ;; esac; PATH=$REAL exec bwrap "$@"`)
  const clients = async (task: string): Promise<number> => {
    const before = existsSync(asked) ? readFileSync(asked).length : 0
    const { code, stdout, stderr } = await runTask(stage, task, host, [], { PATH: pathWith(programs) })
    assert.equal(code, 0, stdout + stderr)
    return (existsSync(asked) ? readFileSync(asked).length : 0) - before
  }
  assert.ok((await clients('nightly')) > 0)
  for (const task of ['status', 'forecast']) assert.equal(await clients(task), 0, task)
})

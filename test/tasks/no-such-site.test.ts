import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { helpOf } from '../../lib/program/task-help.ts'
import { TASKS } from '../../lib/program/tasks.ts'
import { ownFolder } from '../support/host.ts'
import { runTask } from '../support/recovering.ts'
import { Stage } from '../support/stage.ts'

const stage = new Stage(ownFolder('no-such-site'))
const host = stage.addHost('web1', { desktop: { folder: stage.folder, name: 'desk', weekday: 'monday', hour: 3 } } as object)
mkdirSync(stage.archive)

for (const { name } of TASKS)
  test(`${name} --site of a site that there is none of is bad input, in a line`, async () => {
    const more: Readonly<Record<string, readonly string[]>> = {
      recover: ['--dry-run'],
      approve: ['--dry-run'],
      handover: ['--to', 'web2', '--dry-run'],
    }
    const words = more[name] ?? []
    const { code, stdout, stderr } = await runTask(stage, name, host, ['--site', 'nosuch', ...words])
    assert.equal(code, 2, stdout + stderr)
    assert.match(stdout + stderr, /--site: |no site|nosuch/)
  })

for (const task of TASKS) test(`${task.name} --help tells of --dry-run`, () => assert.match(helpOf(task), /^ {2}--dry-run /m))

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { QueryFailed } from '../../lib/database/admin.ts'
import { saveDefinitions } from '../../lib/database/definitions-file.ts'
import { makeDefinitions } from '../../lib/database/make-definitions.ts'
import { CommandFailed } from '../../lib/engine/process.ts'
import type { HostContext } from '../../lib/host/site.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('make-definitions')
const settings = {
  sqlMode: '',
  charset: 'utf8mb4',
  collation: 'utf8mb4_general_ci',
  databaseCollation: undefined,
  timeZone: undefined,
}
const view = { kind: 'view', name: 'v', sql: 'CREATE VIEW v AS SELECT 1', ...settings } as const

for (const [what, stderr, isUnanswered] of [
  ['is gone', 'ERROR 2013 (HY000) at line 1: Lost connection to server during query', true],
  ['is being shut down', 'ERROR 1053 (08S01) at line 1: Server shutdown in progress', true],
  ['refuses one', 'ERROR 1356 (HY000) at line 1: View v references invalid table(s)', false],
] as const)
  test(`a definition is told to be refused only by a server that is there: one that ${what}`, async () => {
    const file = join(folder, 'definitions.json')
    saveDefinitions({ from: 'live', list: [view] }, file)
    const heard = hearingShell()
    const ended = { exitCode: 1, stdout: '', stderr }
    const act = () => Promise.reject(new CommandFailed('mariadb', 'ended with exit code 1', ended))
    const shell = { ...heard.shell, with: () => ({ ...heard.shell, act }) }
    const context = { host: hostIn(folder), shell } as unknown as HostContext
    const made = makeDefinitions(context, { file, database: 'blog', site: 'blog' }, async () => undefined)
    if (isUnanswered) await assert.rejects(made, error => error instanceof QueryFailed && error.isUnanswered)
    else await made
    assert.equal(heard.notes.length, isUnanswered ? 0 : 1)
  })

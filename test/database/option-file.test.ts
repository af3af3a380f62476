import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DatabaseAccess } from '../../lib/core/database-access.ts'
import { Secret } from '../../lib/core/secret.ts'
import { withOptionFile } from '../../lib/database/option-file.ts'
import { processStart } from '../../lib/host/process-start.ts'
import { hostIn, ownFolder } from '../support/host.ts'

const host = hostIn(ownFolder('option-file'))
const access: DatabaseAccess = {
  ...{ database: 'd', user: 'u', password: new Secret('p'), address: { kind: 'default' } },
  ...{ tablePrefix: 'wp_', charset: undefined },
}

test('withOptionFile() removes what other processes left, in memory and in the cache, also under an id that is used again', async () => {
  const other = process.ppid
  const living = `${other}-${processStart(other)!.replace(' ', '-')}-0.cnf`
  const left = [
    `${process.pid}-0.cnf`,
    `${process.pid}-00000000-0000-0000-0000-000000000000-1-0.cnf`,
    `${other}-00000000-0000-0000-0000-000000000000-1-0.cnf`,
    '0-0.cnf',
    'odd',
  ]
  for (const folder of [host.paths.run, host.paths.cache]) {
    mkdirSync(join(folder, 'clients'), { recursive: true })
    for (const name of [...left, living]) writeFileSync(join(folder, 'clients', name), 'password')
  }
  await withOptionFile(host, access, async option => {
    const file = option.replace('--defaults-file=', '')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    await withOptionFile(host, access, async another => assert.notEqual(another, option))
    assert.ok(statSync(file).isFile(), 'not removed by another use of this process')
  })
  for (const folder of [host.paths.run, host.paths.cache]) assert.deepEqual(readdirSync(join(folder, 'clients')), [living])
})

import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { Stage, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('trips')
const bin = join(folder, 'bin')
const asked = join(folder, 'asked')
// the process that works on the share gets a request a line
fakeProgram(
  bin,
  'setpriv',
  `case "$*" in *share-worker*) tee -a ${asked} | PATH=$REAL setpriv "$@";; *) PATH=$REAL exec setpriv "$@";; esac`,
)

/** What is asked of the share in a night of so many sites, none of which has changed since the night before. */
async function requestsOf(sites: number): Promise<string[]> {
  const stage = new Stage(join(folder, `of-${sites}`))
  const host = stage.addHost('web1', { setAtLeastEvery: '7D' })
  for (let index = 0; index < sites; index++) await createStaticSite(host, `site${index}`)
  for (let night = 0; night < 2; night++) assert.deepEqual(troubles(await stage.told(host)), [])
  rmSync(asked, { force: true })
  const told = await stage.told(host, [], { PATH: pathWith(bin) })
  assert.deepEqual(troubles(told), [])
  assert.equal(told.outcomes.filter(({ reason }) => reason?.startsWith('unchanged since')).length, sites)
  const requests = readFileSync(asked, 'utf8').trim().split('\n')
  return requests.map(line => JSON.parse(line).operation)
}

test('a night asks the share twice for each site that has not changed: whose and how it is, and to write that down', async () => {
  const [three, six] = [await requestsOf(3), await requestsOf(6)]
  const counts = (operations: readonly string[]) =>
    Object.entries(Object.groupBy(operations, name => name)).map(([name, all]) => `${name} ${all!.length}`)
  assert.ok(six.length - three.length <= 2 * 3, `${counts(three)}; ${counts(six)}`)
})

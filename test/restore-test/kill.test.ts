import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { ownFolder } from '../support/host.ts'
import { processesWith, until } from '../support/processes.ts'
import { createProofSite, setVersion } from '../support/proof-site.ts'
import { startTask } from '../support/recovery-stage.ts'
import { claim, Stage } from '../support/stage.ts'

/** How often a run is killed; a hundred times by `HOLDFAST_KILLS=100`. */
const KILLS = Number(process.env.HOLDFAST_KILLS ?? 1)

const folder = ownFolder('restore-test-kill')
const mariadb = await startMariadb(join(folder, 'db'))
after(() => mariadb.stop())
const fields = { database: { socket: mariadb.socket } } as object
const stage = new Stage(join(folder, 'stage'))
const host = stage.addHost('web1', fields)
const bisect = (...words: string[]) => startTask(stage, host, 'bisect', ['--site', 'shop', ...words])

test('SIGKILL at any moment leaves no process at once, and no folder, mount or database after the next run', async t => {
  const shop = await createProofSite(host.vhosts, 'shop', 'rt_kill', mariadb)
  claim(shop.folder, host)
  await setVersion(shop, 'first')
  await new DatedNights(stage, host, 'shop', fields).backUp(Date.parse('2026-01-05T03:00:00Z'))
  const databases = await mariadb.query('SHOW DATABASES')
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length
  const began = performance.now()
  const whole = await bisect('--expect', 'whole').ended
  const took = performance.now() - began
  assert.match(whole.stdout, /1 restore made/)
  const stopped = bisect('--expect', 'stopped')
  await until(() => globSync(join(host.folder, 'cache/duplicity/tmp/*/tree')).length > 0)
  stopped.child.kill('SIGTERM')
  assert.equal((await stopped.ended).code, 143)
  assert.deepEqual(globSync(join(host.folder, 'cache/duplicity/tmp/*')), [], 'a run that is stopped leaves nothing itself')
  for (let kill = 0; kill < KILLS; kill++) {
    const moment = took * ((kill + Math.random()) / KILLS)
    const { child, ended } = bisect('--expect', `kill ${kill}`)
    const timer = setTimeout(() => child.kill('SIGKILL'), moment)
    await ended
    clearTimeout(timer)
    t.diagnostic(`killed after ${Math.round(moment)} of ${Math.round(took)} ms`)
    await until(() => processesWith(host.folder).length === 0)
    await bisect('--file', 'SITE/none').ended
    assert.deepEqual(globSync(join(host.folder, '{cache/duplicity/tmp,tmp}/*')), [], `killed after ${moment} ms`)
  }
  assert.equal(await mariadb.query('SHOW DATABASES'), databases)
  assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length, mounts)
})

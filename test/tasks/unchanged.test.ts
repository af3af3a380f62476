import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { startTask } from '../support/recovery-stage.ts'
import { Stage, type StageHost, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('unchanged')
const setsOf = (stage: Stage): number =>
  readdirSync(join(stage.archive, 'blog')).filter(name => name.endsWith('.manifest') || name.endsWith('.manifest.gpg')).length

/** A night, and how many sets there are after it. */
async function night(stage: Stage, host: StageHost): Promise<{ sets: number; said: string }> {
  const ended = await stage.told(host)
  assert.deepEqual(troubles(ended), [])
  return { sets: setsOf(stage), said: ended.outcomes.flatMap(({ notes }) => notes.map(({ text }) => text)).join('\n') }
}

test('a site that has not changed gets no set, until it changes or a week is over', async () => {
  const stage = new Stage(join(folder, 'nights'))
  const host = stage.addHost('web1', { setAtLeastEvery: '7D', sites: { blog: { exclude: ['SITE/cache'] } } })
  const page = join(await createStaticSite(host, 'blog'), 'SITE/index.html')
  const site = join(host.vhosts, 'blog')
  assert.equal((await night(stage, host)).sets, 1)
  assert.equal((await night(stage, host)).sets, 1)

  const said = await stage.nightly(host)
  assert.match(said.stdout, /^blog +unchanged since \d{4}-.* 1 restore point/m)
  const status = JSON.parse((await startTask(stage, host, 'status', ['--json']).ended).stdout)
  const record = JSON.parse(readFileSync(join(stage.archive, 'blog/.holdfast-sets'), 'utf8'))
  assert.equal(Date.parse(status.sites[0].newestBackup), record.unchangedUntil)
  assert.ok(record.unchangedUntil > Date.parse(record.set))

  writeFileSync(page, 'changed')
  assert.equal((await night(stage, host)).sets, 2)
  assert.equal((await night(stage, host)).sets, 2)
  writeFileSync(join(site, 'max_NAS_space'), '900')
  assert.equal((await night(stage, host)).sets, 3, 'also what is beside SITE counts')
})

for (const way of ['written again', 'of another size']) {
  test(`a file that was ${way}, with the time that it had, is in the backup all the same, and is named`, async () => {
    const stage = new Stage(join(folder, way))
    const host = stage.addHost('web1', { setAtLeastEvery: '7D' })
    const page = join(await createStaticSite(host, 'blog'), 'SITE/index.html')
    writeFileSync(page, 'as it was')
    const { atime, mtime } = statSync(page)
    await night(stage, host)
    const after = way === 'written again' ? 'as it is.' : 'as it is now'
    writeFileSync(page, after)
    utimesSync(page, atime, mtime)
    const told = await night(stage, host)
    assert.deepEqual([told.sets, /backed up all the same: SITE\/index\.html/.test(told.said)], [2, true], told.said)
    assert.equal((await night(stage, host)).sets, 3, 'it gets its own time again')
    assert.equal((await night(stage, host)).sets, 3)

    writeFileSync(page, 'lost')
    const back = await startTask(stage, host, 'recover', ['--site', 'blog', '--yes']).ended
    assert.equal(back.code, 0, back.stdout)
    assert.equal(readFileSync(page, 'utf8'), after)
    assert.deepEqual(statSync(page).mtime.getTime(), Math.floor(mtime.getTime() / 1000) * 1000)
    assert.ok(!/backed up all the same/.test((await night(stage, host)).said), 'a restore is no change of one file')
  })
}

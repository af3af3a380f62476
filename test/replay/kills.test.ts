import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { chanceFrom } from '../support/chance.ts'
import { FollowedSite } from '../support/followed-site.ts'
import { processesWith, until } from '../support/processes.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { journalOf } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { Stage } from '../support/stage.ts'

/** How many refreshes are killed: `HOLDFAST_REPLAY_KILLS=200`. */
const KILLS = Number(process.env.HOLDFAST_REPLAY_KILLS ?? 1)
const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1e9)

test(`a refresh by the newest set that is killed at ${KILLS} random moments leaves a whole replica, and nothing else (seed ${SEED})`, async () => {
  const folder = quickFolder('replay-kills')
  const site = new FollowedSite(folder, chanceFrom(SEED))
  const stage = new Stage(folder)
  const web2 = stage.addHost('web2', { duplicity: { volumeSize: 1 }, staleAfter: '20Y', auditBudget: 0 } as object)
  const copy = () => snapshot(site.copy)
  const mine = join(web2.folder, '')
  await site.backUp()
  const night = async () => {
    const told = await stage.told(web2, ['--accept-shrinkage', '--site', 'blog'])
    assert.equal(told.exitCode, 0, told.stdout)
    const notes = told.outcomes.filter(({ step }) => step === 'restore-files').flatMap(each => each.notes)
    return notes.map(({ text }) => text).join('\n')
  }
  await night()
  const lengths: number[] = []
  let replayed = 0
  for (let kill = 0; kill <= KILLS; kill++) {
    const before = copy()
    site.change()
    await site.backUp()
    const begun = performance.now()
    if (kill > 0) {
      const run = stage.start(web2, ['--accept-shrinkage', '--site', 'blog'])
      await pause(Math.random() * Math.max(...lengths))
      run.child.kill('SIGKILL')
      await run.ended
      await until(() => processesWith(mine).length === 0, 60_000)
      // as a host does when it starts again
      const booted = await runTask(stage, 'boot', web2)
      assert.equal(booted.code, 0, booted.stdout + booted.stderr)
      const isAsBefore = JSON.stringify(copy()) === JSON.stringify(before)
      if (!isAsBefore) assert.deepEqual(site.differences(), [], `kill ${kill}`)
    }
    if (/^made of the replica's last tree/.test(await night())) replayed++
    if (kill === 0) lengths.push(performance.now() - begun)
    assert.deepEqual(site.differences(), [], `after kill ${kill}`)
    // one that was cut off before it could remember the site keeps a safety copy more
    const kept = journalOf(web2, 'blog').kept.map(({ id }) => id)
    const folders = join(web2.vhosts, '.holdfast/blog')
    assert.deepEqual((existsSync(folders) ? readdirSync(folders) : []).toSorted(), kept.toSorted())
    assert.deepEqual(readdirSync(join(web2.folder, 'cache/duplicity/tmp')), [])
    if (KILLS > 10 && kill % 10 === 0) console.log(`kill ${kill}, by the newest set ${replayed}`)
  }
  assert.ok(replayed > 0)
})

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Step } from '../../lib/engine/step.ts'
import { withFolderProgress, withVolumeProgress } from '../../lib/steps/progress.ts'
import { ownFolder } from '../support/host.ts'
import { perform } from '../support/perform.ts'

const folder = ownFolder('progress')

/** What was told of the progress of some work, in a run of its own. */
async function told(run: Step<object, void>['run'], dry = false): Promise<string[]> {
  const { events, outcomes } = await perform(recipe<object>().do({ name: 'work', title: 'Work', run }), {}, { dry })
  assert.equal(outcomes[0]!.status, 'done')
  assert.deepEqual(outcomes[0]!.commands, [], 'the looking is nobody’s command')
  return events.flatMap(event => (event.kind === 'progress' ? [event.text] : []))
}

test('withVolumeProgress() counts the volumes that come, not those that were there', async () => {
  const archive = join(folder, 'archive')
  mkdirSync(archive)
  writeFileSync(join(archive, 'duplicity-full.20260101T000000Z.vol1.difftar.gpg'), 'x'.repeat(5000))
  const texts = await told((_, shell) =>
    withVolumeProgress(archive, 4000, shell, async () => {
      await sleep(1000)
      writeFileSync(join(archive, 'duplicity-full.20261122T000000Z.vol1.difftar.gpg'), 'x'.repeat(1000))
      await sleep(2500)
    }),
  )
  assert.match(texts[0]!, /^1 volume, 1\.00 kB of about 4\.00 kB \(25 %\), \d+ bytes\/s, about \d+ s left$/)
})

test('withFolderProgress() tells what has come, of a folder that is not there at first', async () => {
  const into = join(folder, 'into')
  const texts = await told((_, shell) =>
    withFolderProgress(into, shell, async () => {
      mkdirSync(into)
      writeFileSync(join(into, 'file'), 'x'.repeat(100_000))
      await sleep(3000)
    }),
  )
  assert.match(texts[0]!, /^10\d kB, \d+\.\d kB\/s$/)
})

test('the progress of work that fails, and of a dry run, is nothing of its own', async () => {
  await assert.rejects(told((_, shell) => withFolderProgress(folder, shell, () => Promise.reject(new Error('no')))))
  assert.deepEqual(await told((_, shell) => withVolumeProgress(folder, 1, shell, () => sleep(300)), true), [])
})

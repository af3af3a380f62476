import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withFolderProgress, withVolumeProgress } from '../../lib/duplicity/io/progress.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import type { Step } from '../../lib/engine/step.ts'
import { ownFolder } from '../support/host.ts'
import { perform } from '../support/perform.ts'
import { until } from '../support/processes.ts'

const folder = ownFolder('progress')

/** A shell that counts how often something was told, so that work can wait for it. */
function counting(shell: Shell) {
  const seen = { told: 0 }
  const counted: Shell = {
    ...shell,
    progress: text => {
      seen.told++
      shell.progress(text)
    },
  }
  return { seen, counted }
}

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
  const files = [
    { name: 'duplicity-full.20260101T000000Z.manifest.gpg', bytes: 100 },
    { name: 'duplicity-full.20260101T000000Z.vol1.difftar.gpg', bytes: 5000 },
  ]
  for (const { name, bytes } of files) writeFileSync(join(archive, name), 'x'.repeat(bytes))
  const texts = await told((_, shell) => {
    const { seen, counted } = counting(shell)
    return withVolumeProgress(archive, { collection: collectionOf(files), kind: 'full' }, counted, async () => {
      writeFileSync(join(archive, 'duplicity-full.20261122T000000Z.vol1.difftar.gpg'), 'x'.repeat(1000))
      await until(() => seen.told > 0)
    })
  })
  assert.match(texts[0]!, /^1 volume, 1\.00 kB of about 5\.10 kB \(19 %\), \d+ bytes\/s, about \d+ s left$/)
})

test('withFolderProgress() tells what has come, of a folder that is not there at first', async () => {
  const into = join(folder, 'into')
  const texts = await told((_, shell) => {
    const { seen, counted } = counting(shell)
    return withFolderProgress(into, counted, async () => {
      mkdirSync(into)
      writeFileSync(join(into, 'file'), 'x'.repeat(100_000))
      await until(() => seen.told > 0)
    })
  })
  assert.match(texts[0]!, /^10\d kB, [\d.]+ kB\/s$/)
})

test('the progress of work that fails, and of a dry run, is nothing of its own', async () => {
  await assert.rejects(told((_, shell) => withFolderProgress(folder, shell, () => Promise.reject(new Error('no')))))
  assert.deepEqual(
    await told(
      (_, shell) => withVolumeProgress(folder, { collection: collectionOf([]), kind: 'full' }, shell, async () => {}),
      true,
    ),
    [],
  )
})

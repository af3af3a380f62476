import assert from 'node:assert/strict'
import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { chanceFrom } from '../support/chance.ts'
import { FollowedSite } from '../support/followed-site.ts'
import { quickFolder } from '../support/quick-folder.ts'

test('what is changed night after night behind its time, and what gets another owner with it, is in each set', async () => {
  const site = new FollowedSite(quickFolder('changes'), chanceFrom(1))
  for (const path of ['first', 'next', 'given']) site.tree.write(`SITE/${path}`, 1000)
  await site.backUp()
  site.tree.editUnseen('SITE/first')
  await site.backUp()
  for (const path of ['first', 'next', 'given']) site.tree.editUnseen(`SITE/${path}`)
  chownSync(join(site.tree.folder, 'SITE/given'), 33, 12_345)
  await site.backUp()
  await site.follow()
  assert.deepEqual(site.differences(), [])
})

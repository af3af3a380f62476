import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { NeedsOf } from '../../lib/engine/step.ts'
import { checkElsewhere, restoreFilesElsewhere } from '../../lib/steps/elsewhere.ts'
import { type Archive, siteArchiveOf } from '../../lib/store/archive.ts'
import { hostIn, NO_REQUEST, ownFolder, siteOf } from '../support/host.ts'
import { outcomeOf, perform } from '../support/perform.ts'

const folder = ownFolder('elsewhere')

test('a way that its owner exchanges for a link among the sites after it was looked at is refused', async () => {
  const host = hostIn(folder)
  const way = join(folder, 'owned')
  for (const each of [host.vhosts, way]) mkdirSync(each, { recursive: true })
  type Facts = NeedsOf<typeof restoreFilesElsewhere>
  const chain = recipe<Facts>()
    .do(checkElsewhere)
    .do({
      name: 'exchange',
      title: 'exchange',
      run: async () => {
        renameSync(way, `${way}.was`)
        symlinkSync(host.vhosts, way)
      },
    })
    .do(restoreFilesElsewhere)
  const performed = await perform(chain, {
    ...{ host, secrets: new Map(), request: NO_REQUEST, site: siteOf(host, 'blog'), into: join(way, 'new') },
    siteArchive: siteArchiveOf({ kind: 'folder', root: join(folder, 'nas') } as unknown as Archive, 'blog'),
    // nothing is fetched
    ...({ collection: { files: [] }, point: { problems: [] } } as unknown as Pick<Facts, 'collection' | 'point'>),
    scope: { files: true, database: true, paths: [], tables: [] } as unknown as Facts['scope'],
  })
  assert.equal(outcomeOf(performed, 'target-folder').status, 'done')
  assert.match(outcomeOf(performed, 'restore-elsewhere').reason!, /^--into .*: that is among the sites of this host/)
  assert.deepEqual(readdirSync(host.vhosts), [])
})

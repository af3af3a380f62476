import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { lookAtTree } from '../../lib/host/tree-look.ts'
import { NOT_GUARDED } from '../../lib/restore/transaction.ts'
import { serve } from '../../lib/sandbox/web.ts'
import { checkLocalChanges, rememberReplica } from '../../lib/steps/replica.ts'
import { httpCheckAfter } from '../../lib/steps/restore.ts'
import { hostIn, NO_REQUEST, ownFolder, siteOf } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('replica-asked')

test("what a page writes when Holdfast asks a new replica for it is not kept as somebody's, and what comes later is", async () => {
  const root = join(folder, 'vhosts/blog/SITE')
  const uploads = join(root, 'wp-content/uploads')
  mkdirSync(uploads, { recursive: true })
  for (const name of ['style.css', 'old.jpg']) writeFileSync(join(uploads, name), 'as in the set')
  writeFileSync(
    join(root, 'index.php'),
    "<?php foreach (['style.css', 'new.css'] as $name) file_put_contents(\"wp-content/uploads/$name\", microtime()); ?>well",
  )
  await using server = await serve(root).then(web => ({ ...web, [Symbol.asyncDispose]: web.stop }))
  const host = hostIn(folder, { sites: { blog: { check: { url: `${server.url}/` } } } })
  const site = siteOf(host, 'blog', { settings: host.sites.blog! } as object)
  const facts = { host, secrets: new Map(), request: NO_REQUEST, site, restoring: { id: '1', holding: '', tree: '', staged: '' } }
  const restored = { databases: [], named: [], isCopied: false }
  const before = { status: 200, works: true, said: 'HTTP 200' }
  const lines = await lookAtTree(site.folder, hearingShell().shell)
  const putInPlace = {
    ...facts,
    lines,
    restored,
    before,
    insists: false,
    point: undefined,
    swapped: true as const,
    ...NOT_GUARDED,
    made: {},
  }
  await perform(recipe<typeof putInPlace>().do(httpCheckAfter).do(rememberReplica), putInPlace)
  const changes = async () =>
    notesOf(
      await perform(recipe<typeof facts & { madeOfLast: undefined }>().do(checkLocalChanges), {
        ...facts,
        madeOfLast: undefined,
      }),
    )

  const info =
    'info: changed here too, by visits or by somebody: SITE/wp-content/uploads/new.css, SITE/wp-content/uploads/style.css'
  assert.deepEqual(await changes(), [info])
  writeFileSync(join(uploads, 'old.jpg'), 'as somebody left it')
  const [told, ...others] = await changes()
  assert.equal(told, info)
  assert.match(
    others.join(),
    /^significant: blog was changed here since the last replay: 1 upload \(SITE\/wp-content\/uploads\/old\.jpg\); kept in [^,]*$/,
  )
})

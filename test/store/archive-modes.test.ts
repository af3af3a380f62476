import assert from 'node:assert/strict'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import { checkMount } from '../../lib/steps/archive.ts'
import { decideRoles } from '../../lib/steps/sites.ts'
import { claimArchive } from '../../lib/store/claim.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { hostIn, NO_REQUEST, ownFolder, siteOf } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'

const folder = ownFolder('archive-modes')
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('nobody else of this machine can enter an archive in a folder of it; on a share the server says who may', async () => {
  const umask = process.umask(0o022)
  for (const [name, isLocal, mode] of [
    ['local', { isLocal: true }, '700'],
    ['share', {}, '755'],
  ] as const) {
    const base = join(folder, name)
    mkdirSync(base)
    const claim = async (_: object, shell: Shell) =>
      claimArchive(new ShareFiles({ base, way: '', ...isLocal }, shell).of('blog'), { me: 'web1', now: 0 })
    await perform(recipe<object>().do({ name: 'claim', title: 'claim', run: claim }), {})
    assert.equal(modeOf(join(base, 'blog')), mode)
  }
  const host = hostIn(folder, { archive: { kind: 'folder', path: join(folder, 'new/archive') } })
  const chain = recipe<Needs<'host' | 'request' | 'mounted'>>().do(checkMount)
  await perform(chain, { host, request: NO_REQUEST, mounted: { root: join(folder, 'new/archive') } })
  assert.equal(modeOf(join(folder, 'new/archive')), '700')
  process.umask(umask)
})

test('a name in `sites` of the inventory that is no site is told, unless only some sites are asked for', async () => {
  const host = hostIn(folder, { sites: { blgo: {}, blog: {} } })
  const { local } = siteOf(host, 'blog')
  const archive = { kind: 'url', base: 's3://b', options: [] } as unknown as Needs<'archive'>['archive']
  const chain = recipe<Needs<'host' | 'request' | 'localSites' | 'archive'>>().do(decideRoles)
  const notes = async (only: string[]) =>
    notesOf(await perform(chain, { host, request: { ...NO_REQUEST, only }, localSites: [local!], archive }))
  assert.match((await notes([])).join('\n'), /^warning: sites\.blgo in the inventory is for no site: none of that name is here$/m)
  assert.doesNotMatch((await notes(['blog'])).join('\n'), /blgo/)
})

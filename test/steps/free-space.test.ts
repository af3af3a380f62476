import assert from 'node:assert/strict'
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { endSessions } from '../../lib/engine/session.ts'
import type { Roles } from '../../lib/host/site.ts'
import { checkFreeSpace, checkFreeSpaceToSave } from '../../lib/steps/archive.ts'
import type { Archive, FreeSpace } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'
import { processesWith } from '../support/processes.ts'

const folder = ownFolder('free-space')
const archiveAt = (root: string): Archive => ({ kind: 'folder', root }) as unknown as Archive
mkdirSync(join(folder, 'archive'))

/** Checks the free space for one site of this allowance in MB. */
async function check(archive: Archive, allowance: string) {
  const host = hostIn(folder, { freeSpaceFactor: 10 })
  const site = siteOf(host, 'blog')
  mkdirSync(site.folder, { recursive: true })
  writeFileSync(join(site.folder, 'max_NAS_space'), allowance)
  const given: FreeSpace[] = []
  const look = async ({ freeSpace }: Needs<'freeSpace'>) => void given.push(freeSpace)
  const chain = recipe<Needs<'host' | 'archive' | 'roles'>>().do(checkFreeSpace).do({ name: 'look', title: 'look', run: look })
  const roles: Roles = { primaries: [site], replicas: [], others: [] }
  const performed = await perform(chain, { host, archive, roles })
  return { freeSpace: given[0]!, notes: notesOf(performed) }
}

test('checkFreeSpace asks the file system, also of an archive that is not there yet', async () => {
  for (const root of [join(folder, 'archive'), join(folder, 'not', 'yet')]) {
    const { freeSpace, notes } = await check(archiveAt(root), '1')
    const { bavail, bsize } = statfsSync(folder)
    assert.ok(Math.abs(freeSpace.bytes! - bavail * bsize) < 1e9, `${freeSpace.bytes} of ${bavail * bsize}`)
    assert.ok(freeSpace.fullBackups.allowed)
    assert.match(notes[0]!, /^info: [\d.]+ \w+ free, 10\.0 MB required \(freeSpaceFactor, 10, /)
  }
})

test('checkFreeSpace says as a problem that no full backup will start', async () => {
  const { freeSpace, notes } = await check(archiveAt(join(folder, 'archive')), '900000000000')
  assert.deepEqual([freeSpace.fullBackups.allowed, freeSpace.fullBackups.first], [false, false])
  assert.match(notes[0]!, /^problem: no full backup will start: .*lower max_NAS_space of blog/)
})

test('checkFreeSpace knows no free space of a file system without a size, nor of a URL: full backups may start', async () => {
  const url = { kind: 'url', base: 's3://b', options: [] } as unknown as Archive
  for (const archive of [archiveAt('/proc'), url]) {
    const { freeSpace, notes } = await check(archive, '1000')
    assert.deepEqual([freeSpace.bytes, freeSpace.fullBackups.allowed, notes], [undefined, true, []])
  }
})

test('only a run that saves sites begins what lists them', async () => {
  const host = hostIn(join(folder, 'listed'))
  mkdirSync(host.vhosts, { recursive: true })
  const roles: Roles = { primaries: [siteOf(host, 'blog')], replicas: [], others: [] }
  const begun: boolean[] = []
  for (const step of [checkFreeSpace, checkFreeSpaceToSave]) {
    const chain = recipe<Needs<'host' | 'archive' | 'roles'>>().do(step)
    await perform(chain, { host, archive: archiveAt(join(folder, 'archive')), roles })
    begun.push(processesWith(host.vhosts).length > 0)
    await endSessions()
  }
  assert.deepEqual(begun, [false, true])
})

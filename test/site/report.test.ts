import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { updateRecord } from '../../lib/host/records.ts'
import { freeze } from '../../lib/site/prune-state.ts'
import { siteReport } from '../../lib/site/report.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'

const folder = ownFolder('outlook')
const collection = collectionOf(listing(...chainSketch(0, 3), ...chainSketch(30, 3), ...chainSketch(60, 3)))

/** What is told of a site whose archive is over its allowance, on a host of its own. */
function facts(name: string, allowanceBytes = 100) {
  const host = hostIn(join(folder, name), { keepIncrementals: 1 })
  const siteArchive = { folder: join(folder, name, 'archive', 'blog'), url: `file://${folder}`, options: [], env: {} } as never
  return {
    host,
    site: siteOf(host, 'blog'),
    siteArchive,
    collection,
    limits: { allowanceBytes, frequencySeconds: 86_400 * 30 },
    freeSpace: undefined,
  }
}

test('siteReport() asks the decisions of the next night: what this host remembers counts too', () => {
  const blog = facts('web1')
  assert.equal(siteReport(blog, at(64)).next, "delete an old chain's incrementals, then incremental backup")
  assert.equal(siteReport(blog, at(90)).next, "delete an old chain's incrementals, then full backup")
  freeze(blog.host, 'blog', ['1 file went, though not planned: a'], at(64))
  assert.equal(siteReport(blog, at(64)).next, 'incremental backup; pruning is stopped until you have looked')
  assert.equal(siteReport(facts('roomy', 1e9), at(64)).next, 'incremental backup')
})

test('siteReport() promises no full backup where there is no room for one', () => {
  const freeSpace = { bytes: 3, fullBackups: { allowed: false, reason: '3 bytes free' } }
  assert.equal(siteReport({ ...facts('full', 1e9), freeSpace }, at(99)).next, 'incremental backup')
  const none = collectionOf([])
  assert.equal(
    siteReport({ ...facts('new', 1e9), freeSpace, collection: none }, at(99)).next,
    'no backup: a full backup is needed (there is no full backup yet), but 3 bytes free',
  )
})

test('siteReport() says nothing of a replica or of a desktop, whose next night is not decided here', () => {
  const blog = facts('web2')
  const replica = { ...blog.site, role: { ...blog.site.role, role: 'replica' as const } }
  assert.equal(siteReport({ ...blog, site: replica }, at(64)).next, undefined)
  assert.equal(siteReport({ ...blog, site: { ...blog.site, isDesktop: true } }, at(64)).next, undefined)
})

test('siteReport() of a site that has shrunk tells it, and its newest chain as it should be is not pruned', () => {
  const blog = facts('shrunken')
  updateRecord(blog.host, 'blog', { shrunken: { reasons: ['SITE is empty'], good: at(2) } })
  const { shrinkage, pruning } = siteReport(blog, at(64))
  assert.match(shrinkage!, /SITE is empty.*\. If that is right$/)
  assert.match(pruning!.reason, /the newest known to hold a working site$/)
})

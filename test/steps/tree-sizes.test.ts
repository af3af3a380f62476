import assert from 'node:assert/strict'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newestRestorePoint } from '../../lib/core/restore-point.ts'
import { textOfTreeSizes, treeSizesIn } from '../../lib/core/tree-size.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { SiteArchive } from '../../lib/steps/check-mount.ts'
import { rememberTreeSize } from '../../lib/steps/tree-sizes.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'

const folder = ownFolder('tree-sizes')
const after = collectionOf(listing(...chainSketch(0, 1)))
const { time } = newestRestorePoint(after)!
const logFile = join(folder, 'log')
writeFileSync(
  logFile,
  'NOTICE 1\n. --------------[ Backup Statistics ]--------------\n. SourceFiles 7\n. SourceFileSize 2300 (2.25 KB)\n',
)
const NOW = { time, files: 7, bytes: 2300 }
const former = { time: at(0), files: 3, bytes: 100 }

/** Writes down the newest set of an archive of its own, as `make` had prepared that. Gives the archive's folder and what was noted. */
async function remember(name: string, make: (sizes: string) => void) {
  const archive = join(folder, name)
  mkdirSync(archive, { recursive: true })
  make(join(archive, '.holdfast-sizes'))
  const facts = { site: siteOf(hostIn(folder), 'blog'), archive: { folder: archive } as SiteArchive, after, time, logFile }
  const done = await perform(
    recipe<object>().do({ name: 'remember', title: 'remember', run: (_, shell) => rememberTreeSize(facts, shell) }),
    {},
  )
  return { archive, notes: notesOf(done), sizes: () => treeSizesIn(readFileSync(join(archive, '.holdfast-sizes'), 'utf8')) }
}

test('rememberTreeSize() adds a set to those that are written down, and leaves nothing else there', async () => {
  const { archive, sizes, notes } = await remember('usual', path => writeFileSync(path, textOfTreeSizes([former])))
  assert.deepEqual(sizes(), [former, NOW])
  assert.deepEqual([readdirSync(archive), notes], [['.holdfast-sizes'], []])
})

test('rememberTreeSize() writes through no link that somebody put beside the archive', async () => {
  const [file, gone, other] = ['victim', 'not-there', 'other'].map(name => join(folder, name)) as [string, string, string]
  writeFileSync(file, 'of the system')
  mkdirSync(other)
  for (const [name, link, target] of [
    ['to a file', '.new', file],
    ['to nothing', '.new', gone],
    ['the file itself', '', file],
    ['to a folder', '', other],
  ] as const) {
    const { archive, sizes } = await remember(name, path => symlinkSync(target, path + link))
    assert.deepEqual(sizes(), [NOW], name)
    assert.ok(lstatSync(join(archive, '.holdfast-sizes')).isFile())
    assert.deepEqual(readdirSync(archive), ['.holdfast-sizes'])
  }
  assert.equal(readFileSync(file, 'utf8'), 'of the system')
  assert.ok(!existsSync(gone))
  assert.deepEqual(readdirSync(other), [])
})

test('rememberTreeSize() reads the end of a file that is far too large, and no more', async () => {
  const filler = `${'x'.repeat(999)}\n`.repeat(5000)
  const early = await remember('early', path => writeFileSync(path, textOfTreeSizes([former]) + filler))
  assert.deepEqual(early.sizes(), [NOW])
  const late = await remember('late', path => writeFileSync(path, filler + textOfTreeSizes([former])))
  assert.deepEqual(late.sizes(), [former, NOW])
})

test('rememberTreeSize() only notes that it cannot write', async () => {
  const { notes } = await remember('blocked', path => mkdirSync(`${path}.new/in`, { recursive: true }))
  assert.match(notes.join(), /^info: how large the site is cannot be written down beside its archive: /)
})

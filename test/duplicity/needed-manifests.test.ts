import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { restorePoints } from '../../lib/core/restore-point.ts'
import { assertWhole, prepareArchiveDir, withNeededManifests } from '../../lib/duplicity/io/fetch.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Step } from '../../lib/engine/step.ts'
import { ownFolder } from '../support/host.ts'
import { perform, story } from '../support/perform.ts'

const [T1, T2, T3] = ['20260101T030000Z', '20260102T030000Z', '20260201T030000Z']
const FULL = `duplicity-full.${T1}`
const INC = `duplicity-inc.${T1}.to.${T2}`
const LATER = `duplicity-full.${T3}`
const NAMES = [
  ...[1, 2, 3].map(number => `${FULL}.vol${number}.difftar.gpg`),
  `${FULL}.manifest.gpg`,
  `duplicity-full-signatures.${T1}.sigtar.gpg`,
  `${INC}.vol1.difftar.gpg`,
  `${INC}.manifest.gpg`,
  `duplicity-new-signatures.${T1}.to.${T2}.sigtar.gpg`,
  `${LATER}.vol1.difftar.gpg`,
  `${LATER}.manifest.gpg`,
  `duplicity-full-signatures.${T3}.sigtar.gpg`,
]
const collection = collectionOf(NAMES.map(name => ({ name, bytes: 1000 })))
const [full, incremental] = restorePoints(collection)
const manifest = (count: number): string =>
  `Hostname web1\nLocaldir /x\n${Array.from({ length: count }, (_, index) => `Volume ${index + 1}:\n    StartingPath   .\n    EndingPath     a\n    Hash SHA1 ${'a'.repeat(40)}\n`).join('')}`

const folder = ownFolder('archive-dir')
let made = 0
/** An archive-dir with these files. */
function archiveDirWith(files: Record<string, string>): string {
  const path = join(folder, String(made++))
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}
const whole = { [`${FULL}.manifest`]: manifest(3), [`${INC}.manifest`]: manifest(1) }

test('prepareArchiveDir() leaves out all manifests and signatures that the restore does not need', () => {
  const archiveDir = archiveDirWith({})
  prepareArchiveDir({ archiveDir, point: incremental!, collection, prefix: '' })
  const isThere = (name: string) => existsSync(join(archiveDir, name))
  assert.deepEqual([`${FULL}.manifest`, `${INC}.manifest`].map(isThere), [false, false], 'duplicity fetches them')
  for (const name of [
    `${LATER}.manifest`,
    `duplicity-full-signatures.${T1}.sigtar.gz`,
    `duplicity-new-signatures.${T1}.to.${T2}.sigtar.gz`,
    `duplicity-full-signatures.${T3}.sigtar.gz`,
  ])
    assert.ok(isThere(name), name)
  prepareArchiveDir({ archiveDir, point: full!, collection, prefix: '' })
  assert.deepEqual([`${FULL}.manifest`, `${INC}.manifest`].map(isThere), [false, true])
})

test('prepareArchiveDir() keeps copies that can be right, also those that it does not need', () => {
  const archiveDir = archiveDirWith({ ...whole, [`${LATER}.manifest`]: manifest(1) })
  prepareArchiveDir({ archiveDir, point: incremental!, collection, prefix: '' })
  for (const [name, text] of [...Object.entries(whole), [`${LATER}.manifest`, manifest(1)] as const])
    assert.equal(readFileSync(join(archiveDir, name), 'utf8'), text)
})

/** [a copy of the full set's manifest, what is said of it] */
const wrong: [string, RegExp][] = [
  ['', /the manifest of the full set of 2026-01-01 03:00:00 UTC is damaged: it cannot be read/],
  ['Hostname none\nLocaldir none\n', /cannot be read/],
  [manifest(2), /lists 2 volumes, and the archive has 3 volumes/],
  [manifest(4), /lists 4 volumes, and the archive has 3 volumes/],
  [manifest(3).replace('Volume 2', 'Volume 7'), /lists 3 volumes, and the archive has 3 volumes/],
]
for (const [text, said] of wrong)
  test(`a copy of a manifest that does not list the set's volumes is fetched anew, and no restore by it is whole: ${said}`, () => {
    const archiveDir = archiveDirWith({ ...whole, [`${FULL}.manifest`]: text })
    assert.throws(() => assertWhole({ archiveDir, point: incremental! }), said)
    prepareArchiveDir({ archiveDir, point: incremental!, collection, prefix: '' })
    assert.ok(!existsSync(join(archiveDir, `${FULL}.manifest`)))
    assert.ok(existsSync(join(archiveDir, `${INC}.manifest`)))
  })

test('assertWhole() looks at the sets that were restored, and at no later one', () => {
  assert.doesNotThrow(() => assertWhole({ archiveDir: archiveDirWith(whole), point: incremental! }))
  assert.doesNotThrow(() => assertWhole({ archiveDir: archiveDirWith({ ...whole, [`${INC}.manifest`]: '' }), point: full! }))
  assert.throws(
    () => assertWhole({ archiveDir: archiveDirWith({ ...whole, [`${INC}.manifest`]: '' }), point: incremental! }),
    /incremental set of 2026-01-02/,
  )
  assert.throws(() => assertWhole({ archiveDir: archiveDirWith({}), point: full! }), /cannot be read/)
})

test('withNeededManifests() forgets what a restore used that failed, or that was not whole by them', async () => {
  const manifests = [`${FULL}.manifest`, `${INC}.manifest`]
  const restoring = async (restore: (archiveDir: string) => void) => {
    const archiveDir = archiveDirWith(whole)
    const run: Step<object, void>['run'] = (_, shell) =>
      withNeededManifests({ archiveDir, point: full!, collection, prefix: '' }, shell, async () => restore(archiveDir))
    const { outcomes } = await perform(recipe<object>().do({ name: 'restore', title: 'Restore', run }), {})
    return [...story(outcomes), ...manifests.map(name => existsSync(join(archiveDir, name)))]
  }
  assert.deepEqual(await restoring(() => {}), ['restore do done', true, true])
  const fails = (): never => {
    throw new Error('it broke')
  }
  assert.deepEqual(await restoring(fails), ['restore do failed: it broke', false, true])
  const cutShort = (archiveDir: string) => writeFileSync(join(archiveDir, `${FULL}.manifest`), manifest(1))
  const [said, ...left] = await restoring(cutShort)
  assert.match(String(said), /restore do failed: the manifest of the full set .* lists 1 volume, and the archive has 3 volumes/)
  assert.deepEqual(left, [false, true])
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { nextEpoch } from '../../lib/core/epoch.ts'
import { newestRestorePoint } from '../../lib/core/restore-point.ts'
import type { SetRecord } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import type { SiteArchive } from '../../lib/store/archive.ts'
import { NotOwner, release, takeEpoch } from '../../lib/store/epochs.ts'
import { lookAtSite } from '../../lib/store/look-at-site.ts'
import { recordsIn, textOfRecords } from '../../lib/store/record-lines.ts'
import { readSetRecords, recordSet } from '../../lib/store/set-records.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'
import { ownFolder } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('set-records')
const present = collectionOf(listing(...chainSketch(0, 1)))
const { time } = newestRestorePoint(present)!
const FIELDS = { host: 'web1', files: 7, bytes: 2300 }
const NOW: SetRecord = { ...FIELDS, time }
const FORMER: SetRecord = { time: at(0), files: 3, bytes: 100 }
const GONE: SetRecord = { time: at(0) - 1000, files: 1, bytes: 1 }

async function within<Answer>(work: (shell: Shell) => Promise<Answer>): Promise<{ answer: Answer | undefined; notes: string[] }> {
  let answer: Answer | undefined
  const run = async (_: object, shell: Shell) => {
    answer = await work(shell)
  }
  const done = await perform(recipe<object>().do({ name: 'work', title: 'work', run }), {})
  return { answer, notes: notesOf(done) }
}

/** Writes down the newest set of an archive of its own, as `make` had prepared that. */
async function record(name: string, make: (records: string) => void) {
  const archive = join(folder, name)
  mkdirSync(archive, { recursive: true })
  make(join(archive, '.holdfast-sets'))
  const { notes } = await within(shell => recordSet({ folder: archive }, time, FIELDS, shell, { present }))
  return { archive, notes, records: () => recordsIn(readFileSync(join(archive, '.holdfast-sets'), 'utf8')) }
}

const read = async (archive: string) => (await within(shell => readSetRecords({ folder: archive }, shell))).answer

test('recordSet() adds a set to those that are written down, forgets those that are gone, and leaves nothing else there', async () => {
  const { archive, records, notes } = await record('usual', path => writeFileSync(path, textOfRecords([FORMER, GONE])))
  assert.deepEqual(records(), [NOW, FORMER])
  assert.deepEqual([readdirSync(archive), notes], [['.holdfast-sets'], []])
  assert.deepEqual(await read(archive), [NOW, FORMER])
})

test('recordSet() adds fields to a set that is written down, and forgets nothing where it is not told what is there', async () => {
  const { archive } = await record('more', path => writeFileSync(path, textOfRecords([FORMER])))
  await within(shell => recordSet({ folder: archive }, at(0), { host: 'web2' }, shell))
  assert.deepEqual(await read(archive), [NOW, { ...FORMER, host: 'web2' }])
})

for (const others of ['nothing', 'what the night began with'] as const)
  test(`recordSet() keeps what another host wrote down since the night looked, beside ${others}`, async () => {
    const archive = join(folder, `meanwhile-${others}`)
    mkdirSync(archive)
    if (others !== 'nothing') await within(shell => recordSet({ folder: archive }, at(0), { files: 3, bytes: 100 }, shell))
    const site: SiteArchive = { folder: archive, url: '', options: [], prefix: '' }
    const looked = (await within(shell => lookAtSite(site, shell))).answer!
    await within(shell => recordSet({ folder: archive }, at(0), { host: 'web2' }, shell))
    const { answer, notes } = await within(shell => recordSet(looked, time, FIELDS, shell))
    assert.deepEqual([answer, notes], [true, []])
    const former = others === 'nothing' ? { time: at(0) } : FORMER
    assert.deepEqual(await read(archive), [NOW, { ...former, host: 'web2' }])
    await within(shell => recordSet(looked, time, { files: 8 }, shell))
    assert.deepEqual((await read(archive))?.[0], { ...NOW, files: 8 })
  })

test('recordSet() for an owner writes only where the site is still its own, whatever the night knew of it', async () => {
  const archive = join(folder, 'owned')
  mkdirSync(archive)
  const site: SiteArchive = { folder: archive, url: '', options: [], prefix: '' }
  const share = new ShareFiles({ base: folder, way: '' }, hearingShell().shell, 'owned')
  const first = nextEpoch(undefined, { owner: 'web1', by: 'claim', now: at(0) })
  await takeEpoch(share, first)
  const owner = { name: 'web1' }
  const looked = async () => (await within(shell => lookAtSite(site, shell, true))).answer!
  const recorded = async (archived: SiteArchive, files: number): Promise<unknown> => {
    let answer: unknown
    await within(async shell => {
      answer = await recordSet(archived, time, { files }, shell, { owner }).catch(error => error)
    })
    return answer
  }
  const before = await looked()
  const known = [await looked(), await looked(), await looked()]
  // what others put there without taking the site
  mkdirSync(join(archive, '.holdfast-epoch-9'))
  writeFileSync(join(archive, 'PRIMARY_IS_web9'), '')
  assert.deepEqual([await recorded(before, 1), (await read(archive))?.[0]?.files], [true, 1])
  for (const [what, change, why] of [
    ['released', () => release(share, { epoch: 1, to: 'web2', set: first.since }), /released to web2/],
    ['taken', () => takeEpoch(share, nextEpoch(first, { owner: 'web2', by: 'takeover', now: at(1), above: 9 })), /web2's now/],
    ['damaged', () => share.write('.holdfast-epoch-10/web2', 'nothing'), /epoch-10\/web2 cannot be read/],
  ] as const) {
    await change()
    for (const each of [known.pop()!, site]) {
      const error = await recorded(each, 2)
      assert.ok(error instanceof NotOwner, what)
      assert.match(error.message, why)
    }
    assert.equal((await read(archive))?.[0]?.files, 1, what)
  }
})

test('what was read ahead is told once: who asks again is told what is there then', async () => {
  const archive = join(folder, 'ahead')
  mkdirSync(archive)
  const write = (records: readonly SetRecord[]) => writeFileSync(join(archive, '.holdfast-sets'), textOfRecords(records))
  write([FORMER])
  const site: SiteArchive = { folder: archive, url: '', options: [], prefix: '' }
  const looked = (await within(shell => lookAtSite(site, shell))).answer!
  write([NOW])
  const asked = async () => (await within(shell => readSetRecords(looked, shell))).answer
  assert.deepEqual([await asked(), await asked()], [[FORMER], [NOW]])
})

test('the sizes that an earlier version wrote down are read, and replaced by the first record', async () => {
  const archive = join(folder, 'former')
  mkdirSync(archive)
  writeFileSync(join(archive, '.holdfast-sizes'), textOfRecords([FORMER]))
  assert.deepEqual(await read(archive), [FORMER])
  const { records } = await record('former', () => {})
  assert.deepEqual([records(), readdirSync(archive)], [[NOW, FORMER], ['.holdfast-sets']])
})

test('recordSet() writes and reads through no link, and waits for no pipe, that somebody put beside the archive', async () => {
  const [file, gone, other] = ['victim', 'not-there', 'other'].map(name => join(folder, name)) as [string, string, string]
  writeFileSync(file, textOfRecords([FORMER]))
  mkdirSync(other)
  for (const [name, make] of [
    ['to nothing', path => symlinkSync(gone, path)],
    ['to a file', path => symlinkSync(file, path)],
    ['to a folder', path => symlinkSync(other, path)],
    ['a pipe', path => void execFileSync('mkfifo', [path])],
  ] as [string, (path: string) => void][]) {
    const { archive, records } = await record(name, make)
    assert.deepEqual(records(), [NOW], name)
    assert.ok(lstatSync(join(archive, '.holdfast-sets')).isFile())
    assert.deepEqual(readdirSync(archive), ['.holdfast-sets'])
  }
  assert.equal(readFileSync(file, 'utf8'), textOfRecords([FORMER]))
  assert.ok(!existsSync(gone))
  assert.deepEqual(readdirSync(other), [])
})

test('readSetRecords() reads the beginning of a file that is far too large, and no more', async () => {
  const filler = `${'x'.repeat(999)}\n`.repeat(9000)
  for (const [name, text, wanted] of [
    ['late', filler + textOfRecords([FORMER]), []],
    ['early', textOfRecords([FORMER]) + filler, [FORMER]],
  ] as const) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, '.holdfast-sets'), text)
    assert.deepEqual(await read(join(folder, name)), wanted)
  }
})

test('recordSet() only notes that it cannot write', async () => {
  const { notes } = await record('blocked', path => mkdirSync(`${path}/in`, { recursive: true }))
  assert.match(notes.join(), /^info: what is known of the set cannot be written down beside its archive: /)
})

test('nothing is written down at a URL', async () => {
  const { answer, notes } = await within(shell => recordSet({ folder: undefined }, time, FIELDS, shell))
  assert.deepEqual([answer, notes], [false, []])
})

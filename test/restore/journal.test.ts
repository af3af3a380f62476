import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { EMPTY_JOURNAL, type Journal } from '../../lib/core/restore-journal.ts'
import type { HostContext } from '../../lib/host/site.ts'
import { writeState } from '../../lib/host/state.ts'
import { makeFolder, writeWhole } from '../../lib/host/whole-file.ts'
import { type Fingerprint, readFingerprint, removeFingerprint, writeFingerprint } from '../../lib/restore/fingerprint.ts'
import { readJournal, writeJournal } from '../../lib/restore/journal.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { SmallDisk } from '../support/small-disk.ts'

if (inOwnMounts(import.meta.filename)) {
  // before the folder goes: hooks run in the order in which they are declared
  after(() => disk.unmount())
  const folder = ownFolder('journal')
  const disk = new SmallDisk(join(folder, 'state'), '64k')
  afterEach(() => {
    disk.mayWrite(true)
    disk.empty()
  })
  const host = hostIn(folder)
  // all that the reading and writing of a fingerprint takes of them
  const context = { host } as HostContext
  const kept = (count: number): Journal => ({
    ...EMPTY_JOURNAL,
    kept: Array.from({ length: count }, (_, index) => ({
      id: `kept ${index}`,
      site: 'blog',
      task: 'recover',
      phase: 'kept',
      startedAt: index,
      point: undefined,
      holdings: [],
      exchanges: [],
      databases: [],
      scratch: { databases: [], accounts: [] },
      tidied: true,
      safety: undefined,
    })),
  })
  test('a journal of an older version, which knew one database of a restore, is read', () => {
    const database = { live: 'wp', held: 'hf', marker: 'm', liveDefinitions: 'l', heldDefinitions: 'h', madeLive: false }
    const { databases: _, ...one } = kept(1).kept[0]!
    writeState(host, 'restores/blog', { pending: { ...one, database }, kept: [one] })
    const {
      pending,
      kept: [old],
    } = readJournal(host, 'blog')
    assert.deepEqual([pending?.databases, old?.databases], [[database], []])
  })

  const looks = (count: number): Fingerprint => ({
    files: Object.fromEntries(Array.from({ length: count }, (_, index) => [`page${index}`, 'the same'])),
    tables: {},
    rows: {},
  })

  const spoiled = { full: () => disk.fill(), 'read-only': () => disk.mayWrite(false) }
  for (const [how, spoil] of Object.entries(spoiled))
    test(`a journal and a fingerprint on a ${how} disk say which file cannot be written and why, and stay as they were`, () => {
      writeJournal(host, 'blog', kept(1))
      writeFingerprint(context, 'blog', looks(1))
      spoil()
      const says = (path: string) => ({ message: new RegExp(`state/${path} cannot be written: its disk is ${how} \\(E`) })
      assert.throws(() => writeJournal(host, 'blog', kept(1000)), says('restores/blog.json'))
      assert.throws(() => writeFingerprint(context, 'blog', looks(1000)), says('fingerprints/blog.json'))
      if (how === 'read-only') {
        assert.throws(() => writeJournal(host, 'blog', EMPTY_JOURNAL), says('restores/blog.json'))
        assert.throws(() => removeFingerprint(context, 'blog'), says('fingerprints/blog.json'))
      }
      const found = [readJournal(host, 'blog').kept, readFingerprint(context, 'blog')]
      assert.equal(JSON.stringify(found), JSON.stringify([kept(1).kept, looks(1)]))
      for (const name of ['restores', 'fingerprints']) assert.deepEqual(readdirSync(join(host.paths.state, name)), ['blog.json'])
    })

  test('makeFolder() names the folder and what the kernel says, also of a disk that cannot be written', () => {
    disk.mayWrite(false)
    const [deep, under] = [join(disk.folder, 'a/b/c'), join(folder, 'hosts.txt/a/b')]
    assert.throws(() => makeFolder(deep), { message: `${deep} cannot be written: its disk is read-only (EROFS)` })
    writeWhole(join(folder, 'hosts.txt'), 'a file')
    assert.throws(() => makeFolder(under), { message: new RegExp(`^${under} cannot be written: ENOTDIR`) })
  })

  test('writeWhole() shows nothing beside the file while it writes', () => {
    const site = join(folder, 'page')
    mkdirSync(join(site, 'index.html'), { recursive: true })
    assert.throws(
      () => writeWhole(join(site, 'index.html'), 'text'),
      /index\.html cannot be written: EISDIR.*'.*\/page\/\.holdfast-\d+-[0-9a-f]{16}\.new'/,
    )
    assert.deepEqual(readdirSync(site), ['index.html'])
  })
}

import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { RACES, startExchanger } from '../support/exchanger.ts'
import { ownFolder } from '../support/host.ts'
import { runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { Stage, type StageHost } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('recover-path')
const stage = new Stage(folder)
let host: StageHost
let site: string
const at = (path: string): string => join(site, path)
const recover = (...words: string[]) => runTask(stage, 'recover', host, ['--site', 'blog', '--yes', ...words])
const isRoot = process.geteuid?.() === 0
const rightsOf = (path: string) => {
  const { uid, gid, mode } = statSync(at(path))
  return [uid, gid, (mode & 0o7777).toString(8)]
}

before(async () => {
  host = stage.addHost('web1')
  site = await createStaticSite(host, 'blog')
  mkdirSync(at('SITE/uploads/2026'), { recursive: true })
  for (const name of ['pic', 'other', 'suid']) writeFileSync(at(`SITE/uploads/2026/${name}`), name)
  mkdirSync(at('SITE/was'))
  writeFileSync(at('SITE/was/in.txt'), 'in')
  if (isRoot) for (const path of [at('SITE'), ...globSync(at('SITE/**'))]) lchownSync(path, 33, 33)
  chmodSync(at('SITE'), 0o2775)
  // after chown, which takes such a bit off
  if (isRoot) chownSync(at('SITE/uploads/2026/suid'), 0, 0)
  chmodSync(at('SITE/uploads/2026/suid'), 0o6755)
  if (isRoot) chmodSync(at('SITE/uploads/2026/pic'), 0o4755)
  assert.equal((await stage.nightly(host)).code, 0)
})

test('recover --path makes folders that are gone as those around them are, and --undo takes them away again', async () => {
  rmSync(at('SITE/uploads'), { recursive: true })
  const was = Object.keys(snapshot(site))
  const { code, stdout } = await recover('--path', 'SITE/uploads/2026/pic', '--path', 'SITE/uploads/2026/other')
  assert.equal(code, 0, stdout)
  for (const made of ['SITE/uploads', 'SITE/uploads/2026']) assert.deepEqual(rightsOf(made), rightsOf('SITE'), made)
  assert.deepEqual(
    ['pic', 'other', 'suid'].map(name => existsSync(at(`SITE/uploads/2026/${name}`))),
    [true, true, false],
  )
  const undone = await recover('--undo')
  assert.equal(undone.code, 0, undone.stdout)
  assert.deepEqual(Object.keys(snapshot(site)), was)
  assert.equal((await recover('--path', 'SITE/uploads')).code, 0)
})

test('recover takes off every right to run as the owner or group of a file, of single files and of whole sites', {
  skip: !isRoot && 'only root can make such files',
}, async () => {
  for (const words of [['--path', 'SITE/uploads/2026'], []]) {
    const { code, stdout } = await recover(...words)
    assert.equal(code, 0, stdout)
    assert.match(stdout, /setuid and setgid bits are cleared: .*\/suid; .*\/pic/)
    assert.deepEqual(rightsOf('SITE/uploads/2026/suid'), [0, 0, '755'])
    assert.deepEqual(rightsOf('SITE/uploads/2026/pic'), [33, 33, '755'])
  }
})

test('recover --path refuses, before anything is restored, a path that has no place any more', async () => {
  renameSync(at('SITE/was'), join(folder, 'aside'))
  writeFileSync(at('SITE/was'), 'now a file')
  const was = snapshot(site)
  const { code, stdout } = await recover('--path', 'SITE/was/in.txt')
  assert.equal(code, 2, stdout)
  assert.match(stdout, /SITE\/was\/in\.txt: SITE\/was is no folder now but a file; bring that back instead, or use --into/)
  assert.doesNotMatch(stdout, /EEXIST|ENOTDIR/)
  assert.deepEqual(snapshot(site), was)
  assert.equal((await recover('--path', 'SITE/was')).code, 0)
  assert.equal(readFileSync(at('SITE/was/in.txt'), 'utf8'), 'in')
})

test('recover --path of a site whose folder is lost says that it comes back as a whole', async () => {
  renameSync(site, join(folder, 'lost'))
  const { code, stdout } = await recover('--path', 'SITE/was')
  renameSync(join(folder, 'lost'), site)
  assert.equal(code, 2, stdout)
  assert.match(stdout, /blog is gone: bring the site back as a whole first, or use --into/)
})

test('recover says what a backup does not have: a path, or a database', async () => {
  const kept = () => globSync(join(host.vhosts, '.holdfast/blog/*')).toSorted()
  const was = kept()
  const none = await recover('--path', 'SITE/never-was')
  assert.equal(none.code, 1)
  assert.match(none.stdout, /the backup of .* UTC has no SITE\/never-was of blog/)
  const database = await recover('--db-only')
  assert.equal(database.code, 1)
  assert.match(database.stdout, /the backup of .* UTC has no database of blog: it was made of a static site/)
  assert.deepEqual(kept(), was)
})

test('recover --path goes through no link, wherever it leads, and moves nothing of another site while a folder is exchanged for one', async () => {
  const other = join(host.vhosts, 'other')
  mkdirSync(join(other, 'SITE'), { recursive: true })
  writeFileSync(join(other, 'in.txt'), "the other site's")
  const was = snapshot(other)
  for (const target of [other, at('SITE/uploads')]) {
    renameSync(at('SITE/was'), join(folder, 'beside'))
    symlinkSync(target, at('SITE/was'))
    const { code, stdout } = await recover('--path', 'SITE/was/in.txt')
    assert.equal(code, 2, stdout)
    assert.match(stdout, /SITE\/was\/in\.txt: SITE\/was is no folder now but a link; bring that back instead, or use --into/)
    rmSync(at('SITE/was'))
    renameSync(join(folder, 'beside'), at('SITE/was'))
  }
  symlinkSync(other, at('SITE/was.false'))
  if (isRoot) for (const path of [at('SITE'), at('SITE/was')]) chownSync(path, 65_534, 65_534)
  await using _ = await startExchanger(at('SITE'), 'was')
  for (let round = 0; round < Math.ceil(RACES / 50); round++) {
    const { code, stdout } = await recover('--path', 'SITE/was/in.txt')
    assert.ok([0, 1, 2].includes(code!), stdout)
    assert.deepEqual(snapshot(other), was)
  }
})

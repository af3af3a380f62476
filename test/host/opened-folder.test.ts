import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, test } from 'node:test'
import { WrongKind } from '../../lib/host/opened-file.ts'
import { OpenedFolder, UNFINISHED } from '../../lib/host/opened-folder.ts'
import { RACES, startExchanger } from '../support/exchanger.ts'
import { ownFolder } from '../support/host.ts'

const folder = ownFolder('opened')
const [site, outside] = ['site', 'outside'].map(name => join(folder, name)) as [string, string]

/** A site's folder, which is nobody's, and one outside that only root may touch. */
beforeEach(() => {
  for (const path of [site, outside]) rmSync(path, { recursive: true, force: true })
  for (const path of [site, outside]) mkdirSync(join(path, 'in'), { recursive: true })
  writeFileSync(join(outside, 'in', 'file'), 'secret')
  writeFileSync(join(outside, 'file'), 'secret')
  writeFileSync(join(site, 'in', 'file'), "the site's")
  writeFileSync(join(site, 'file'), "the site's")
  if (process.getuid?.() === 0) for (const path of [site, join(site, 'in'), join(site, 'file')]) chownSync(path, 65_534, 65_534)
})
const secrets = () => [readFileSync(join(outside, 'file'), 'utf8'), readFileSync(join(outside, 'in', 'file'), 'utf8')]

/** What stands in a file's place, and what is said of it. */
const places: [string, (path: string) => void, string][] = [
  ['a link to a file', path => symlinkSync(join(outside, 'file'), path), 'a link'],
  ['a link to nothing', path => symlinkSync(join(outside, 'none'), path), 'a link'],
  ['a pipe', path => execFileSync('mkfifo', [path]), 'a pipe'],
  ['a folder', path => mkdirSync(path), 'a folder'],
  [
    'a socket',
    path => execFileSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind("${path}")`]),
    'a socket',
  ],
]
for (const [what, make, found] of places) {
  test(`a file that is ${what} is not read, and what is written takes its place`, () => {
    rmSync(join(site, 'file'))
    make(join(site, 'file'))
    using opened = OpenedFolder.open(site)
    assert.throws(() => opened.text('file', 100), new WrongKind(`${site}/file`, found, 'a file'))
    assert.throws(() => opened.create('file'), { code: 'EEXIST' })
    if (found === 'a folder') return assert.throws(() => opened.write('file', 'new'), { code: 'EISDIR' })
    opened.write('file', 'new')
    assert.equal(opened.text('file', 100), 'new')
    assert.deepEqual([...readdirSync(outside), ...secrets()], ['file', 'in', 'secret', 'secret'])
  })
}

test('a folder that is a link is not opened, at any part of the way', () => {
  symlinkSync(outside, join(site, 'way'))
  symlinkSync(outside, join(folder, 'other'))
  using opened = OpenedFolder.open(site)
  assert.throws(() => opened.folder('way'), new WrongKind(`${site}/way`, 'a link', 'a folder'))
  assert.throws(() => opened.folder('way/in'), new WrongKind(`${site}/way`, 'a link', 'a folder'))
  assert.throws(() => opened.folder('file'), new WrongKind(`${site}/file`, 'a file', 'a folder'))
  assert.throws(() => OpenedFolder.open(join(folder, 'other')), /other is a link, wanted a folder/)
  using named = OpenedFolder.openNamed(join(folder, 'other'))
  assert.deepEqual(named.names(), ['file', 'in'])
  using within = opened.folder('in')
  assert.equal(within.text('file', 100), "the site's")
  assert.equal(opened.folderIfThere('none/deeper'), undefined)
})

test('a name is one name: no way out of the folder', () => {
  using opened = OpenedFolder.open(site)
  for (const name of ['', '.', '..', '../outside', 'in/file', '/etc/passwd', 'a\0b'])
    assert.throws(() => opened.text(name, 100), /is no name of a file in/, name)
  assert.throws(() => opened.folder('in/../..'), /"\.\." is no name/)
})

test('a file is read to a limit, and no further', () => {
  using opened = OpenedFolder.open(site)
  assert.equal(opened.text('file', 10), "the site's")
  assert.throws(() => opened.text('file', 9), /file has more than 9 bytes: it is not read/)
  assert.equal(opened.text('none', 9), undefined)
  using file = opened.file('file')
  assert.equal(file.head(3).toString(), 'the')
})

test('errors name the path that people know, and nothing is left of what could not be written', () => {
  using opened = OpenedFolder.open(site)
  assert.throws(() => opened.write('in', 'new'), { message: /EISDIR.*site\/\.holdfast-\d+-[0-9a-f]{16}\.new' -> '.*\/site\/in'/ })
  assert.deepEqual(opened.names(), ['file', 'in'])
})

test(`a folder exchanged for a link while it is used leads nowhere else, ${RACES} times each`, async t => {
  symlinkSync(outside, join(site, 'in.false'))
  const counts = { inside: 0, refused: 0 }
  await using _ = await startExchanger(site, 'in')
  using opened = OpenedFolder.open(site)
  for (let round = 0; counts.inside < RACES || counts.refused < RACES; round++) {
    assert.ok(round < RACES * 10_000, `the exchange was not met: ${JSON.stringify(counts)}`)
    try {
      using child = opened.folder('in')
      counts.inside++
      assert.equal(child.text('file', 100), "the site's")
      child.write('file', "the site's")
      child.create('made')[Symbol.dispose]()
      child.rename('made', 'moved')
      child.removeFile('moved')
    } catch (error) {
      if (!(error instanceof WrongKind) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      counts.refused++
    }
  }
  t.diagnostic(JSON.stringify(counts))
  assert.deepEqual(secrets(), ['secret', 'secret'])
  assert.deepEqual(readdirSync(outside), ['file', 'in'])
})

for (const what of ['a link', 'a pipe'] as const) {
  test(`a file exchanged for ${what} while it is read gives its own text or none, ${RACES} times`, async t => {
    if (what === 'a link') symlinkSync(join(outside, 'file'), join(site, 'file.false'))
    else execFileSync('mkfifo', [join(site, 'file.false')])
    const counts = { read: 0, refused: 0 }
    await using _ = await startExchanger(site, 'file')
    using opened = OpenedFolder.open(site)
    for (let round = 0; counts.read < RACES || counts.refused < RACES; round++) {
      assert.ok(round < RACES * 10_000, `the exchange was not met: ${JSON.stringify(counts)}`)
      try {
        const text = opened.text('file', 100)
        if (text === undefined) continue
        counts.read++
        assert.equal(text, "the site's")
      } catch (error) {
        if (!(error instanceof WrongKind)) throw error
        counts.refused++
      }
    }
    t.diagnostic(JSON.stringify(counts))
  })
}

test('what is written appears whole, with its rights, and before that under a name that nobody can foresee', () => {
  using opened = OpenedFolder.open(site)
  opened.write('secret', 'text', 0o640)
  assert.equal((lstatSync(join(site, 'secret')).mode & 0o777).toString(8), '640')
  assert.deepEqual(opened.names(), ['file', 'in', 'secret'])
  const firstName = (): string => {
    try {
      opened.write('in', 'text')
    } catch (error) {
      return /'[^']*\/(\.holdfast-[^']*)'/.exec((error as Error).message)![1]!
    }
    assert.fail('a folder was written over')
  }
  const names = [firstName(), firstName()]
  assert.notEqual(names[0], names[1])
  for (const name of names) assert.match(name, UNFINISHED)
})

test('namesLater() gives the names as names() does, and an error by the path that people know', async () => {
  const opened = OpenedFolder.open(outside)
  assert.deepEqual(await opened.namesLater(), opened.names())
  opened[Symbol.dispose]()
  await assert.rejects(opened.namesLater(), { code: 'ENOENT', message: new RegExp(`scandir '${outside}'$`) })
})

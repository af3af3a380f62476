import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePartialManifest } from '../../lib/duplicity/manifest.ts'

const HEAD = 'Hostname web1\nLocaldir /vhosts/site\n'
const volume = (number: number, end: string): string =>
  `Volume ${number}:\n    StartingPath   .  \n    EndingPath     ${end}\n    Hash SHA1 ${String(number).repeat(40)}\n`
const three = `${HEAD}${volume(1, 'f1 2')}${volume(2, '"a\\x20b/\\x22\\x5cc" 17')}${volume(3, 'z  ')}`
const FILES = 'Filelist 2\n    new      .\n    changed  "a\\x20b"\n'

test('parsePartialManifest() tells where each volume ends, and whether in the middle of a file', () => {
  const { volumes, isWhole } = parsePartialManifest(three)
  assert.deepEqual(
    volumes.map(({ number, sha1, end }) => [number, sha1?.[0], end.path, end.isCut]),
    [
      [1, '1', 'f1', true],
      [2, '2', 'a b/"\\c', true],
      [3, '3', 'z', false],
    ],
  )
  assert.equal(isWhole, false)
  assert.deepEqual(parsePartialManifest(`${HEAD}${volume(1, '.  ')}`).volumes[0]?.end, { path: '', isCut: false })
})

test('parsePartialManifest() keeps names in any encoding, byte by byte', () => {
  assert.equal(parsePartialManifest(`${HEAD}${volume(1, 'na\u00a0\u0085\u00ff 1')}`).volumes[0]?.end.path, 'na\u00a0\u0085\u00ff')
})

test('parsePartialManifest() knows by the list of files that all was sent, and then gives the manifest itself', () => {
  const read = parsePartialManifest(three + FILES)
  assert.ok(read.isWhole)
  assert.equal(read.upTo(3), three + FILES)
  assert.equal(read.upTo(1), HEAD + volume(1, 'f1 2'))
  for (let end = three.length; end < three.length + FILES.length; end++) {
    const torn = parsePartialManifest((three + FILES).slice(0, end))
    assert.equal(torn.isWhole, false)
    assert.equal(torn.upTo(3), three)
  }
})

test('parsePartialManifest() passes over what a power cut tore', () => {
  for (let end = HEAD.length + volume(1, 'f1 2').length; end < three.length; end++) {
    const { volumes, upTo } = parsePartialManifest(three.slice(0, end))
    assert.ok(volumes.length > 0 && volumes.length < 3)
    assert.ok(three.startsWith(upTo(volumes.length)))
  }
})

test('parsePartialManifest() refuses what lists no volume, and what duplicity has resumed', () => {
  for (const text of ['', HEAD, '\0'.repeat(100), volume(1, 'f1 2')])
    assert.throws(() => parsePartialManifest(text), /lists no volume/)
  assert.throws(() => parsePartialManifest(three + volume(3, 'z  ')), /duplicity resumed it before/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseManifest } from '../../lib/duplicity/manifest.ts'

const volume = (number: number, sha1: string): string =>
  `Volume ${number}:\n    StartingPath   .  \n    EndingPath     f1 ${number}\n    Hash SHA1 ${sha1.repeat(40)}\n`
const HEAD = 'Hostname web1\nLocaldir /vhosts/site\n'

test('parseManifest() lists the volumes with their hashes', () => {
  assert.deepEqual(parseManifest(`${HEAD}${volume(1, 'a')}${volume(2, 'B')}`), [
    { number: 1, sha1: 'a'.repeat(40) },
    { number: 2, sha1: 'b'.repeat(40) },
  ])
})

test('parseManifest() takes the last of two entries for a volume: a resumed backup wrote it again', () => {
  const resumed = `${HEAD}${volume(1, 'a')}${volume(2, 'b')}${volume(2, 'c')}${volume(3, 'd')}`
  assert.deepEqual(
    parseManifest(resumed).map(({ number, sha1 }) => [number, sha1?.[0]]),
    [
      [1, 'a'],
      [2, 'c'],
      [3, 'd'],
    ],
  )
})

test('parseManifest() refuses what lists no volume', () => {
  for (const text of ['', HEAD, 'Volume x:\n']) assert.throws(() => parseManifest(text), /it is no manifest/)
})

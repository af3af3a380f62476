import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Expected, type FolderStat, wrongWith } from '../../lib/core/mount-check.ts'

const share: FolderStat = { device: 7, owner: 0, group: 100, links: 5, size: 4096, isFolder: true }
const around: FolderStat = { ...share, device: 1 }
const table: [string, Partial<FolderStat>, Expected, boolean, string[]][] = [
  ['nothing against a mount that nothing is said about', {}, {}, true, []],
  ['nothing against one that is as expected', {}, { owner: 0, group: 100, links: 5, maxSize: 4097 }, true, []],
  ['nothing against a plain folder on the same device', { device: 1 }, {}, false, []],
  ['a bare mount point', { device: 1 }, {}, true, ['nothing is mounted there: it is on the same device as the folder around it']],
  ['a file', { isFolder: false }, {}, true, ['it is no folder']],
  ['an owner', { owner: 33 }, { owner: 0 }, true, ['its owner is 33, wanted 0']],
  ['a group', {}, { group: 33 }, true, ['its group is 100, wanted 33']],
  ['a link count', { links: 2 }, { links: 5 }, true, ['its links is 2, wanted 5']],
  ['a size at the limit', {}, { maxSize: 4096 }, true, ['its size is 4096, wanted less than 4096']],
  ['owner 0 where 0 is found', { owner: 0 }, { owner: 0 }, true, []],
]
for (const [name, found, expected, isMount, wrong] of table) {
  test(`wrongWith() finds ${name}`, () => assert.deepEqual(wrongWith({ ...share, ...found }, around, expected, isMount), wrong))
}

test('wrongWith() says all at once', () => {
  const wrong = wrongWith({ ...around, isFolder: false }, around, { owner: 1, group: 2, links: 3, maxSize: 4 }, true)
  assert.equal(wrong.length, 6)
})

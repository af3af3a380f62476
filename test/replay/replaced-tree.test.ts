import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf, entriesIn, linesOf } from '../../lib/replay/entries.ts'
import { takeOver } from '../../lib/replay/replaced-tree.ts'
import { Tree } from '../../lib/replay/tree.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { snapshot } from '../support/snapshot.ts'

const folder = quickFolder('replaced-tree')
const NOBODY = 65_534

/** A tree that nobody could keep out of its owner's hands, and its digest. */
function replacedTree(): { readonly tree: string; readonly digest: string } {
  const tree = mkdtempSync(join(folder, 'tree-'))
  mkdirSync(join(tree, 'a'))
  writeFileSync(join(tree, 'a/file'), 'as it was')
  for (const path of ['', 'a', 'a/file']) chownSync(join(tree, path), NOBODY, NOBODY)
  chmodSync(join(tree, 'a'), 0o751)
  return { tree, digest: digestOf(linesOf(entriesIn(tree))) }
}

function within<Answer>(tree: string, work: () => Answer): Answer {
  const before = process.cwd()
  process.chdir(tree)
  try {
    return work()
  } finally {
    process.chdir(before)
  }
}

/** Writes a file as the site's own user, by a folder that was opened before. */
function writeBy(opened: number, name: string): boolean {
  const words = [
    'setpriv',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    'sh',
    '-c',
    `echo x > /proc/self/fd/3/${name}`,
  ]
  return spawnSync(words[0]!, words.slice(1), { stdio: ['ignore', 'ignore', 'ignore', opened] }).status === 0
}

test('takeOver() keeps out whoever holds a folder open, until the tree is finished; each has its rights again then', () => {
  const { tree, digest } = replacedTree()
  const opened = openSync(join(tree, 'a'), 'r')
  const before = snapshot(tree)
  within(tree, () => {
    const taken = takeOver(digest)
    assert.equal(writeBy(opened, 'evil'), false)
    const { '': top, ...rest } = snapshot(tree)
    assert.match(rest.a!, /^folder 700 0:0/)
    assert.match(top!, /^folder 700 0:0/)
    new Tree(taken).finish()
  })
  assert.deepEqual(snapshot(tree).a!.replace(/\d+\.?\d*$/, ''), before.a!.replace(/\d+\.?\d*$/, ''))
  assert.equal(statSync(join(tree, 'a')).uid, NOBODY)
  assert.equal(writeBy(opened, 'file of its own'), true)
  closeSync(opened)
})

test('takeOver() takes no tree that was changed, and finish() none in which a file that was held open is', () => {
  const { tree, digest } = replacedTree()
  const opened = openSync(join(tree, 'a/file'), 'r+')
  const { mtime } = statSync(join(tree, 'a/file'))
  const change = (): void => {
    writeSync(opened, 'As it was', 0)
    spawnSync('touch', ['-d', `@${mtime.getTime() / 1000}`, join(tree, 'a/file')])
  }
  within(tree, () => {
    const taken = new Tree(takeOver(digest))
    change()
    assert.throws(() => taken.finish(), /^Error: a\/file (was changed meanwhile|is a file)/)
    assert.throws(() => takeOver(digest), /it was changed since it was replaced/)
  })
  closeSync(opened)
})

test('a tree that was live gets no file that would run as its owner', () => {
  const { tree, digest } = replacedTree()
  const entry = { kind: 'file', mode: 0o4755, uid: 0, gid: 0, modified: 1, size: 0, target: '' } as const
  within(tree, () => {
    assert.throws(() => new Tree(takeOver(digest)).writeFile('shell', entry, () => {}), /would run as its owner/)
  })
})

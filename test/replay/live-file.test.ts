import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bytesOf, ChangedTree, openLive } from '../../lib/replay/live-file.ts'
import { quickFolder } from '../support/quick-folder.ts'

const folder = quickFolder('live-file')
const at = (name: string): string => join(folder, name)

test('what its owner puts in place of a file while the tree is copied ends the copy: nothing is followed or waited for', () => {
  symlinkSync('/etc/hostname', at('link'))
  execFileSync('mkfifo', [at('pipe')])
  mkdirSync(at('folder'))
  for (const name of ['link', 'pipe', 'folder', 'gone']) assert.throws(() => openLive(at(name)), ChangedTree, name)
})

test('of a file all its bytes are read, and one that is cut off meanwhile ends the copy', () => {
  const content = randomBytes(3_000_000)
  writeFileSync(at('file'), content)
  const file = openLive(at('file'))
  const pieces = [...bytesOf(file, content.length).map(piece => Buffer.from(piece))]
  assert.ok(Buffer.concat(pieces).equals(content))
  closeSync(file)
  const cut = openLive(at('file'))
  const left = bytesOf(cut, content.length)
  assert.equal(left.next().value?.length, 1 << 20)
  truncateSync(at('file'), 5)
  assert.throws(() => [...left], ChangedTree)
  closeSync(cut)
})

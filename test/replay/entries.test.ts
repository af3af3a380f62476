import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { amountIn, changedAt, dangersIn, fingerprintsIn } from '../../lib/core/tree-lines.ts'
import { OpenedFolder } from '../../lib/host/opened-folder.ts'
import { lookAtTree } from '../../lib/host/tree-look.ts'
import { digestOf, entriesIn, linesOf } from '../../lib/replay/entries.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { hearingShell } from '../support/shell.ts'

const { shell } = hearingShell()
const around = quickFolder('entries')
const tree = join(around, 'bäume')
mkdirSync(join(tree, '.holdfast'), { recursive: true })
mkdirSync(join(tree, 'a folder'))
for (const path of ['.holdfast/kept', 'a folder/x', 'ends with a space ', ' ', 'müller\n', 'setuid'])
  writeFileSync(join(tree, path), 'abc')
writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.of(0xff)]), '')
utimesSync(join(tree, 'a folder/x'), 1_600_000_000.25, 1_600_000_000.25)
chmodSync(join(tree, 'setuid'), 0o4755)
symlinkSync('a folder//x', join(tree, 'link'))
execFileSync('mkfifo', [join(tree, 'pipe')])

test('a tree is listed here as find(1) lists it', async () => {
  assert.deepEqual(linesOf(entriesIn(tree)).toSorted(), (await lookAtTree(tree, shell)).toSorted())
})

test('its lines tell how much it is, what is dangerous, and when its own folder was changed', async () => {
  const lines = await lookAtTree(tree, shell)
  assert.equal(amountIn(lines).files, 11)
  assert.deepEqual(dangersIn(lines), { devices: [], programs: ['setuid'] })
  assert.equal(changedAt(lines), OpenedFolder.open(tree).changedNs())
  const fingerprints = fingerprintsIn(lines, '.holdfast')
  assert.equal(Object.keys(fingerprints).length, 9)
  assert.equal(fingerprints['a folder'], '755 0:0 folder')
  assert.match(fingerprints['müller\n']!, /^3 \d+\.\d{10} \d+$/)
  assert.match(fingerprints[' ']!, /^3 /)
})

test('its digest stays when it is put in another place, and is another after any change', async () => {
  const before = digestOf(await lookAtTree(tree, shell))
  const other = join(around, 'other')
  renameSync(tree, other)
  assert.equal(digestOf(linesOf(entriesIn(other))), before)
  utimesSync(join(other, 'a folder/x'), 1_600_000_000.25, 1_600_000_000.25)
  assert.notEqual(digestOf(linesOf(entriesIn(other))), before)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { treeChange } from '../../lib/core/tree-change.ts'

const all = (): boolean => false
const file = (
  fields: Partial<Record<'mode' | 'owner' | 'size' | 'links' | 'inode' | 'modified' | 'changed' | 'path', string>> = {},
) => {
  const { mode, owner, size, links, inode, modified, changed, path } = {
    mode: '644',
    owner: '33:33',
    size: '10',
    links: '1',
    inode: '7',
    modified: '1000.5000000000',
    changed: '1000.5000000000',
    path: 'SITE/a b\nc',
    ...fields,
  }
  return `f ${mode} ${owner} ${size} ${links} ${inode} ${modified} ${changed} ${path}`
}
const FORMER = file()
const NEW_TIME = '2000.1000000000'

/** [what happened, the line of the file after it, whether duplicity would pass over it] */
const table: [string, string, boolean][] = [
  ['written again with the time set back', file({ changed: NEW_TIME }), true],
  ['written again, of another size', file({ changed: NEW_TIME, size: '11' }), true],
  ['replaced by cp -p', file({ changed: NEW_TIME, inode: '8' }), true],
  ['written twice within a second', file({ modified: '1000.9000000000', changed: '1000.9000000000' }), true],
  ['written as usual', file({ modified: NEW_TIME, changed: NEW_TIME }), false],
  ['another mode', file({ mode: '600', changed: NEW_TIME }), false],
  ['another owner', file({ owner: '0:0', changed: NEW_TIME }), false],
  ['another owner and another size', file({ owner: '0:0', size: '11', changed: NEW_TIME }), false],
  ['a hard link more', file({ links: '2', changed: NEW_TIME }), false],
  ['a link now', 'l 777 33:33 3 1 8 1000.5000000000 2000.1000000000 SITE/a b\nc', false],
]
for (const [name, after, isOverlooked] of table) {
  test(`treeChange() of a file that was ${name}: ${isOverlooked ? 'duplicity would pass over it' : 'duplicity sees it'}`, () => {
    const change = treeChange(`${FORMER}\0\t${after}\0`, all)
    assert.deepEqual([change.differs, change.overlooked], [true, isOverlooked ? ['SITE/a b\nc'] : []])
  })
}

test('treeChange() of a file that is as of before 1970: duplicity takes all such times for one', () => {
  for (const [before, after, overlooked] of [
    ['-5.5000000000', '-5.5000000000', 1],
    ['-5.5000000000', '-10.0000000000', 1],
    ['-5.5000000000', '0.5000000000', 1],
    ['-5.5000000000', '1.0000000000', 0],
  ] as const) {
    const change = treeChange(`${file({ modified: before })}\0\t${file({ modified: after, changed: NEW_TIME })}\0`, all)
    assert.equal(change.overlooked.length, overlooked, `${before} ${after}`)
  }
})

test('treeChange() of nothing, of a new file, of one that is gone, and of what is left out', () => {
  assert.deepEqual(treeChange('', all), { differs: false, overlooked: [], overlookedBytes: 0 })
  assert.deepEqual(treeChange(`\t${FORMER}\0`, all), { differs: true, overlooked: [], overlookedBytes: 0 })
  assert.deepEqual(treeChange(`${FORMER}\0`, all), { differs: true, overlooked: [], overlookedBytes: 0 })
  const lines = `${FORMER}\0\t${file({ size: '11', changed: NEW_TIME })}\0`
  assert.equal(treeChange(lines, path => path.startsWith('SITE/a')).differs, false)
})

test('treeChange() of a folder that was exchanged, as by a restore: of its files only the sizes tell', () => {
  const folder = (path: string, inode: string): string => `d 755 0:0 - - ${inode} - - ${path}`
  const written = (path: string, size = '10'): string => file({ path, size, inode: '9', changed: NEW_TIME })
  const files = ['SITE/same', 'SITE/grown', 'SITES', 'beside'].map(path => file({ path }))
  const now = [written('SITE/same'), written('SITE/grown', '11'), written('SITES'), written('beside')]
  for (const [path, overlooked] of [
    ['SITE', ['SITE/grown', 'SITES', 'beside']],
    ['', ['SITE/grown']],
  ] as const) {
    const lines = [folder(path, '1'), ...files, ...[folder(path, '2'), ...now].map(line => `\t${line}`)]
    assert.deepEqual(treeChange(lines.join('\0'), all).overlooked, overlooked)
  }
})

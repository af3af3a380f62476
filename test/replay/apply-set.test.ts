import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf, entriesIn, linesOf } from '../../lib/replay/entries.ts'
import { apply, changed, file, folderAt, gone, link, madeTree, OLD, signed } from '../support/applied-set.ts'
import { type Member, tarOf } from '../support/crafted-change.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { snapshot } from '../support/snapshot.ts'

const folder = quickFolder('apply-set')
const text = (what: string): Buffer => Buffer.from(what)
const NEW = text('what is there now')

test('a set is applied: new and changed files, other kinds, what is gone; across volumes and what fills them up', () => {
  const { tree } = madeTree(folder)
  const long = Buffer.alloc(64 * 1024 + 5, 'x')
  const first: Member[] = [
    file('a', NEW), // in place of the folder
    gone('a/b'),
    gone('a/b/inner'),
    gone('a/file'),
    gone('a/out'),
    { name: 'multivol_snapshot/long/1', content: long.subarray(0, 64 * 1024) },
  ]
  const second: Member[] = [
    { name: 'multivol_snapshot/long/2', content: long.subarray(64 * 1024) },
    { name: 'snapshot/pipe\n', type: 'pipe' },
    folderAt('way'),
    link('way/link', '/etc'),
    changed('z', [0, 8], NEW, [3, 5]),
  ]
  const patched = Buffer.concat([OLD.subarray(0, 8), NEW, OLD.subarray(3, 8)])
  const signatures = [signed('a', NEW), ...first.slice(1, 5), signed('long', long), ...second.slice(1, 4), signed('z', patched)]
  const filled = Buffer.concat([tarOf(first), Buffer.alloc(1000, 'filler')])
  const { status, stdout, stderr } = apply(tree, [filled, second], signatures)
  assert.equal(status, 0, stderr)
  const paths = ['a', 'a/b', 'a/b/inner', 'a/file', 'a/out', 'long', 'pipe\n', 'way', 'way/link', 'z']
  const entries = stdout.split('\0').length - 2
  assert.deepEqual(JSON.parse(stdout.split('\0')[0]!), { paths, bytes: NEW.length + long.length + patched.length, entries })
  assert.deepEqual(Object.keys(snapshot(tree)).toSorted(), ['', 'a', 'long', 'pipe\n', 'way', 'way/link', 'z'])
  assert.deepEqual(readFileSync(join(tree, 'z')), patched)
  assert.deepEqual(readFileSync(join(tree, 'long')), long)
  assert.match(snapshot(tree).way!, /^folder 750 0:0 1600000000/)
})

test('a copy of the live tree gets the changes, and all that it has its owner, mode and time', () => {
  const { around, tree: live } = madeTree(folder)
  const made = join(around, 'made')
  mkdirSync(made)
  for (const path of ['a/b', 'a', 'z']) utimesSync(join(live, path), 1_500_000_000, 1_500_000_000)
  chownSync(join(live, 'a/b'), 12, 34)
  chmodSync(join(live, 'a/b'), 0o2751)
  writeFileSync(join(live, 'made here'), '')
  const digest = digestOf(linesOf(entriesIn(live)))
  const copied = { live, digest }
  const changes = [file('a/b', NEW), gone('a/b/inner'), file('z', NEW)]
  const { status, stderr } = apply(made, [changes], [signed('a/b', NEW), gone('a/b/inner'), signed('z', NEW)], { copied })
  assert.equal(status, 0, stderr)
  const { 'a/b': _, 'a/b/inner': __, z: ___, 'made here': ____, ...unchanged } = snapshot(live)
  const { 'a/b': b, z, 'made here': here, ...rest } = snapshot(made)
  assert.deepEqual(rest, unchanged)
  assert.match(b!, /^file 644 0:0 1600000000/)
  assert.ok(z && here)
  const other = join(around, 'other')
  mkdirSync(other)
  appendFileSync(join(live, 'a/file'), 'changed')
  assert.equal(apply(other, [changes], [], { copied }).stderr, 'files were changed here since the last replay')
  assert.deepEqual(readdirSync(other), [])
})

test('the tree that the live one has replaced becomes a copy of that: only in what differs is it made anew', () => {
  const { around, tree } = madeTree(folder)
  const live = join(around, 'live')
  for (const path of ['a/b', 'a', 'z', 'a/file', 'a/b/inner', '']) utimesSync(join(tree, path), 1_500_000_000, 1_500_000_000)
  execFileSync('cp', ['-a', tree, live])
  const digestIn = (path: string): string => digestOf(linesOf(entriesIn(path)))
  const [digest, about] = [digestIn(tree), join(around, 'about.json')]
  // one looks the same and is not, one looks otherwise; one came, and a folder went
  writeFileSync(join(live, 'z'), Buffer.from(OLD).reverse())
  utimesSync(join(live, 'z'), 1_500_000_000, 1_500_000_000)
  chmodSync(join(live, 'a/file'), 0o600)
  writeFileSync(join(live, 'come'), OLD)
  rmSync(join(live, 'a/b'), { recursive: true })
  for (const path of ['a', 'come', '']) utimesSync(join(live, path), 1_600_000_000, 1_600_000_000)
  writeFileSync(about, JSON.stringify({ digest, changed: ['z'] }))
  const link = lstatSync(join(tree, 'a/out')).ino
  const copied = { live, digest: digestIn(live), about }
  const { status, stderr } = apply(tree, [[file('new', NEW)]], [signed('new', NEW)], { copied })
  assert.equal(status, 0, stderr)
  const { new: made, ...rest } = snapshot(tree)
  assert.ok(made)
  assert.deepEqual(rest, snapshot(live))
  assert.equal(lstatSync(join(tree, 'a/out')).ino, link)
})

const bad: [string, readonly Member[], readonly Member[], RegExp][] = [
  ['a name with ..', [file('../outside/file', NEW)], [signed('../outside/file', NEW)], /leads out of the tree/],
  ['an absolute name', [file('/etc/evil', NEW)], [signed('/etc/evil', NEW)], /leads out of the tree/],
  ['a file below a link', [file('a/out/file', NEW)], [signed('a/out/file', NEW)], /a\/out\/file: the folder around it is none/],
  [
    'a link and a file below it',
    [link('q', '../outside'), file('q/file', NEW)],
    [link('q', '../outside'), signed('q/file', NEW)],
    /q\/file: the folder around it is none/,
  ],
  ['a change of what a link leads to', [changed('a/out', NEW)], [signed('a/out', NEW)], /no such file/],
  ['a device', [{ name: 'snapshot/q', type: 'device' }], [{ name: 'snapshot/q', type: 'device' }], /of a kind \("3"\)/],
  ['a hard link', [{ name: 'snapshot/q', type: 'hard', target: '/etc/passwd' }], [signed('q', NEW)], /of a kind \("1"\)/],
  ['other bytes than were signed', [file('q', NEW)], [signed('q', OLD)], /q: it is not what its signature says/],
  ['fewer bytes than were signed', [file('q', text(''))], [signed('q', OLD)], /q: it is shorter/],
  ['a delta of other bytes', [changed('z', [0, 9])], [signed('z', NEW)], /z: it is not what/],
  ['a delta that copies without end', [changed('z', [0, 1e12])], [signed('z', OLD)], /z: its delta copies more/],
  [
    'a delta that grows without end',
    [changed('z', ...Array.from({ length: 2000 }, () => [0, OLD.length] as const))],
    [signed('z', Buffer.alloc(600))],
    /z: it is (longer than|not what) its signature says/,
  ],
  ['a delta that is none', [{ name: 'diff/z', content: NEW }], [signed('z', NEW)], /z: the delta begins with another magic/],
  ['a signature of another kind', [file('q', NEW)], [{ name: 'signature/q', content: NEW }], /q: its signature is of a kind/],
  ['another owner than was signed', [{ ...file('q', NEW), uid: 5 }], [signed('q', NEW)], /q: its uid is 5 and 0/],
  ['no signature', [file('q', NEW)], [], /q: its signature is missing/],
  ['a signature and no change', [file('q', NEW)], [signed('q', NEW), gone('z')], /deleted\/z: there are signatures of it/],
  ['the deletion of what is not there', [gone('q')], [gone('q')], /q: it is to be deleted, and is not there/],
  ['a folder that goes with what is in it', [gone('a/b')], [gone('a/b')], /a\/b\/inner went with the folder around it/],
  ['the deletion of all', [gone('')], [gone('')], /the folder itself: it is to be deleted/],
  ['a path twice', [file('q', NEW), file('q', NEW)], [signed('q', NEW), signed('q', NEW)], /q: it is not in its order/],
  ['a part that is missing', [{ name: 'multivol_snapshot/q/2', content: NEW }], [signed('q', NEW)], /q: its first part is 2/],
  ['a name that duplicity never gives', [{ name: 'q', content: NEW }], [signed('q', NEW)], /"q" is no name of a change/],
]
for (const [what, members, signatures, reason] of bad)
  test(`a set with ${what} is refused, and changes nothing outside of the tree`, () => {
    const { around, tree } = madeTree(folder)
    const { status, stderr } = apply(tree, [members], signatures)
    assert.match(stderr, reason)
    assert.equal(status, 1)
    assert.deepEqual(readFileSync(join(around, 'outside/file')), OLD)
    assert.deepEqual(Object.keys(snapshot(around, path => path === 'tree')).toSorted(), ['', 'outside', 'outside/file'])
  })

for (const [what, volume] of [
  ['garbage', Buffer.alloc(5000, 'garbage')],
  ['a volume that was cut off', tarOf([file('q', Buffer.alloc(5000))]).subarray(0, 2000)],
] as const)
  test(`a set of ${what} is refused`, () => {
    const { tree } = madeTree(folder)
    const { status, stderr } = apply(tree, [volume], [signed('q', Buffer.alloc(5000))])
    assert.match(stderr, /no tar file|ends too early|not what its signature says/)
    assert.equal(status, 1)
  })

test('a name that is no text is a name like any other', () => {
  const { tree } = madeTree(folder)
  const name = 'deleted/a/file'
  const { status, stderr } = apply(tree, [[{ name }]], [{ name }])
  assert.equal(status, 0, stderr)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setsOf } from '../../lib/core/collection.ts'
import { archiveDirOf } from '../../lib/duplicity/io/archive-dir.ts'
import { fileListsOf } from '../../lib/duplicity/io/file-lists.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const TIMES = ['20260101T030000Z', '20260102T030000Z', '20260103T030000Z', '20260104T030000Z'] as const
/** What the signatures of each set hold: contents by path, and null of what is gone. */
const SETS: readonly Readonly<Record<string, string | null>>[] = [
  { 'SITE/a': '1', 'SITE/b': '1', 'SITE/c': '1', '.holdfast/database.tables/x': '1' },
  { 'SITE/a': '2', 'SITE/b': null },
  { 'SITE/b': '3', 'SITE/ümlaut': '3' },
  { 'SITE/a': null, 'SITE/b': null, 'SITE/c': '4' },
]

const folder = ownFolder('file-lists')
const host = hostIn(folder)
const site = siteOf(host, 'blog')
const facts = { host, secrets: new Map(), site, siteArchive: { folder: join(folder, 'archive', 'blog'), url: 'file:///blog' } }
const memory = join(host.paths.state, 'sites', 'blog.files.gz')

const nameOf = (at: number): string =>
  at === 0 ? `full-signatures.${TIMES[0]}` : `new-signatures.${TIMES[at - 1]}.to.${TIMES[at]}`

/** Writes this host's copy of the signatures of a set. */
function sign(at: number): void {
  const tree = join(folder, `tree-${at}`)
  for (const [path, content] of Object.entries(SETS[at]!)) {
    const file = join(tree, content === null ? 'deleted' : 'signature', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content ?? '')
    utimesSync(file, at + 1, at + 1)
  }
  const archiveDir = archiveDirOf(facts as never)
  mkdirSync(archiveDir, { recursive: true })
  const copy = join(archiveDir, `duplicity-${nameOf(at)}.sigtar.gz`)
  execFileSync('bash', ['-c', 'cd "$1" && find * -type f | tar --create --gzip --file "$2" --files-from -', 'sign', tree, copy])
}

const collectionAt = (at: number) =>
  collectionOf(
    TIMES.slice(0, at + 1).flatMap((time, index) => {
      const set = index === 0 ? `full.${time}` : `inc.${TIMES[index - 1]}.to.${time}`
      return [`${set}.vol1.difftar.gz`, `${set}.manifest`, `${nameOf(index)}.sigtar.gz`].map(name => ({
        name: `duplicity-${name}`,
        bytes: 1,
      }))
    }),
  )

async function listsAt(at: number) {
  const collection = collectionAt(at)
  return await fileListsOf(facts as never, collection, setsOf(collection.chains[0]!)[at]!, hearingShell().shell)
}

test('fileListsOf() remembers the list of a night for the next one, which is then as if all were read again', async () => {
  for (const at of SETS.keys()) {
    sign(at)
    const lists = await listsAt(at)
    rmSync(memory)
    assert.deepEqual(lists, await listsAt(at), `set ${at}`)
  }
  const { before, after } = (await listsAt(3))!
  assert.deepEqual([...before!.keys()].toSorted(), ['SITE/a', 'SITE/b', 'SITE/c', 'SITE/ümlaut'])
  assert.deepEqual([...after.keys()].toSorted(), ['SITE/c', 'SITE/ümlaut'])
})

test('fileListsOf() takes no list that it remembers of other signatures, nor a damaged one', async () => {
  await listsAt(2)
  const known = readFileSync(memory)
  const expected = await listsAt(3)
  writeFileSync(memory, known)
  utimesSync(join(archiveDirOf(facts as never), `duplicity-${nameOf(1)}.sigtar.gz`), 99, 99)
  assert.deepEqual(await listsAt(3), expected)
  writeFileSync(memory, 'damaged')
  assert.deepEqual(await listsAt(3), expected)
})

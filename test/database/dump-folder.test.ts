import assert from 'node:assert/strict'
import fs, { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { DumpFolder } from '../../lib/database/dump-folder.ts'
import { listOfParts, partName } from '../../lib/database/dump-parts.ts'
import { OpenedDump } from '../../lib/database/opened-dump.ts'
import { OpenedFolder } from '../../lib/host/opened-folder.ts'
import { ownFolder } from '../support/host.ts'

const folder = ownFolder('dump-folder')
const NAME = 'database.tables'

type Tables = Readonly<Record<string, string>>

/** Writes a dump that consists of these tables, in small pieces. */
function write(companion: OpenedFolder, tables: Tables, givesUp = false): void {
  using into = new DumpFolder(companion, NAME)
  try {
    into.prepare()
    for (const [table, rows] of Object.entries(tables))
      for (let at = 0; at <= rows.length; at += 3) into.take(partName('table', table), rows.slice(at, at + 3))
    into.complete('')
    into.putInPlace()
  } catch (error) {
    if (givesUp) into.giveUp()
    throw error
  }
}

/** What the dump has of each table, as a reader sees it; undefined where it would be refused. */
async function read(companion: OpenedFolder): Promise<Tables | undefined> {
  using dump = OpenedDump.in(companion, NAME)
  if (!dump || !(await dump.isComplete())) return undefined
  const texts = dump.files
    .slice(0, -1)
    .map(({ name, path }) => [/^2-table-(.+)\.sql$/.exec(name)![1]!, readFileSync(path, 'utf8')])
  return Object.fromEntries(texts)
}

function emptied(): OpenedFolder {
  rmSync(join(folder, 'companion'), { recursive: true, force: true })
  mkdirSync(join(folder, 'companion'))
  return OpenedFolder.open(join(folder, 'companion'))
}

const tables = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.stringMatching(/^[xy]{0,12}$/), {
  minKeys: 1,
  noNullPrototype: true,
})

test('DumpFolder writes what differs, and only that, by property', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(tables, { minLength: 1, maxLength: 4 }), async nights => {
      using companion = emptied()
      let last: Tables = {}
      for (const night of nights) {
        const pathOf = (table: string): string => join(folder, 'companion', NAME, partName('table', table))
        const was = Object.fromEntries(Object.keys(last).map(table => [table, statSync(pathOf(table))]))
        write(companion, night)
        assert.deepEqual(await read(companion), night)
        for (const [table, { ino, mtimeMs, ctimeMs }] of Object.entries(was).filter(([name]) => name in night)) {
          const is = statSync(pathOf(table))
          if (night[table] === last[table]) assert.deepEqual([is.ino, is.mtimeMs, is.ctimeMs], [ino, mtimeMs, ctimeMs])
          else assert.ok(Math.floor(is.mtimeMs / 1000) > Math.floor(mtimeMs / 1000), 'duplicity looks at whole seconds')
        }
        assert.deepEqual(companion.names(), [NAME])
        last = night
      }
    }),
    { numRuns: 100 },
  )
})

/** Everything that a dump does to the disk while it is put in place, any of which may be the last before a power cut. */
const CHANGES = ['renameSync', 'rmSync', 'futimesSync', 'mkdirSync', 'writeSync', 'writeFileSync'] as const

for (const givesUp of [false, true])
  test(`a dump that ${givesUp ? 'fails' : 'is cut off'} anywhere is, after the next run began, that of the last night or of tonight`, async t => {
    const [first, second]: Tables[] = [
      { a: 'same', b: 'old', c: 'dropped' },
      { a: 'same', b: 'new', d: 'added' },
    ]
    const found = new Set<string>()
    for (let cut = 1; ; cut += 1) {
      using companion = emptied()
      write(companion, first!)
      let left = cut
      for (const name of CHANGES) {
        const real = fs[name] as (...words: unknown[]) => unknown
        t.mock.method(fs, name, (...words: unknown[]) => {
          left -= 1
          // a failure is one, and what is done about it works
          if (givesUp ? left === 0 : left <= 0) throw new Error('power cut')
          return real(...words)
        })
      }
      let isCut = false
      try {
        write(companion, second!, givesUp)
      } catch {
        isCut = true
      }
      t.mock.restoreAll()
      for (const each of DumpFolder.leftIn(companion)) {
        each.finishLeft()
        each[Symbol.dispose]()
      }
      const is = JSON.stringify(await read(companion))
      found.add(is)
      assert.ok(
        [first, second].some(each => JSON.stringify(each) === is),
        `cut ${cut}: ${is}`,
      )
      assert.deepEqual(companion.names(), [NAME])
      if (!isCut) break
      assert.ok(cut < 100)
    }
    assert.equal(found.size, 2)
  })

test('what a restored folder brought as an unfinished dump is removed, not put in place', async () => {
  using companion = emptied()
  write(companion, { a: 'one' })
  companion.makeFolder(`${NAME}.new`)
  using fresh = companion.folder(`${NAME}.new`)
  fs.symlinkSync('/etc/passwd', fresh.at(partName('table', 'a')))
  fresh.write(partName('complete'), listOfParts(new Map([[partName('table', 'a'), '/etc/passwd'.length]])))
  for (const left of DumpFolder.leftIn(companion)) left.finishLeft()
  assert.deepEqual(await read(companion), { a: 'one' })
  assert.deepEqual(companion.names(), [NAME])
})

test('OpenedDump refuses a dump of which a part is missing, is too short, or is of another night', async () => {
  using companion = emptied()
  write(companion, { a: 'one', b: 'two' })
  const path = join(folder, 'companion', NAME)
  const file = join(path, partName('table', 'a'))
  const text = readFileSync(file)
  rmSync(file)
  assert.equal(await read(companion), undefined)
  fs.writeFileSync(file, 'on')
  assert.equal(await read(companion), undefined)
  fs.writeFileSync(file, text)
  assert.deepEqual(await read(companion), { a: 'one', b: 'two' })
  fs.writeFileSync(join(path, partName('table', 'c')), '')
  assert.equal(await read(companion), undefined)
  rmSync(join(path, partName('table', 'c')))
  rmSync(join(path, partName('complete')))
  assert.equal(await read(companion), undefined)
  assert.ok(readdirSync(path).length === 2)
})

for (const [what, plant] of [
  ['a link', (path: string) => fs.symlinkSync('/etc/passwd', path)],
  ['a folder', (path: string) => mkdirSync(path)],
] as const)
  test(`OpenedDump reads nothing of a dump in which ${what} is a part`, () => {
    using companion = emptied()
    write(companion, { a: 'one' })
    plant(join(folder, 'companion', NAME, partName('table', 'b')))
    assert.throws(() => OpenedDump.in(companion, NAME), /2-table-b\.sql is no file: it is not read/)
  })

test('OpenedDump reads nothing of a dump that others can change', () => {
  using companion = emptied()
  write(companion, { a: 'one' })
  fs.chmodSync(join(folder, 'companion', NAME), 0o777)
  assert.throws(() => OpenedDump.in(companion, NAME), /can be changed by others than user \d+: it is not read/)
})

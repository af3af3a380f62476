import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { archiveDirOf } from '../../lib/duplicity/io/archive-dir.ts'
import { listCollection } from '../../lib/duplicity/io/collection.ts'
import { readBack } from '../../lib/duplicity/io/read-back.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { shareProcesses } from '../support/processes.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('read-back-slow')
const DAYS = Array.from({ length: 25 }, (_, day) => day + 1)
const dated = (day: number): string => `202801${String(day).padStart(2, '0')}T030000Z`

test('a share that hangs after some of the hashes: what it answered counts, the others are read, and none is mixed up', async () => {
  const host = hostIn(folder)
  const archive = join(folder, 'archive/blog')
  const siteArchive = { folder: archive, url: `file://${archive}`, options: [], prefix: '' }
  const facts = { host, site: siteOf(host, 'blog'), siteArchive, secrets: new Map() }
  const copies = archiveDirOf(facts)
  for (const path of [archive, copies]) mkdirSync(path, { recursive: true })
  const names = DAYS.map(day => `duplicity-new-signatures.${dated(day)}.to.${dated(day + 1)}.sigtar.gz`)
  for (const name of names) for (const path of [archive, copies]) writeFileSync(join(path, name), gzipSync(name))
  const spoilt = [names[3]!, names[17]!]
  for (const name of spoilt) writeFileSync(join(archive, name), gzipSync(name.toUpperCase()))

  const asked: string[] = []
  const { shell, notes } = hearingShell({
    look: 2,
    command: ({ line }) => {
      asked.push(line)
      // the next request finds it hung, as by a server that gives no answer any more
      if (line.startsWith('# hash ')) for (const pid of shareProcesses()) process.kill(pid, 'SIGSTOP')
    },
  })
  const listed = await listCollection(siteArchive, shell)
  const { news, isRepaired } = await readBack(facts, names, { known: {}, listed }, shell)

  const inArchive = (name: string): Buffer => readFileSync(join(archive, name))
  for (const name of names) assert.equal(news[name]?.sha256, createHash('sha256').update(inArchive(name)).digest('hex'), name)
  for (const name of names) assert.equal(gunzipSync(inArchive(name)).toString(), name)
  assert.ok(isRepaired)
  assert.deepEqual(readdirSync(archive).toSorted(), names)
  assert.equal(notes.filter(note => /restored from this host's copy/.test(note)).length, 2, notes.join('\n'))
  const [first] = asked.filter(line => line.startsWith('# hash '))
  assert.deepEqual(
    names.filter(name => first!.includes(name)),
    names.slice(0, 10),
  )
})

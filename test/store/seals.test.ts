import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { KnownFiles } from '../../lib/core/audit.ts'
import type { FileRef } from '../../lib/core/collection.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import type { SiteArchive } from '../../lib/store/archive.ts'
import { filesSealed, lookAtSeals, type SealAlarm, sealAlarmOf, sealRemoval, sealSets } from '../../lib/store/seals.ts'
import { chainSketch, filesOfSet, listing } from '../duplicity/archive.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'

const folder = ownFolder('seals')
const FILES = listing(...chainSketch(0, 1), ...chainSketch(9, 0))
const OLD = listing(...chainSketch(0, 1))
const VOLUME = FILES[0]!
const KNOWN: KnownFiles = { [VOLUME.name]: { bytes: 100, sha1: 'a'.repeat(40) } }

/** An archive of two chains, and two hosts that see it. */
class Place {
  readonly archive: string
  readonly seals: string
  readonly root: string

  constructor(name: string, files: readonly FileRef[] = FILES) {
    this.root = join(folder, name)
    this.archive = join(this.root, 'nas/blog')
    this.seals = join(this.archive, '.holdfast-seals')
    mkdirSync(this.archive, { recursive: true })
    for (const file of files) this.write(file)
  }

  write({ name, bytes = 0 }: FileRef): void {
    writeFileSync(join(this.archive, name), '')
    truncateSync(join(this.archive, name), bytes)
  }

  remove(files: readonly FileRef[]): void {
    for (const { name } of files) rmSync(join(this.archive, name))
  }

  memory = (host: string): string => join(this.root, host, 'state/seals/blog.json')

  facts(host: string) {
    const inventory = hostIn(join(this.root, host), { name: host } as object)
    const role = { role: host === 'web1' ? 'primary' : 'replica', owner: 'web1', reason: 'test', choices: [] } as const
    const site = siteOf(inventory, 'blog', { role } as object)
    const there = FILES.filter(({ name }) => existsSync(join(this.archive, name)))
    const collection = collectionOf(there.map(({ name }) => ({ name, bytes: statSync(join(this.archive, name)).size })))
    return {
      host: inventory,
      site,
      siteArchive: { folder: this.archive, url: '', options: [], prefix: '' } as SiteArchive,
      collection,
    }
  }

  async within(work: (shell: Shell) => Promise<unknown>, dry = false): Promise<string[]> {
    const run = async (_: object, shell: Shell): Promise<void> => void (await work(shell))
    const done = await perform(recipe<object>().do({ name: 'work', title: 'work', run }), {}, { dry })
    return [...notesOf(done), ...done.outcomes.flatMap(({ status, reason = '' }) => (status === 'failed' ? [reason] : []))]
  }

  seal = (host = 'web1'): Promise<string[]> => this.within(shell => sealSets(this.facts(host), KNOWN, shell))
  sealRemoval = (going: readonly FileRef[], host = 'web1'): Promise<string[]> =>
    this.within(shell => sealRemoval(this.facts(host), going, shell))

  /** What a host tells of the archive, each reason in a line. */
  async look(host: string, isAccepted = false): Promise<string> {
    let alarm: SealAlarm | undefined
    const failed = await this.within(async shell => {
      alarm = await lookAtSeals(this.facts(host), isAccepted, shell)
    })
    return [...failed, ...(alarm?.reasons ?? [])].join('\n')
  }

  lines = (): string[] => readFileSync(this.seals, 'utf8').split('\n').slice(0, -1)
}

test('sealSets() seals what is finished and not sealed yet; lookAtSeals() keeps what it saw where only this host reads', async () => {
  const place = new Place('usual', OLD)
  assert.equal(await place.look('web2'), '')
  assert.ok(!existsSync(place.memory('web2')))
  assert.deepEqual(await place.seal(), [])
  for (const file of listing(...chainSketch(9, 0))) place.write(file)
  assert.deepEqual(await place.seal(), [])
  assert.deepEqual(await place.seal(), [])
  const [first, second] = place.lines().map(line => JSON.parse(line))
  assert.equal(place.lines().length, 2)
  assert.deepEqual([Object.keys(first.add).length, Object.keys(second.add).length, first.host], [6, 3, 'web1'])
  assert.deepEqual(first.add[VOLUME.name], KNOWN[VOLUME.name])
  assert.equal(await place.look('web1'), '')
  assert.equal(await place.look('web2'), '')
  for (const host of ['web1', 'web2']) {
    assert.equal(statSync(place.memory(host)).mode & 0o777, 0o600)
    assert.deepEqual(filesSealed(place.facts(host).host, 'blog')[VOLUME.name], KNOWN[VOLUME.name])
  }
})

test('what a seal says is to be removed may be gone, or be there still: also what was lost of it before', async () => {
  const place = new Place('removed')
  await place.seal()
  await place.look('web2')
  place.remove([VOLUME])
  assert.deepEqual(await place.sealRemoval(OLD.slice(1)), [])
  // the run is killed before anything goes
  for (const host of ['web1', 'web2']) assert.equal(await place.look(host), '')
  place.remove(OLD.slice(1, 3))
  for (const host of ['web1', 'web2']) assert.equal(await place.look(host), '')
  place.remove(OLD.slice(3))
  for (const host of ['web1', 'web2']) assert.equal(await place.look(host), '')
})

test('a run that is killed while it seals knows its own line again', async () => {
  const place = new Place('killed', OLD)
  await place.seal()
  const copy = join(place.root, 'copy')
  for (const file of listing(...chainSketch(9, 0))) place.write(file)
  cpSync(place.memory('web1'), copy)
  // before it is written to the archive
  mkdirSync(`${place.seals}.aside`)
  const line = place.lines()
  await place.seal()
  const pending = JSON.parse(readFileSync(copy, 'utf8'))
  const written = readFileSync(place.seals, 'utf8')
  const last = place.lines().at(-1)!
  writeFileSync(place.memory('web1'), JSON.stringify({ ...pending, pending: `${last}\n` }))
  assert.equal(await place.look('web1'), '')
  writeFileSync(place.memory('web1'), JSON.stringify({ ...pending, pending: `${last}\n` }))
  writeFileSync(place.seals, `${line.join('\n')}\n`)
  assert.equal(await place.look('web1'), '')
  // and without: nobody else writes here
  writeFileSync(place.memory('web1'), JSON.stringify(pending))
  writeFileSync(place.seals, written)
  assert.match(await place.look('web1'), /has a line of 20.*, in the name of web1, that this host did not write/)
})

test('sets that go without a seal, and another history, are an alarm on each host until a person accepts it', async () => {
  const rows: [name: string, attack: (place: Place) => unknown, says: RegExp][] = [
    ['sets', place => place.remove(OLD), /^6 files gone that nobody was to remove: duplicity-full\.2026.*; 3 more$/],
    ['a size', place => place.write({ ...VOLUME, bytes: 99 }), /^1 file of another size than was written: duplicity-full/],
    ['history gone', place => rmSync(place.seals), /^the history of its sets is gone$/],
    ['cut back', place => writeFileSync(place.seals, `${place.lines()[0]}\n`), /was changed or cut back: .* line 2 is another$/],
    ['a pipe', place => [rmSync(place.seals), execFileSync('mkfifo', [place.seals])], /is gone$/],
    ['a link', place => [rmSync(place.seals), symlinkSync('/etc/passwd', place.seals)], /is gone$/],
    ['garbled', place => writeFileSync(place.seals, `${place.lines().join('\n')}\n{"before`), /line 3 is cut off$/],
    ['too large', place => writeFileSync(place.seals, `${place.lines().join('\n')}\n${'x'.repeat(9e6)}\n`), /line 3 is cut off$/],
  ]
  for (const [name, attack, says] of rows) {
    const place = new Place(`attack ${name}`)
    await place.seal()
    await place.sealRemoval([{ name: FILES.at(-1)!.name, bytes: 7 }])
    for (const host of ['web1', 'web2']) assert.equal(await place.look(host), '')
    attack(place)
    for (const host of ['web1', 'web2', 'web1']) assert.match(await place.look(host), says, name)
    const isHistory = /history/.test(String(says)) || !/nobody|size/.test(String(says))
    const refused = await place.sealRemoval([VOLUME])
    assert.deepEqual(refused.length, isHistory ? 1 : 0, 'nothing goes that cannot be written down')
    for (const host of ['web1', 'web2']) {
      assert.equal(await place.look(host, true), '')
      assert.equal(await place.look(host), '', name)
    }
    assert.deepEqual(await place.seal(), [])
    assert.equal(await place.look('web1'), '')
    // where a new history had to be begun, that is another for who had accepted the damaged one
    assert.equal(await place.look('web2'), '', name)
  }
})

test('a removal that another host writes down is no removal to the owner, and only to the owner', async () => {
  const place = new Place('forged')
  await place.seal()
  for (const host of ['web1', 'web2', 'web3']) await place.look(host)
  await place.sealRemoval(OLD, 'web3')
  place.remove(OLD)
  assert.match(
    await place.look('web1'),
    /in the name of web3, that this host did not write\n6 files gone that nobody was to remove/,
  )
  assert.equal(await place.look('web2'), '')
})

test('what is damaged in a set is told as damage; who sees the archive first tells what is gone', async () => {
  const place = new Place('first')
  await place.seal()
  place.remove(OLD)
  assert.match(await place.look('web9'), /6 files gone/)
  const volume = filesOfSet({ day: 9 })[0]!
  place.remove([volume])
  const facts = place.facts('web8')
  const collection = { ...facts.collection, damages: [{ file: volume.name, set: 0, role: 'volume', text: '' } as const] }
  let alarm: SealAlarm | undefined
  await place.within(async shell => {
    alarm = await lookAtSeals({ ...facts, collection }, false, shell)
  })
  assert.match(alarm!.reasons.join(), /^6 files gone/)
})

test('nothing is written in a dry run, nor at a URL; a seal that cannot be written is noted', async () => {
  const place = new Place('nothing')
  await place.within(shell => sealSets(place.facts('web1'), KNOWN, shell), true)
  assert.ok(!existsSync(place.seals) && !existsSync(place.memory('web1')))
  const atUrl = {
    ...place.facts('web1'),
    siteArchive: { folder: undefined, url: 'sftp://nas', options: [], prefix: '' } as SiteArchive,
  }
  await place.within(shell => sealSets(atUrl, KNOWN, shell))
  assert.ok(!existsSync(place.memory('web1')))
  mkdirSync(join(place.seals, 'in'), { recursive: true })
  assert.match((await place.seal()).join(), /^info: the set is not sealed: /)
})

test('sealAlarmOf() tells of the alarm that is remembered, and of none that only stands in the history', () => {
  const place = new Place('remembered', [])
  const { host } = place.facts('web1')
  const told = (memory: object | string): SealAlarm | undefined => {
    mkdirSync(join(place.root, 'web1/state/seals'), { recursive: true })
    writeFileSync(place.memory('web1'), typeof memory === 'string' ? memory : JSON.stringify(memory))
    return sealAlarmOf(host, 'blog')
  }
  const alarm = { since: 5, reasons: ['1 file gone'] }
  const seen = `${JSON.stringify({ alarm })}\n`
  assert.deepEqual(told({ version: 1, seen, alarm }), alarm)
  assert.deepEqual(told({ version: 1, alarm, seen }), alarm)
  assert.equal(told({ version: 1, seen }), undefined)
  assert.equal(told('{"alarm"'), undefined)
  assert.deepEqual(told(JSON.stringify({ version: 1, seen, alarm }, undefined, 2)), alarm)
  assert.deepEqual(told(JSON.stringify({ version: 1, hasAlarm: false, seen }, undefined, 2)), undefined)
  rmSync(place.memory('web1'))
  assert.equal(sealAlarmOf(host, 'blog'), undefined)
})

test('that there is no alarm comes first in what a host remembers, which is not written again while nothing changes', async () => {
  const place = new Place('first')
  assert.deepEqual(await place.seal(), [])
  const text = readFileSync(place.memory('web1'), 'utf8')
  assert.match(text, /^\{\s*"version": 1,\s*"hasAlarm": false,\s*"seen"/)
  writeFileSync(place.memory('web1'), text.replace(/\s*"hasAlarm": false,/, '')) // as earlier versions wrote it
  const { ino } = statSync(place.memory('web1'))
  assert.equal(await place.look('web1'), '')
  assert.equal(statSync(place.memory('web1')).ino, ino)
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { nextEpoch, type Taking } from '../../lib/core/epoch.ts'
import type { SiteArchive } from '../../lib/store/archive.ts'
import { checkStillOwner, NotOwner, readEpoch, readRelease, release, takeEpoch } from '../../lib/store/epochs.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

/** HOLDFAST_RACES=1000 has as many, and a few without. HOLDFAST_RACES_IN=/mnt/one:/mnt/two: on a share that is mounted there, a host each. */
const RACES = Number(process.env.HOLDFAST_RACES ?? 15)
const mounts = process.env.HOLDFAST_RACES_IN?.split(':') ?? []
const root = mounts[0] ?? ownFolder('epochs')
const { shell } = hearingShell()
const share = new ShareFiles({ base: root, way: '' }, shell)

const NOON = Date.parse('2026-01-31T12:00:00Z')
const taking = (owner: string, more: Partial<Taking> = {}): Taking => ({ owner, by: 'takeover', now: NOON, ...more })
const archiveOf = (site: string): SiteArchive => ({ folder: join(root, site), url: '', options: [], prefix: '' })
const namesIn = (site: string): string[] => readdirSync(join(root, site))

test('takeEpoch() makes the folder, and readEpoch() gives the highest with all that were before', async () => {
  const files = share.of('blog')
  mkdirSync(join(root, 'blog'))
  assert.equal(await readEpoch(files), undefined)
  const first = nextEpoch(undefined, taking('web1', { by: 'claim' }))
  assert.deepEqual(await takeEpoch(files, first), { taken: true })
  const second = nextEpoch(await readEpoch(files), taking('web2', { from: NOON }))
  assert.deepEqual(await takeEpoch(files, second), { taken: true })
  assert.deepEqual(await readEpoch(files), second)
  assert.deepEqual(namesIn('blog'), ['.holdfast-epoch-1', '.holdfast-epoch-2'])
  assert.deepEqual(await takeEpoch(files, nextEpoch(first, taking('web3'))), { taken: false, epoch: second })
  assert.deepEqual(await takeEpoch(files, second), { taken: false, epoch: second }, 'what is there is not taken again')
})

test('takeEpoch() takes all numbers up to one that is later than what another host knows', async () => {
  const files = share.of('above')
  mkdirSync(join(root, 'above'))
  await takeEpoch(files, nextEpoch(undefined, taking('web1', { above: 2 })))
  assert.deepEqual(namesIn('above'), ['.holdfast-epoch-1', '.holdfast-epoch-2', '.holdfast-epoch-3'])
  assert.equal((await readEpoch(files))?.number, 3)
})

test('readEpoch() passes over folders that nobody took, follows no link, and refuses what is damaged', async () => {
  const files = share.of('odd')
  const at = (name: string): string => join(root, 'odd', name)
  mkdirSync(at(''))
  const first = nextEpoch(undefined, taking('web1'))
  await takeEpoch(files, first)
  mkdirSync(at('.holdfast-epoch-7'))
  symlinkSync(at('.holdfast-epoch-1'), at('.holdfast-epoch-8'))
  for (const name of ['.holdfast-epoch-x', '.holdfast-epoch-', '.holdfast-epoch-1.new']) mkdirSync(at(name))
  assert.deepEqual(await readEpoch(files), first)
  for (const [name, text, why] of [
    ['web2', 'not JSON', /holdfast-epoch-9\/web2 cannot be read: .*not valid JSON/],
    ['web2', JSON.stringify({ ...first, number: 9 }), /holdfast-epoch-9\/web2 is of web1, wanted web2/],
    ['web1', JSON.stringify(first), /holdfast-epoch-9 is of epoch 1, wanted that of its name/],
    ['web1', JSON.stringify({ ...first, number: 9, since: 'noon' }), /cannot be read: .*ISO datetime.*since/],
  ] as const) {
    mkdirSync(at('.holdfast-epoch-9'))
    writeFileSync(at(`.holdfast-epoch-9/${name}`), text)
    await assert.rejects(readEpoch(files), why)
    rmSync(at('.holdfast-epoch-9'), { recursive: true })
  }
  mkdirSync(at('.holdfast-epoch-9'))
  for (const name of ['web1', 'web2']) writeFileSync(at(`.holdfast-epoch-9/${name}`), '')
  await assert.rejects(readEpoch(files), /holds 2 files, wanted one/)
})

test('release() lets an epoch go once, and checkStillOwner() refuses the owner from then on', async () => {
  const files = share.of('moved')
  mkdirSync(join(root, 'moved'))
  await takeEpoch(files, nextEpoch(undefined, taking('web1')))
  const check = (name: string) => checkStillOwner(archiveOf('moved'), { name }, shell)
  await check('web1')
  assert.equal(await readRelease(files, 1), undefined)
  const released = { epoch: 1, to: 'web2', set: new Date(NOON).toISOString() }
  await release(files, released)
  await release(files, released)
  assert.deepEqual(await readRelease(files, 1), released)
  await assert.rejects(release(files, { ...released, to: 'web3' }), /epoch 1 is released to web2 already/)
  await assert.rejects(check('web1'), (error: Error) => error instanceof NotOwner && /released to web2/.test(error.message))
  await takeEpoch(files, nextEpoch(await readEpoch(files), taking('web2', { by: 'handover' })))
  await check('web2')
  await assert.rejects(check('web1'), /this site is web2's now, by epoch 2, which web2 took on 2026-01-31 12:00 UTC by handover/)
})

test('takeEpoch() does not count up to a number that another host made up', async () => {
  const site = share.of(`made-up${process.pid}`)
  await site.makeFolder()
  const next = nextEpoch(undefined, { owner: 'web1', by: 'settle', now: 0, above: 999_999_998 })
  await assert.rejects(takeEpoch(site, next), /epoch 999999999 of .* is to follow on none: look at who made/)
  assert.deepEqual(await site.names(''), [])
})

test('of a site that was never backed up, nothing was released', async () => {
  assert.equal(await readRelease(share.of('not there'), 0), undefined)
})

test('checkStillOwner() goes by the markers where there is no epoch', async () => {
  mkdirSync(join(root, 'marked'))
  await checkStillOwner(archiveOf('marked'), { name: 'web1' }, shell)
  await checkStillOwner(archiveOf('not there'), { name: 'web1' }, shell)
  writeFileSync(join(root, 'marked', 'PRIMARY_IS_web2'), '')
  await checkStillOwner(archiveOf('marked'), { name: 'web2' }, shell)
  await assert.rejects(checkStillOwner(archiveOf('marked'), { name: 'web1' }, shell), /is marked as that of web2/)
  assert.deepEqual(namesIn('marked'), ['PRIMARY_IS_web2'], 'nothing is left of the look')
})

/** A host that takes epochs when it is told to; see epoch-racer.ts. */
function racer(owner: string, at: number): (site: string) => Promise<string> {
  const archive = mounts[at % mounts.length] ?? root
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/epoch-racer.ts'), archive, owner], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  after(() => void child.stdin.end())
  const lines = createInterface(child.stdout)
  return async site => {
    const line = once(lines, 'line')
    child.stdin.write(`${site}\n`)
    return (await line)[0]
  }
}

test(`takeEpoch() gives an epoch to one of three processes that take it at once, ${RACES} times`, async () => {
  const hosts = ['web1', 'web2', 'web3']
  const racers = hosts.map(racer)
  const wins = new Map<string, number>()
  let met = 0
  for (let race = 0; race < RACES; race++) {
    const site = `race${process.pid}-${race}`
    mkdirSync(join(root, site))
    const said = await Promise.all(racers.map(take => take(site)))
    // a client of a share may list for some seconds what was there before
    await share.of(site).claims(true)
    const names = (await share.of(site).names('.holdfast-epoch-')).toSorted()
    const epoch = (await readEpoch(share.of(site)))!
    const winners = hosts.filter((_, at) => said[at] === 'taken')
    // one that began after another was done takes the one after it, and is no loser
    const owners = names.flatMap(name => readdirSync(join(root, site, name)))
    assert.deepEqual(owners.toSorted(), winners, said.join(' '))
    assert.deepEqual([epoch.number, epoch.owner], [names.length, owners.at(-1)])
    if (mounts.length === 0)
      assert.deepEqual(namesIn(site), ['.holdfast-epoch-1', '.holdfast-epoch-2', '.holdfast-epoch-3'].slice(0, epoch.number))
    if (epoch.number === 1) met++
    wins.set(epoch.owner, (wins.get(epoch.owner) ?? 0) + 1)
    rmSync(join(root, site), { recursive: true })
  }
  if (process.env.HOLDFAST_RACES) console.log(Object.fromEntries(wins), `${met} times all three at once`)
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { chanceFrom } from '../support/chance.ts'
import { tarOf } from '../support/crafted-change.ts'
import { injectEntries } from '../support/crafted-set.ts'
import { FollowedSite } from '../support/followed-site.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { snapshot } from '../support/snapshot.ts'

const folder = quickFolder('replay')
let count = 0

/** Takes away what tells that something is not as it was: in the archive, as a stranger could, and here. */
function forgetMarks({ archive }: FollowedSite): void {
  for (const name of readdirSync(archive)) if (name.startsWith('.holdfast-')) rmSync(join(archive, name), { recursive: true })
  rmSync(join(archive, '../../web2/cache'), { recursive: true })
  const state = join(archive, '../../web2/state')
  for (const name of readdirSync(state))
    if (!['sites', 'restores', 'fingerprints'].includes(name)) rmSync(join(state, name), { recursive: true })
}

/** A site that its replica has, as it was two nights ago. */
async function followedSite(fields: ConstructorParameters<typeof FollowedSite>[2] = {}): Promise<FollowedSite> {
  const site = new FollowedSite(join(folder, String(++count)), chanceFrom(count), {
    duplicity: { compression: 'default' },
    ...fields,
  })
  await site.backUp()
  await site.follow()
  site.tree.write('SITE/new', 100_000)
  await site.backUp()
  return site
}

const assertSame = (site: FollowedSite): void => assert.deepEqual(site.differences(), [])

/** Nothing is left of what was made beside the replica, but what it replaced. */
afterEach(() => {
  for (const each of readdirSync(folder)) {
    const kept = join(folder, each, 'web2/vhosts/.holdfast/blog')
    for (const id of existsSync(kept) ? readdirSync(kept) : [])
      assert.deepEqual(
        readdirSync(join(kept, id)).filter(name => !['tree', 'replaced.json', 'taken.json'].includes(name)),
        [],
      )
    assert.deepEqual(readdirSync(join(folder, each, 'web2/cache/duplicity/tmp')), [])
  }
})

test('several sets that a replica is behind are applied one after the other', async () => {
  const site = await followedSite()
  rmSync(join(site.tree.folder, 'SITE/new'))
  site.tree.write('SITE/newer', 10)
  await site.backUp()
  assert.match(await site.follow(), /^made of the replica's last tree and the newest 2 sets: /)
  assertSame(site)
})

/** The inodes of what the replica has, and where what it replaced is kept. */
const inodesIn = ({ copy }: FollowedSite) =>
  Object.fromEntries(readdirSync(copy).map(name => [name, statSync(join(copy, name)).ino]))
const keptIn = ({ copy }: FollowedSite): string => {
  const kept = join(copy, '../.holdfast/blog')
  return join(kept, readdirSync(kept).at(-1)!, 'tree')
}

test('the next replica is made of the tree that the last refresh replaced: its files are those of two nights ago', async () => {
  const site = await followedSite()
  await site.follow()
  for (const content of ['one', 'two']) {
    const [live, kept] = [inodesIn(site), keptIn(site)]
    const before = readdirSync(kept).map(name => statSync(join(kept, name)).ino)
    writeFileSync(join(site.tree.folder, 'SITE/new'), content)
    await site.backUp()
    assert.match(await site.follow(), /^made of the replica's last tree/)
    assertSame(site)
    const now = inodesIn(site)
    assert.ok(before.includes(now.PRIMARY_IS_web1!) && !Object.values(now).includes(live.PRIMARY_IS_web1!))
  }
})

test('a tree that a process of the site wrote in after it was replaced is not used again', async () => {
  const site = await followedSite()
  const held = openSync(join(site.copy, 'PRIMARY_IS_web1'), 'a')
  await site.follow()
  writeSync(held, 'late')
  closeSync(held)
  site.tree.write('SITE/newer', 10)
  await site.backUp()
  assert.match(
    await site.follow(),
    /^not made in the tree before the last one: .*it was changed since it was replaced\nmade of the replica's last tree/,
  )
  assertSame(site)
})

test('a replica in which a file was changed is restored whole', async () => {
  const site = await followedSite()
  appendFileSync(join(site.copy, 'PRIMARY_IS_web1'), ' ')
  assert.match(await site.follow(), /^restored whole: files were changed here since the last replay$/)
  assertSame(site)
})

test('a replica is restored whole besides when that is due, and told to be the same', async () => {
  const site = await followedSite({ provenEvery: '1D' })
  assert.match(await site.follow(), /newest 1 set: .*\nthe same as the whole backup, which was restored to prove it$/s)
  assertSame(site)
})

test('where the whole backup holds something else, it counts, and that is told', async () => {
  const site = await followedSite({ provenEvery: '1D' })
  await injectEntries(site.archive, [{ name: 'zzz', kind: 'file', text: 'of an older set' }])
  forgetMarks(site)
  await assert.rejects(
    () => site.follow(),
    /restored whole: what the newest sets made of the replica is not what the backup holds: /,
  )
  assert.equal(readFileSync(join(site.copy, 'zzz'), 'utf8'), 'of an older set')
})

test('where the whole backup cannot be restored, the newest sets are all the same in force, and that is told', async () => {
  const site = await followedSite({ provenEvery: '1D' })
  const volume = readdirSync(site.archive).find(name => /full.*vol1\.difftar/.test(name))!
  appendFileSync(join(site.archive, volume), 'damaged')
  forgetMarks(site)
  await assert.rejects(
    () => site.follow(),
    /that it is the same as the whole backup, which is due every 1D, is not proven: .*(corrupt|written)/,
  )
  assertSame(site)
})

/** Exchanges the newest set's volume for another one, to which its manifest fits. */
function exchangeVolume(site: FollowedSite, change: (tar: Buffer) => Buffer): void {
  const newest = (ending: RegExp): string =>
    join(
      site.archive,
      readdirSync(site.archive)
        .filter(name => /-inc\./.test(name) && ending.test(name))
        .toSorted()
        .at(-1)!,
    )
  const [volume, manifest] = [newest(/difftar/), newest(/manifest/)]
  const before = readFileSync(volume)
  const after = gzipSync(change(gunzipSync(before)))
  const sum = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')
  writeFileSync(volume, after)
  forgetMarks(site)
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(sum(before), sum(after)))
}

test('a newest set of which other bytes are in the archive than were signed is not applied', async () => {
  const site = await followedSite()
  exchangeVolume(site, tar => {
    const at = tar.indexOf('multivol_snapshot/SITE/new/1') + 600
    tar[at]! ^= 1
    return tar
  })
  assert.match(await site.follow(), /^restored whole: the set of .*: SITE\/new: it is not what its signature says/)
})

const OUT_OF_TREE: Readonly<Record<string, Parameters<typeof tarOf>[0]>> = {
  'a link and what is below it': [
    { name: 'snapshot/SITE/way', type: 'link', target: '../../../../outside' },
    { name: 'snapshot/SITE/way/file', content: Buffer.from('changed') },
  ],
  'a name with ..': [{ name: 'snapshot/../../outside/file', content: Buffer.from('changed') }],
  'an absolute name': [{ name: 'snapshot//etc/holdfast-evil', content: Buffer.from('changed') }],
}
for (const [what, members] of Object.entries(OUT_OF_TREE))
  test(`a newest set with ${what} ends in an error: the replica stays as it is, and nothing outside of it changes`, async () => {
    const site = await followedSite()
    const outside = join(folder, String(count), 'web2/outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'file'), 'as it was')
    const [before, was] = [snapshot(outside), snapshot(site.copy)]
    exchangeVolume(site, () => tarOf(members))
    await assert.rejects(() => site.follow(), /^Error: run restore-files: /)
    assert.deepEqual(snapshot(site.copy), was)
    assert.deepEqual(snapshot(outside), before)
    assert.ok(!existsSync('/etc/holdfast-evil'))
  })

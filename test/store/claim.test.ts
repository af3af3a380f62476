import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import { claimArchive } from '../../lib/store/claim.ts'
import { filesOfSite } from '../../lib/store/share-files.ts'
import { ownFolder } from '../support/host.ts'
import { outcomeOf, perform } from '../support/perform.ts'

/** HOLDFAST_RACES=1000 has as many; a few without. */
const RACES = Number(process.env.HOLDFAST_RACES ?? 15)
const root = ownFolder('claim')

/** Claims it as this host. Gives why it could not, or undefined. */
async function claim(folder: string, host: string): Promise<string | undefined> {
  const step = {
    name: 'claim',
    title: 'claim',
    run: (_: object, shell: Shell) => claimArchive(filesOfSite({ folder }, shell)!, { me: host, now: Date.now() }),
  }
  return outcomeOf(await perform(recipe<object>().do(step), {}), 'claim').reason
}
const markers = (folder: string): string[] => readdirSync(folder).filter(name => name.startsWith('PRIMARY_IS_'))

test('claimArchive() makes the marker of the first, again and again, and refuses any other host', async () => {
  const folder = join(root, 'blog')
  assert.equal(await claim(folder, 'web1'), undefined)
  assert.equal(await claim(folder, 'web1'), undefined)
  assert.match((await claim(folder, 'web2'))!, /the archive of this site is web1's/)
  assert.deepEqual(markers(folder), ['PRIMARY_IS_web1'])
})

test('claimArchive() goes on where a claim was cut off before its marker', async () => {
  const folder = join(root, 'cut')
  assert.equal(await claim(folder, 'web1'), undefined)
  rmSync(join(folder, 'PRIMARY_IS_web1'))
  assert.match((await claim(folder, 'web2'))!, /^the archive of this site is web1's: it was claimed after this run began/)
  assert.equal(await claim(folder, 'web1'), undefined)
  assert.deepEqual(markers(folder), ['PRIMARY_IS_web1'])
})

test('claimArchive() follows no link that lies in place of the claim', async () => {
  const folder = join(root, 'linked')
  mkdirSync(join(root, 'elsewhere'))
  mkdirSync(folder)
  symlinkSync(join(root, 'elsewhere'), join(folder, '.holdfast-epoch-1'))
  assert.match((await claim(folder, 'web1'))!, /holdfast-epoch-1 holds nothing/)
  assert.deepEqual([readdirSync(join(root, 'elsewhere')), markers(folder)], [[], []])
})

test(`claimArchive() gives an unmarked site to one of three hosts that claim it at once, ${RACES} times`, async () => {
  for (let race = 0; race < RACES; race++) {
    const folder = join(root, `race${race}`)
    const hosts = ['web1', 'web2', 'web3']
    const reasons = await Promise.all(hosts.map(host => claim(folder, host)))
    const winners = hosts.filter((_, index) => reasons[index] === undefined)
    assert.deepEqual(
      markers(folder),
      winners.map(host => `PRIMARY_IS_${host}`),
      reasons.join('\n'),
    )
    assert.equal(winners.length, 1)
    assert.deepEqual(
      readdirSync(folder).filter(name => name.endsWith('.new')),
      [],
      'nothing is left of those that lost',
    )
  }
})

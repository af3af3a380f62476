import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { chanceFrom } from '../support/chance.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { FollowedSite } from '../support/followed-site.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { snapshot } from '../support/snapshot.ts'

/** How many nights: `HOLDFAST_REPLAYS=365` for a year. */
const NIGHTS = Number(process.env.HOLDFAST_REPLAYS ?? 5)
/** Every so often the replica is forgotten, and restored whole. */
const WHOLE_EVERY = 10
const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1e9)

/** Declares the test of a replica that is made each night of its last tree and the newest sets. */
export function replayNights(major: 0 | 3, fields: Partial<HostFile>): void {
  test(`${NIGHTS} nights with duplicity ${major}: a replica made of the newest sets is its owner's tree (seed ${SEED})`, async () => {
    const folder = quickFolder(`replays${major}`)
    if (major === 3) process.env.PATH = (await withDuplicity3()).PATH
    const site = new FollowedSite(folder, chanceFrom(SEED), fields)
    await site.backUp()
    await site.follow()
    for (let night = 1; night <= NIGHTS; night++) {
      site.change()
      await site.backUp()
      const said = await site.follow()
      assert.match(said, /^made of the replica's last tree and the newest 1 set: [\d.]+ \w?B read/, `night ${night}`)
      assert.deepEqual(site.differences(), [], `night ${night}`)
      if (night % WHOLE_EVERY !== 0) continue
      const replayed = snapshot(site.copy)
      for (const path of ['vhosts/blog', 'vhosts/.holdfast', 'state']) rmSync(join(folder, 'web2', path), { recursive: true })
      assert.match(await site.follow(), /^restored whole: nothing is known/)
      assert.deepEqual(snapshot(site.copy), replayed, `night ${night}, restored whole`)
      if (process.env.HOLDFAST_REPLAYS) console.log(`night ${night}`)
    }
  })
}

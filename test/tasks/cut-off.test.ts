import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { chanceFrom } from '../support/chance.ts'
import { CutLane, type Way } from '../support/cut-lane.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { SmallDisk } from '../support/small-disk.ts'

/** HOLDFAST_CUTS=500 cuts so often, HOLDFAST_CUTS_SEED=7 at other moments, HOLDFAST_CUTS_LOG=FILE tells how far it is; without them a few, spread over tasks, versions and ways. */
const CUTS = Number(process.env.HOLDFAST_CUTS ?? 12)
const SEED = Number(process.env.HOLDFAST_CUTS_SEED ?? 1)
/** Cuts of one backup before it may end. */
const IN_A_ROW = 3

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('cut-off')

  /** Backups of one site or desktop that are cut off and go on, each with changes before, in between and after. Gives how often it was cut. */
  async function runLane(number: number, most: number): Promise<number> {
    const place = join(folder, `lane${number}`)
    mkdirSync(place)
    const chance = chanceFrom(SEED * 1000 + number)
    const disk = number % 8 >= 4 ? new SmallDisk(join(place, 'nas'), '200m') : undefined
    const program = number % 4 < 2 ? undefined : await duplicity3()
    const task = number % 2 === 0 ? 'desktop' : 'nightly'
    const ways: Way[] = ['kill', 'power', 'term', disk ? 'full' : 'gone']
    try {
      const lane = new CutLane(place, { task, program, disk, encrypted: chance(3) === 0, chance })
      lane.tree.grow(4_000_000 + chance(8_000_000))
      let cuts = 0
      for (let backup = 0; backup < 2 && cuts < most; backup++) {
        for (let each = 0; each < IN_A_ROW && cuts < most; each++, cuts++) {
          await lane.cut(ways[chance(ways.length)]!, 1 + chance(12), chance(60), () => lane.tree.change(chance(4)))
          lane.tree.change(chance(8))
          if (chance(3) === 0) lane.tree.grow(chance(4_000_000))
        }
        await lane.complete()
        lane.check()
        lane.tree.change(10)
        lane.tree.grow(3_000_000 + chance(5_000_000))
      }
      lane.log(`lane ${number} (${task}, ${program ?? 'duplicity'}): ${cuts} cuts, ${lane.decisions()}`)
      return cuts
    } finally {
      disk?.unmount()
      rmSync(place, { recursive: true, force: true })
    }
  }

  test('a set whose first volume is torn is removed and begun again the same night', async () => {
    const place = join(folder, 'torn')
    mkdirSync(place)
    const lane = new CutLane(place, { task: 'nightly', encrypted: true, chance: chanceFrom(SEED) })
    lane.tree.grow(9_000_000)
    await lane.cut('kill', 4, 0)
    lane.tearFirstVolume()
    await lane.complete()
    assert.match(lane.told(), /was cut off: it is removed, since its first volume is not in the archive as it was made/)
    lane.check()
  })

  test(`cut off ${CUTS} times while its files change, every restore point is the tree as it was`, async () => {
    for (let lane = 0, cuts = 0; cuts < CUTS; lane++) cuts += await runLane(lane, CUTS - cuts)
  })
}

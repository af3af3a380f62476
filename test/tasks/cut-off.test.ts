import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { chanceFrom } from '../support/chance.ts'
import { CutDatabase } from '../support/cut-database.ts'
import { CutLane, type Way } from '../support/cut-lane.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { SmallDisk } from '../support/small-disk.ts'

/**
 * HOLDFAST_CUTS=500 cuts so often, HOLDFAST_CUTS_SEED=7 at other moments, HOLDFAST_CUTS_VOLUME=200 in volumes of so many MB, HOLDFAST_CUTS_LANE=6 beginning with another task and
 * version, HOLDFAST_CUTS_LOG=FILE tells how far it is; without them a few, spread over tasks, versions and ways.
 */
const CUTS = Number(process.env.HOLDFAST_CUTS ?? 12)
const SEED = Number(process.env.HOLDFAST_CUTS_SEED ?? 1)
const VOLUME = Number(process.env.HOLDFAST_CUTS_VOLUME ?? 1)
const FIRST_LANE = Number(process.env.HOLDFAST_CUTS_LANE ?? 1)
/** From one to the next lane all that can be chosen changes: of eight, each is another. */
const NEXT_LANE = 5
/** Cuts of one backup before it may end. */
const IN_A_ROW = 3
/** In large volumes one backup must do. */
const BACKUPS = VOLUME === 1 ? 2 : 1

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('cut-off')

  const server = startMariadb(join(folder, 'mariadb'))
  after(async () => (await server)[Symbol.asyncDispose]())

  /** Backups of one site or desktop that are cut off and go on, each with changes before, in between and after. Gives how often it was cut before its end. */
  async function runLane(number: number): Promise<number> {
    const place = join(folder, `lane${number}`)
    mkdirSync(place)
    const chance = chanceFrom(SEED * 1000 + number)
    const disk = number % 8 >= 4 ? new SmallDisk(join(place, 'nas'), `${200 + 8 * VOLUME}m`) : undefined
    const program = number % 4 < 2 ? undefined : await duplicity3()
    const task = number % 2 === 0 ? 'desktop' : 'nightly'
    const database =
      number % 4 === 3 || number % 8 === 1 ? await CutDatabase.make(join(place, 'vhosts'), await server) : undefined
    const ways: Way[] = ['kill', 'power', 'term', disk ? 'full' : 'gone']
    try {
      const encrypted = chance(3) === 0
      const lane = new CutLane(place, { task, program, disk, encrypted, volumeSize: VOLUME, database, chance })
      const cuts: string[] = []
      for (let backup = 0; backup < BACKUPS; backup++) {
        for (let each = 0; each < IN_A_ROW; each++) {
          // so much that there is a middle to cut it off in
          const volumes = VOLUME === 1 ? 3 + chance(5) : 2
          if (VOLUME === 1 || each === 0) lane.tree.grow((volumes + 0.2) * VOLUME * 1_000_000)
          const [way, files] = [ways[chance(ways.length)]!, 1 + chance(volumes + 1)]
          const changed = async (): Promise<void> => {
            lane.tree.change(chance(4))
            if (chance(2) === 0) await database?.change()
          }
          if (await lane.cut(way, files, chance(60), changed)) cuts.push(`${way} ${files}/${volumes}`)
          lane.tree.change(chance(8))
          if (chance(2) === 0) await database?.change()
        }
        await lane.complete()
        lane.tree.change(10)
      }
      lane.check()
      const what = [task, program ? 3 : 0, encrypted ? 'gpg' : 'none', ...(database ? ['dump'] : [])].join(' ')
      lane.log(`lane ${number} (${what}): ${cuts.length} cuts (${cuts.join(', ')}), ${lane.decisions()}`)
      return cuts.length
    } finally {
      disk?.unmount()
      rmSync(place, { recursive: true, force: true })
    }
  }

  for (const major of [0, 3])
    test(`a set whose first volume is torn is removed and begun again the same night, by duplicity ${major}`, async () => {
      const place = join(folder, `torn${major}`)
      mkdirSync(place)
      const program = major === 3 ? await duplicity3() : undefined
      const lane = new CutLane(place, { task: 'nightly', program, encrypted: true, chance: chanceFrom(SEED) })
      lane.tree.grow(9_000_000)
      await lane.cut('kill', 4, 0)
      lane.tearFirstVolume()
      await lane.complete()
      assert.match(lane.told(), /was cut off: it is removed, since its first volume is not in the archive as it was made/)
      lane.check()
    })

  test(`cut off ${CUTS} times while its files change, every restore point is the tree as it was`, async () => {
    for (let lane = FIRST_LANE, cuts = 0; cuts < CUTS; lane += NEXT_LANE) cuts += await runLane(lane)
  })
}

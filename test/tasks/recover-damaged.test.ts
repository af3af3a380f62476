import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { chanceFrom } from '../support/chance.ts'
import { damageArchive } from '../support/damage.ts'
import { DamagedArchive, type Making } from '../support/damaged-archive.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { troubles } from '../support/stage.ts'

/** How many archives are damaged at random, over all ways in which they are made: `HOLDFAST_DAMAGES=300 node test/run.ts test/tasks/recover-damaged.test.ts`. */
const COUNT = Number(process.env.HOLDFAST_DAMAGES ?? 10)
const FIRST_SEED = Number(process.env.HOLDFAST_DAMAGES_SEED ?? Date.now() % 1_000_000)

const MAKINGS: readonly Making[] = [
  { major: 0, encryption: 'passphrase' },
  { major: 3, encryption: 'passphrase' },
  { major: 0, encryption: 'none' },
  { major: 3, encryption: 'none' },
]

const folder = quickFolder('damaged')

describe('damaged archives', { concurrency: 2 }, () => {
  for (const [index, making] of MAKINGS.entries()) {
    const { major, encryption } = making
    describe(`duplicity ${major}, encryption ${encryption}`, { concurrency: 1 }, async () => {
      const damaged = await DamagedArchive.make(join(folder, String(index)), making)

      if (encryption === 'passphrase')
        for (const names of [/^duplicity-full\..*vol2\./, /^duplicity-inc\..*vol1\./]) {
          test(`a restore ends, though duplicity waits for ever for a gpg, where a volume ${names} is damaged`, async () => {
            await damaged.reset(false)
            damageArchive(damaged.archive, chanceFrom(1), { names, harms: ['bit'] })
            const { told, isRestored } = await damaged.restore(1)
            assert.equal(isRestored, false)
            assert.match(
              troubles(told).join(),
              /restore-files: a volume in the archive is corrupt \(duplicity exit code 21\): duplicity-\S+ is not what its manifest says/,
            )
          })
        }

      test('a restore ends and leaves the site whole, whatever is damaged', async t => {
        for (let seed = FIRST_SEED + index; seed < FIRST_SEED + COUNT; seed += MAKINGS.length) {
          const chance = chanceFrom(seed)
          const [remembers, set] = [chance(2) === 0, chance(2) as 0 | 1]
          await damaged.reset(remembers)
          const { text, role, files } = damageArchive(damaged.archive, chance)
          const isNeeded = role !== 'signatures' && files.some(name => set === 1 || name.startsWith('duplicity-full'))
          const what = `seed ${seed}, ${remembers ? 'remembered' : 'not remembered'}, set ${set}: ${text}`
          try {
            const { told, isRestored } = await damaged.restore(set)
            assert.ok(isRestored || isNeeded, `nothing that the restore needs is damaged: ${troubles(told).join()}`)
            t.diagnostic(`${what}: ${isRestored ? 'restored' : troubles(told).join()}`)
          } catch (error) {
            throw new Error(what, { cause: error })
          }
        }
      })
    })
  }
})

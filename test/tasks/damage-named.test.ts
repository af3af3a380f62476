import assert from 'node:assert/strict'
import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { type Chance, chanceFrom } from '../support/chance.ts'
import { damageArchive, damageFile, HARMS, type Harm } from '../support/damage.ts'
import { DamagedNights, type NightlyMaking } from '../support/damaged-nights.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { quickFolder } from '../support/quick-folder.ts'

/** How many archives are damaged at random, over all ways in which they are made: `HOLDFAST_DAMAGES=300 node test/run.ts test/tasks/damage-named.test.ts`. */
const COUNT = Number(process.env.HOLDFAST_DAMAGES ?? 6)
const FIRST_SEED = Number(process.env.HOLDFAST_DAMAGES_SEED ?? 5000)

/** All is read each night, or in some nights. */
const MAKINGS: readonly NightlyMaking[] = [
  { encryption: 'passphrase', auditBudget: 100 },
  { encryption: 'none', auditBudget: 0.5 },
  { encryption: 'none', auditBudget: 100 },
  { encryption: 'passphrase', auditBudget: 0.5 },
]

const folder = quickFolder('named')

for (const [half, major] of ([0, 3] as const).entries()) {
  describe(`what is damaged in archives by duplicity ${major}`, () => {
    const at = join(folder, `server${major}`)
    let server: DuplicityServer
    before(async () => {
      server = await startDuplicity(major, at)
    })
    after(() => server[Symbol.asyncDispose]())

    for (const [index, making] of MAKINGS.entries()) {
      const { encryption, auditBudget } = making
      const first = half * MAKINGS.length + index
      const step = 2 * MAKINGS.length
      if (first >= COUNT) continue
      test(`is named within the promised nights, or nothing is lost: encryption ${encryption}, ${auditBudget} MB a night`, async t => {
        const nights = await DamagedNights.make(join(folder, `${major}-${index}`), server, join(at, 'gnupg'), making)
        const failures: unknown[] = []
        for (let seed = FIRST_SEED + first; seed < FIRST_SEED + COUNT; seed += step) {
          const chance = chanceFrom(seed)
          const hasCache = chance(4) > 0
          nights.reset(hasCache)
          const { text, files } = damageAny(nights.archive, chance)
          const what = `seed ${seed}, ${hasCache ? 'with' : 'without'} a cache: ${text}`
          try {
            const { night, said } = await nights.goOn(files)
            assert.ok(night !== undefined || files.every(isBesideSets), 'nobody names it, though nothing is lost')
            tell(t, `${what}: ${night === undefined ? 'nothing is lost' : `named in night ${night}`}: ${said.join(' | ')}`)
          } catch (error) {
            failures.push(new Error(what, { cause: error }))
            tell(t, `FAILS: ${what}: ${error}`)
          }
        }
        if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of these: ${failures.join('\n')}`)
      })
    }
  })
}

/** In the file that `HOLDFAST_DAMAGES_LOG` names, a long campaign can be followed. */
function tell(t: TestContext, line: string): void {
  t.diagnostic(line)
  if (process.env.HOLDFAST_DAMAGES_LOG) appendFileSync(process.env.HOLDFAST_DAMAGES_LOG, `${line}\n`)
}

/** What Holdfast keeps beside the sets is made anew when it is lost, and nothing is lost by it. */
const isBesideSets = (name: string): boolean => name.startsWith('.holdfast')

/** Damages a file of a set; or, seldom, one of those that Holdfast keeps beside the sets. */
function damageAny(archive: string, chance: Chance): { readonly text: string; readonly files: readonly string[] } {
  if (chance(8) > 0) return damageArchive(archive, chance)
  const pick = <Item>(list: readonly Item[]): Item => list[chance(list.length)]!
  const beside = readdirSync(archive, { withFileTypes: true }).filter(each => each.isFile() && isBesideSets(each.name))
  const file = pick(beside.map(({ name }) => name).toSorted())
  const harm = pick(HARMS.filter((each): each is Exclude<Harm, 'swapped'> => each !== 'swapped'))
  return { text: `${damageFile(join(archive, file), harm, chance)} ${file}`, files: [file] }
}

import assert from 'node:assert/strict'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Exchange } from '../../lib/core/restore-journal.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { identityAt, moveExchange, planExchange } from '../../lib/restore/exchange.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { RACES, startExchanger } from '../support/exchanger.ts'
import { perform, story } from '../support/perform.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'
import { quickFolder } from '../support/quick-folder.ts'

const folder = quickFolder('exchange')
const host = { vhosts: folder, certificates: join(folder, 'letsencrypt'), webServer: undefined }
type End = 'original' | 'exchanged'
type Kind = 'nothing' | 'file' | 'tree'
let count = 0

/** Runs moveExchange() as a step; gives what it failed with. */
async function bring(exchange: Exchange, end: End): Promise<string | undefined> {
  const one = recipe<object>().do({
    name: 'bring',
    title: 'Bring',
    run: async (_, shell) => moveExchange(host, exchange, end, shell),
  })
  const { outcomes } = await perform(one, {})
  assert.equal(outcomes.length, 1, story(outcomes).join('\n'))
  return outcomes[0]!.reason
}

function make(path: string, kind: Kind, text: string): void {
  if (kind === 'tree') mkdirSync(path)
  if (kind !== 'nothing') writeFileSync(kind === 'tree' ? join(path, 'in it') : path, text)
}

function textAt(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  return readdirIs(path) ? readFileSync(join(path, 'in it'), 'utf8') : readFileSync(path, 'utf8')
}

const readdirIs = (path: string): boolean => {
  try {
    return readdirSync(path).length > 0
  } catch {
    return false
  }
}

function begin(live: Kind, held: Kind): Exchange {
  const at = join(folder, String(count++))
  mkdirSync(at)
  const paths = { live: join(at, 'live'), held: join(at, 'held') }
  make(paths.live, live, 'former')
  make(paths.held, held, 'restored')
  return planExchange(host, paths.live, paths.held)
}

/** The exchange is at this end, and nothing lies about. */
function assertAt(exchange: Exchange, end: End, live: Kind, held: Kind): void {
  const [former, restored] = [live === 'nothing' ? undefined : 'former', held === 'nothing' ? undefined : 'restored']
  assert.equal(textAt(exchange.live), end === 'original' ? former : restored)
  assert.equal(textAt(exchange.held), end === 'original' ? restored : former)
  assert.ok(!existsSync(`${exchange.held}.aside`))
}

/** The renames of an exchange, as it does them where `mv --exchange` is not known: a kill can come after each. */
const RENAMES: [string, string][] = [
  ['live', 'held.aside'],
  ['held', 'live'],
  ['held.aside', 'held'],
]

/** Brings the contents to where so many renames of an exchange to this end leave them. */
function cutShort(exchange: Exchange, renames: number): void {
  const at = (name: string): string => join(exchange.live, '..', name)
  for (const [from, to] of RENAMES.slice(0, renames)) if (identityAt(host, at(from)) !== null) renameSync(at(from), at(to))
}

const kinds = fc.constantFrom<Kind>('nothing', 'file', 'tree')
const ends = fc.constantFrom<End>('original', 'exchanged')

test('moveExchange() reaches either end from every state that a kill between two renames can leave, and again changes nothing', async () => {
  const cases = fc.tuple(fc.constantFrom<Kind>('file', 'tree'), fc.constantFrom<Kind>('file', 'tree'))
  await fc.assert(
    fc.asyncProperty(
      cases,
      fc.integer({ min: 0, max: 3 }),
      fc.array(ends, { minLength: 1, maxLength: 3 }),
      async ([live, held], renames, way) => {
        const exchange = begin(live, held)
        cutShort(exchange, renames)
        for (const end of way) {
          for (const again of [1, 2]) {
            assert.equal(await bring(exchange, end), undefined, `${end} ${again}`)
            assertAt(exchange, end, live, held)
          }
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('moveExchange() exchanges what is there with nothing, and back', async () => {
  await fc.assert(
    fc.asyncProperty(kinds, kinds, fc.array(ends, { maxLength: 4 }), async (live, held, way) => {
      const exchange = begin(live, held)
      for (const end of way) {
        assert.equal(await bring(exchange, end), undefined)
        assertAt(exchange, end, live, held)
      }
    }),
    { numRuns: 25 },
  )
})

test('moveExchange() touches nothing that was never part of the exchange', async () => {
  const exchange = begin('tree', 'tree')
  // not made in the freed place: a file system may give that inode again
  writeFileSync(`${exchange.live}.new`, "somebody's own")
  rmSync(exchange.live, { recursive: true })
  renameSync(`${exchange.live}.new`, exchange.live)
  assert.match((await bring(exchange, 'exchanged')) ?? '', /something else was put in its place/)
  assert.equal(textAt(exchange.live), "somebody's own")
  assert.equal(textAt(exchange.held), 'restored')
})

test('moveExchange() uses one atomic exchange where mv knows it, and renames where mv does not', async () => {
  const debian13 = await duplicity3()
  for (const [name, script] of [
    ['newer', `exec '${debian13}/enter' /usr/bin/mv "$@" # coreutils 9.7, which knows --exchange`],
    ['older', 'echo "mv: unrecognized option --exchange" >&2; exit 1'],
    ['that says no word of it', 'exit 1'],
  ] as const) {
    const programs = join(folder, name)
    fakeProgram(programs, 'mv', `echo "$*" >> '${programs}/asked'\n${script}`)
    await whilePathHas(programs, async () => {
      const exchange = begin('tree', 'tree')
      const [live, held] = [identityAt(host, exchange.live), identityAt(host, exchange.held)]
      assert.equal(await bring(exchange, 'exchanged'), undefined)
      assert.deepEqual([identityAt(host, exchange.live), identityAt(host, exchange.held)], [held, live], name)
      assertAt(exchange, 'exchanged', 'tree', 'tree')
      assert.equal(await bring(exchange, 'original'), undefined)
      assertAt(exchange, 'original', 'tree', 'tree')
    })
    const asked = join(programs, 'asked')
    if (!script.includes('--exchange')) assert.ok(!existsSync(asked))
    else assert.match(readFileSync(asked, 'utf8'), /^--exchange --no-copy --no-target-directory .*held .*live\n--exchange.*\n$/)
  }
})

/** A site's folder that is its owner's, with a path that is to come back, and another site's that no one else may touch. */
function hostile(name: string) {
  const [site, other] = [join(folder, name), join(folder, `${name}-other`)] as const
  for (const path of [join(site, 'd'), other, join(site, 'held')]) mkdirSync(path, { recursive: true })
  for (const path of [join(other, 'file'), join(other, 'new')]) writeFileSync(path, "the other site's")
  symlinkSync(other, join(site, 'd.false'))
  if (process.getuid?.() === 0) for (const path of [site, join(site, 'd')]) chownSync(path, 65_534, 65_534)
  const otherIs = (): string[] => {
    const read = (file: string): string =>
      `${file}: ${readFileSync(join(other, file), 'utf8')} ${lstatSync(join(other, file)).ino}`
    return readdirSync(other).map(read)
  }
  return { site, otherIs, was: otherIs() }
}

test('an exchange goes through no link, be it there from the beginning or put there before the take-back', async () => {
  const { site, otherIs, was } = hostile('linked')
  writeFileSync(join(site, 'held', 'file'), 'restored')
  assert.throws(
    () => planExchange(host, join(site, 'd.false', 'file'), join(site, 'held', 'file')),
    /d\.false is a link, wanted a folder/,
  )
  writeFileSync(join(site, 'd', 'file'), 'former')
  const exchange = planExchange(host, join(site, 'd', 'file'), join(site, 'held', 'file'))
  assert.equal(await bring(exchange, 'exchanged'), undefined)
  renameSync(join(site, 'd'), join(site, 'aside'))
  renameSync(join(site, 'd.false'), join(site, 'd'))
  assert.match((await bring(exchange, 'original'))!, /linked\/d is a link, wanted a folder/)
  assert.deepEqual(otherIs(), was)
  rmSync(join(site, 'd'))
  renameSync(join(site, 'aside'), join(site, 'd'))
  assert.equal(await bring(exchange, 'original'), undefined)
  assert.equal(readFileSync(join(site, 'd', 'file'), 'utf8'), 'former')
})

for (const [what, file] of [
  ['a file', 'file'],
  ['nothing', 'new'],
] as const) {
  test(`an exchange of a path with ${what} at it moves nothing of another site, ${RACES} times while a folder on the way is exchanged for a link`, async t => {
    const { site, otherIs, was } = hostile(`raced-${file}`)
    const counts = { exchanged: 0, refused: 0 }
    await using exchanger = await startExchanger(site, 'd')
    for (let round = 0; counts.exchanged < RACES || counts.refused < RACES; round++) {
      assert.ok(round < 100 * RACES && exchanger.child.exitCode === null, `the exchange was not met: ${JSON.stringify(counts)}`)
      writeFileSync(join(site, 'held', file), 'restored')
      let reason: string | undefined
      try {
        const exchange = planExchange(host, join(site, 'd', file), join(site, 'held', file))
        reason = await bring(exchange, 'exchanged')
        if (reason === undefined && round % 2 === 0) reason = await bring(exchange, 'original')
      } catch (error) {
        reason = (error as Error).message
      }
      if (reason === undefined) counts.exchanged++
      else counts.refused++
      if (reason !== undefined) assert.match(reason, /wanted a folder|something else was put|ENOENT|EEXIST/)
    }
    t.diagnostic(JSON.stringify(counts))
    assert.deepEqual(otherIs(), was)
  })
}

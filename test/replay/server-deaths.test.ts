import assert from 'node:assert/strict'
import { appendFileSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { type Chance, chanceFrom } from '../support/chance.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { type Death, DyingServer, IMPORT } from '../support/dying-server.ts'
import { pathWith } from '../support/programs.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { dumpOf, quickSite } from '../support/recovering.ts'
import { assertNothingLeft, journalOf, startTask } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, readJson, Stage, type StageHost, troubles } from '../support/stage.ts'

/** At how many random moments it dies, in place of those of the table: `HOLDFAST_SERVER_DEATHS=60`. */
const DEATHS = Number(process.env.HOLDFAST_SERVER_DEATHS ?? 0)
const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1e9)
const FIRST = Date.parse('2026-01-05T03:00:00Z')
const NAME = 'sd_blog'

interface Moment extends Death {
  /** The server is started again at once, while the run goes on; else before the next one. */
  readonly returns?: boolean
  /** Somebody has changed a page and a row of the replica before. */
  readonly edited?: boolean
  /** What the replica is then: as it was before the run, the new one, or something of both. */
  readonly leaves?: 'before' | 'new' | 'half'
}

/** The databases that were kept with the former tree go. */
const CLEARING = 'DROP DATABASE IF EXISTS [^ ]+; DROP DATABASE IF EXISTS'
const MOMENTS: readonly Moment[] = [
  { of: CLEARING, number: 1, when: 'after', leaves: 'before' },
  { of: IMPORT, number: 1, when: 'half', leaves: 'before', edited: true },
  { of: 'RENAME TABLE', number: 1, when: 'after', leaves: 'before', returns: true },
]
const CHANGING = [CLEARING, CLEARING, 'RENAME TABLE', 'CREATE DATABASE', 'DROP TABLE', 'DROP USER', 'CREATE USER']

function randomMoment(chance: Chance, questions: number): Moment {
  const [returns, edited] = [chance(3) === 0, chance(5) === 0]
  const when = (['before', 'after', { during: chance(40) / 1000 }] as const)[chance(3)]!
  if (chance(4) === 0) return { of: IMPORT, number: 1, when: chance(2) === 0 ? 'half' : when, returns, edited }
  return chance(2) === 0
    ? { of: CHANGING[chance(CHANGING.length)]!, number: 1 + chance(2), when, returns, edited }
    : { of: '', number: 1 + chance(questions), when, returns, edited }
}

const folder = quickFolder('server-deaths')
const mortal = new DyingServer(join(folder, 'two'))
let primary: Mariadb
before(async () => {
  primary = await startMariadb(join(folder, 'one'))
  await mortal.start()
})
after(async () => {
  await primary?.stop()
  await mortal.server.stop()
})

/** A primary and its replica; the replica's database server is the one that can die. */
async function setUp() {
  const stage = new Stage(join(folder, 'stage'))
  const [web1, web2] = [primary, mortal.server].map(({ socket }, index) =>
    stage.addHost(`web${index + 1}`, { database: { socket }, staleAfter: '20Y', auditBudget: 0 } as object),
  ) as [StageHost, StageHost]
  const site = await quickSite(web1.vhosts, 'blog', NAME, primary)
  claim(site.folder, web1)
  const nights = new DatedNights(stage, web1, 'blog', { database: { socket: primary.socket } } as object)
  let number = 0
  return {
    web2,
    live: join(web2.vhosts, 'blog'),
    wanted: () => ({ files: snapshot(site.folder), tables: dumpOf(primary, NAME) }),
    is: (without?: string) => ({ files: snapshot(join(web2.vhosts, 'blog')), tables: dumpOf(mortal.server, NAME, without) }),
    backUp: async (chance: Chance) => {
      number++
      await primary.query(`INSERT INTO wp_posts (title, body) VALUES ('Of night ${number}', REPEAT('x', 3000))`, NAME)
      if (chance(2) === 0) await primary.query(`REPLACE INTO wp_users (id) VALUES (${100 + number})`, NAME)
      if (chance(2) === 0) writeFileSync(join(site.folder, 'SITE/night.txt'), `night ${number}`)
      await nights.backUp(FIRST + number * 86_400_000)
    },
    night: async (meanwhile = async (_ended: Promise<unknown>) => {}) => {
      const run = startTask(stage, web2, 'nightly', ['--json', '--site', 'blog'], { PATH: pathWith(mortal.programs) })
      await meanwhile(run.ended)
      const ended = await run.ended
      const told = { ...ended, ...readJson(ended) }
      const notes = told.outcomes.flatMap(({ notes }) => notes.map(({ text }) => text))
      return { ...told, said: notes.join('\n'), trouble: troubles(told).join('\n') }
    },
  }
}

/** What somebody wrote is in a safety copy, files and rows. */
async function assertKept(web2: StageHost, written: string): Promise<void> {
  const copies = journalOf(web2, 'blog').kept.filter(({ safety }) => safety !== undefined)
  const pages = copies.map(({ holdings }) => readFileSync(join(holdings[0]!, 'tree/SITE/index.php'), 'utf8'))
  const at = pages.findIndex(page => page.includes(written))
  assert.ok(at >= 0, `no safety copy with ${written}`)
  const [database] = copies[at]!.scratch.databases
  assert.match(await mortal.server.query('SELECT option_name FROM wp_options', database), new RegExp(`^${written}$`, 'm'))
}

test('a replica whose database server dies in the middle of a refresh is whole or told not to be; the next night makes it a copy', async () => {
  const chance = chanceFrom(SEED)
  const { web2, live, wanted, is, backUp, night } = await setUp()
  for (const when of DEATHS > 0 ? ['first', 'second', 'third'] : ['first', 'second']) {
    await backUp(chance)
    mortal.dieAt()
    assert.equal((await night()).exitCode, 0, when)
  }
  const questions = mortal.asked().length
  const moments = DEATHS > 0 ? Array.from({ length: DEATHS }, () => randomMoment(chance, questions)) : MOMENTS
  for (const [index, moment] of moments.entries()) {
    const what = `death ${index} of seed ${SEED}: ${JSON.stringify(moment)}`
    const written = `by hand ${index}`
    if (moment.edited) {
      appendFileSync(join(live, 'SITE/index.php'), `// ${written}\n`)
      await mortal.server.query(`INSERT INTO wp_options (option_name, option_value) VALUES ('${written}', '')`, NAME)
    }
    const before = is()
    await backUp(chance)
    mortal.dieAt(moment)
    const first = await night(ended => (moment.returns ? mortal.comeBackUnless(ended) : Promise.resolve()))
    const died = mortal.hasDied()
    assert.ok(died || DEATHS > 0, `${what}: nothing of the kind was asked:\n${mortal.asked().join('\n')}`)
    if (died && !mortal.server.running()) await mortal.comeBack()
    mortal.live()
    // the mark of an exchange that was committed stays until the next night
    const after = is(`holdfast_${journalOf(web2, 'blog').kept.at(-1)?.id}`)
    const isLike = (state: object) => JSON.stringify(after) === JSON.stringify(state)
    const left = isLike(before) ? 'before' : isLike(wanted()) ? 'new' : 'half'
    if (DEATHS > 0) console.log(`${what}: ${died ? 'died' : 'lived'}, exit ${first.exitCode}, ${left}: ${first.trouble}`)
    assert.equal(left, moment.leaves ?? left, `${what}: ${first.trouble}`)
    if (first.exitCode === 0) assert.equal(left, 'new', what)
    else assert.match(first.trouble, /^blog /, what)
    if (left === 'half') assert.match(first.trouble, /blog may be exchanged in part/, what)
    assert.doesNotMatch(first.said, /as a safety copy for \d+ days \(/, `${what}: one that is not there may be claimed`)
    const isPending = journalOf(web2, 'blog').pending !== undefined
    const next = await night()
    assert.equal(next.exitCode, 0, `${what}: ${next.stdout}`)
    assert.deepEqual(is(), wanted(), what)
    await assertNothingLeft(web2, 'blog', mortal.server)
    assert.equal(/an interrupted restore was rolled back/.test(next.said), isPending, what)
    if (moment.edited) await assertKept(web2, written)
    else assert.doesNotMatch(first.said + next.said, /was changed here/, what)
  }
  assert.ok(globSync(join(web2.vhosts, '.holdfast/blog/*/tree')).length <= 3)
})

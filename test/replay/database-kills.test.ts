import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { type Chance, chanceFrom } from '../support/chance.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { processesWith, until } from '../support/processes.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { dumpOf, quickSite } from '../support/recovering.ts'
import { assertNothingLeft, startTask } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, readJson, Stage, type StageHost } from '../support/stage.ts'
import type { TinyWordpress } from '../support/tiny-wordpress.ts'

/** How many refreshes are killed: `HOLDFAST_REPLAY_KILLS=200`. */
const KILLS = Number(process.env.HOLDFAST_REPLAY_KILLS ?? 1)
const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1e9)
const FIRST = Date.parse('2026-01-05T03:00:00Z')
const NAME = 'rk_blog'

const folder = quickFolder('database-kills')
let servers: [Mariadb, Mariadb]
before(async () => {
  servers = [await startMariadb(join(folder, 'one')), await startMariadb(join(folder, 'two'))]
})
after(async () => {
  for (const server of servers ?? []) await server.stop()
})

const OWNER = `DEFINER='${NAME}'@localhost`

/** What a night changes in a site's database, some of it or nothing; tables and what belongs to them come and go. */
const CHANGES = [
  "INSERT INTO wp_posts (title) VALUES ('NIGHT')",
  "UPDATE wp_posts SET title = 'NIGHT' WHERE id = 1",
  'INSERT INTO wp_users (id) VALUES (NIGHT)',
  "REPLACE INTO wp_options (option_name, option_value) VALUES ('blogname', 'NIGHT')",
  'CREATE TABLE IF NOT EXISTS wp_ledger (night INT PRIMARY KEY); INSERT INTO wp_ledger VALUES (NIGHT)',
  'DROP TABLE IF EXISTS wp_ledger',
  `CREATE OR REPLACE ${OWNER} VIEW titles AS SELECT title, NIGHT AS night FROM wp_posts`,
  `CREATE OR REPLACE ${OWNER} TRIGGER noted BEFORE UPDATE ON wp_posts FOR EACH ROW SET NEW.body = 'NIGHT'`,
  'DROP TRIGGER IF EXISTS noted',
  `CREATE OR REPLACE ${OWNER} FUNCTION night() RETURNS INT RETURN NIGHT`,
  `CREATE TABLE IF NOT EXISTS wp_child (id INT PRIMARY KEY AUTO_INCREMENT, user INT, CONSTRAINT of_user FOREIGN KEY (user) REFERENCES wp_users (id));
  INSERT INTO wp_child (user) VALUES (1)`,
  'DROP TABLE IF EXISTS wp_child',
  "ALTER TABLE wp_users ADD COLUMN IF NOT EXISTS nick VARCHAR(20) DEFAULT 'NIGHT'",
  'ALTER TABLE wp_users DROP COLUMN IF EXISTS nick',
]

async function change(site: TinyWordpress, night: number, chance: Chance): Promise<void> {
  writeFileSync(join(site.folder, 'SITE/night.txt'), `night ${night}`)
  const sql = CHANGES.filter(() => chance(5) === 0).map(text => `${text};`.replaceAll('NIGHT', String(100 + night)))
  if (sql.length > 0) await servers[0].query(sql.join('\n'), NAME)
}

test(`a refresh with a database that is killed at ${KILLS} random moments leaves files and tables of one night (seed ${SEED})`, async () => {
  const chance = chanceFrom(SEED)
  const stage = new Stage(join(folder, 'stage'))
  const [web1, web2] = ['web1', 'web2'].map((name, index) =>
    stage.addHost(name, { database: { socket: servers[index]!.socket }, staleAfter: '20Y', auditBudget: 0 } as object),
  ) as [StageHost, StageHost]
  const site = await quickSite(web1.vhosts, 'blog', NAME, servers[0])
  claim(site.folder, web1)
  const nights = new DatedNights(stage, web1, 'blog', { database: { socket: servers[0].socket } } as object)
  const replica = { files: () => snapshot(join(web2.vhosts, 'blog')), tables: () => dumpOf(servers[1], NAME) }
  const state = () => ({ files: replica.files(), tables: replica.tables() })
  const wanted = () => ({ files: snapshot(site.folder), tables: dumpOf(servers[0], NAME) })
  const refresh = () => startTask(stage, web2, 'nightly', ['--json', '--site', 'blog', '--accept-shrinkage'])
  const night = async (): Promise<string> => {
    const ended = await refresh().ended
    const { exitCode, outcomes } = readJson(ended)
    assert.equal(exitCode, 0, ended.stdout)
    return outcomes.flatMap(({ notes }) => notes.map(({ text }) => text)).join('\n')
  }
  await nights.backUp(FIRST)
  await night()
  let length = 0
  let replayed = 0
  for (let kill = 0; kill <= KILLS; kill++) {
    const before = state()
    await change(site, kill, chance)
    await nights.backUp(FIRST + (kill + 1) * 86_400_000)
    const begun = performance.now()
    if (kill > 0) {
      const run = refresh()
      await pause(chance(Math.ceil(length)))
      run.child.kill('SIGKILL')
      await run.ended
      await until(() => processesWith(join(web2.folder, '')).length === 0, 60_000)
      const booted = await startTask(stage, web2, 'boot').ended
      assert.equal(booted.code, 0, booted.stdout + booted.stderr)
      const is = state()
      if (JSON.stringify(is) !== JSON.stringify(before)) assert.deepEqual(is, wanted(), `kill ${kill}`)
    }
    const said = await night()
    assert.doesNotMatch(said, /was changed here since the last replay/, `kill ${kill}`)
    if (/^made of the replica's last tree/m.test(said)) replayed++
    if (kill === 0) length = performance.now() - begun
    assert.deepEqual(state(), wanted(), `after kill ${kill}`)
    await assertNothingLeft(web2, 'blog', servers[1])
    if (KILLS > 10 && kill % 10 === 0) console.log(`kill ${kill}, by the newest set ${replayed}`)
  }
  assert.ok(replayed > 0)
})

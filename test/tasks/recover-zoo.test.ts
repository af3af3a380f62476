import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'
import { makeZoo, zooState } from '../support/database-zoo.ts'
import { dumpTextIn } from '../support/dump-text.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { quickSite } from '../support/recovering.ts'
import { recover } from '../support/recovery-stage.ts'
import { claim, Stage, type StageHost, type Told, troubles } from '../support/stage.ts'

const folder = quickFolder('zoo')
let servers: [Mariadb, Mariadb]
let stage: Stage
let owner: StageHost
let replica: StageHost
let was: Record<string, string>
let dumped: string

before(async () => {
  mkdirSync(join(folder, 'db'))
  servers = [await startMariadb(join(folder, 'db/one')), await startMariadb(join(folder, 'db/two'))]
  stage = new Stage(folder)
  owner = stage.addHost('web1', { database: { socket: servers[0].socket } })
  replica = stage.addHost('web2', { database: { socket: servers[1].socket } })
  const site = await quickSite(owner.vhosts, 'zoo', 'zoo_db', servers[0])
  claim(site.folder, owner)
  await makeZoo(servers[0], 'zoo_db')
  // a usual hosting account is not even shown views, triggers and events as they were made
  await servers[0].query(
    `REVOKE ALL ON \`zoo\\_db\`.* FROM zoo_db@localhost;
    GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE ON \`zoo\\_db\`.* TO zoo_db@localhost`,
  )
  was = await zooState(servers[0], 'zoo_db')
  dumped = ownDump(servers[0], 'zoo_db')
})
after(async () => {
  for (const server of servers ?? []) await server.stop()
})

const notes = (told: Told, kind: string): string[] =>
  told.outcomes.flatMap(({ step, notes: all }) => all.filter(note => note.kind === kind).map(({ text }) => `${step}: ${text}`))

/** A dump that Holdfast had no part in. It knows nothing of histories, and goes round for ever at an event with `;;`. */
const ownDump = (server: Mariadb, database: string): string =>
  execFileSync(
    'mariadb-dump',
    [
      ...[
        '--no-defaults',
        `--socket=${server.socket}`,
        '--skip-dump-date',
        '--skip-comments',
        '--force',
        '--routines',
        '--hex-blob',
      ],
      ...[
        '--order-by-primary',
        '--max-allowed-packet=64M',
        ...['tied', 'things'].map(name => `--ignore-table=${database}.${name}`),
        database,
      ],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] },
  )
    .replace(/DEFINER=(?:`[^`]*`|"[^"]*")@(?:`[^`]*`|"[^"]*")/g, 'DEFINER')
    .replaceAll(database, 'NAME')

/** What an import cannot bring back. */
const ABROAD = ['SHOW CREATE VIEW `things`', 'SHOW CREATE TABLE `tied`', 'rows of tied', 'checksum of `tied`']
/** Its session has the mode in which dumps have their rows inserted: an invalid date becomes none. */
const BY_HAND = ['rows of dates', 'checksum of `dates`']
const without = (state: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !names.includes(name)))

test('a night dumps all of it, and says what a recovery could not bring back', async () => {
  const told = await stage.told(owner)
  assert.equal(told.code, 0, troubles(told).join('\n'))
  assert.deepEqual(notes(told, 'warning'), [
    'db-dump: the foreign key tie cannot be imported: it is into the database abroad',
    'db-dump: the view things cannot be imported: it is of the database abroad',
    'db-dump: its longest row needs max_allowed_packet = 18M in the configuration of a database server that imports it by hand; a recovery here raises it meanwhile',
  ])
})

test('a recovery in place brings all of it back, and keeps what was of another database and is there still; an undo takes it back', async () => {
  await servers[0].query(
    'DROP TABLE `täbelle ☃`, history, large; DROP VIEW `αβγ`; DROP PROCEDURE `procédure`; DROP EVENT `事件`; ALTER DATABASE COLLATE latin1_swedish_ci; INSERT INTO numbered (t) VALUES (0)',
    'zoo_db',
  )
  const broken = await servers[0].query(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'zoo_db' ORDER BY 1",
  )
  await servers[0].query('GRANT ALL ON `zoo\\_db`.* TO zoo_db@localhost') // what was dropped is made by its right
  const told = await recover(stage, owner, 'zoo')
  assert.deepEqual(troubles(told), ['run import: the foreign key tie is not restored: it is into the database abroad'])
  const is = await zooState(servers[0], 'zoo_db')
  assert.deepEqual(without(is, ABROAD.slice(1)), without(was, ABROAD.slice(1)))
  assert.ok(ownDump(servers[0], 'zoo_db') === dumped, 'another dump of it says the same')
  const definer = await servers[0].query(
    "SELECT definer FROM information_schema.routines WHERE routine_name = 'by root' AND routine_schema = 'zoo_db'",
  )
  assert.equal(definer, 'root@localhost\n')
  await servers[0].query("INSERT INTO numbered (t) VALUES ('three')", 'zoo_db')
  assert.equal(await servers[0].query('SELECT @@GLOBAL.max_allowed_packet'), '16777216\n')
  const undone = await recover(stage, owner, 'zoo', ['--undo'])
  assert.equal(undone.code, 1) // the view of a view was broken, and is told
  assert.equal(
    await servers[0].query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'zoo_db' AND table_name <> 'a view of a view' ORDER BY 1",
    ),
    broken.replace('a view of a view\n', ''),
  )
  assert.equal(
    await servers[0].query("SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = 'zoo_db'"),
    'latin1_swedish_ci\n',
  )
  await servers[0].query("INSERT INTO numbered (t) VALUES ('four')", 'zoo_db')
})

test('what a recovery puts into a folder is imported by hand, by the client that everybody has', async () => {
  const into = join(folder, 'into')
  const told = await recover(stage, owner, 'zoo', ['--into', into])
  assert.equal(told.code, 0, troubles(told).join('\n'))
  await servers[1].query(
    'CREATE DATABASE zoo_db; CREATE DATABASE abroad; CREATE TABLE abroad.things (id INT PRIMARY KEY); CREATE USER zoo_db@localhost; GRANT ALL ON zoo_db.* TO zoo_db@localhost; SET GLOBAL max_allowed_packet = 32 << 20',
  )
  const session = "SET check_constraint_checks = 0, sql_mode = 'ALLOW_INVALID_DATES'"
  const words = [
    '--no-defaults',
    `--socket=${servers[1].socket}`,
    '--comments',
    '--default-character-set=latin1', // as where the locale says nothing else
    '--max-allowed-packet=32M',
    `--init-command=${session}`,
    'zoo_db',
  ]
  await output('mariadb', words, dumpTextIn(into))
  const is = await zooState(servers[1], 'zoo_db')
  assert.deepEqual(without(is, BY_HAND), without(was, BY_HAND))
  await servers[1].query(
    'DROP DATABASE zoo_db; DROP DATABASE abroad; DROP USER zoo_db@localhost; SET GLOBAL max_allowed_packet = DEFAULT',
  )
})

test('a replica has all of it, and says what it has not', async () => {
  const told = await stage.told(replica)
  assert.deepEqual(troubles(told), [
    'zoo import: the foreign key tie is not restored: it is into the database abroad',
    'zoo import: the view things is not restored: it is of the database abroad',
  ])
  const is = await zooState(servers[1], 'zoo_db')
  assert.deepEqual(without(is, ABROAD), without(was, ABROAD))
  assert.ok(ownDump(servers[1], 'zoo_db') === dumped, 'another dump of it says the same')
  await servers[1].query("INSERT INTO numbered (t) VALUES ('three')", 'zoo_db')
})

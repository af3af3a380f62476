import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { partName } from '../../lib/database/dump-parts.ts'
import { output } from '../../lib/sandbox/process.ts'
import { dump, dumpFolderOf, dumping, dumpTextOf, dumpWell } from '../support/dumping.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

const stage = dumping('db-dump-incomplete')
const make = (name: string): Promise<TinyWordpress> => tinyWordpress(stage.host.vhosts, name, name, stage.mariadb)

/** Makes a table unreadable, as a crash of the machine does: the middle of its rows is overwritten. */
async function crash(database: string, table: string): Promise<void> {
  await stage.mariadb.query(`FLUSH TABLES \`${database}\`.\`${table}\``)
  truncateSync(join(stage.folder, 'db/data', database, `${table}.MYD`), 10)
}

/** Imports a dump as a person would, and gives what is in it. */
async function imported(site: TinyWordpress, query: string): Promise<string> {
  await stage.mariadb.query('DROP DATABASE IF EXISTS by_hand; CREATE DATABASE by_hand')
  await output('mariadb', ['--no-defaults', `--socket=${stage.mariadb.socket}`, '--comments', 'by_hand'], dumpTextOf(site))
  return (await stage.mariadb.query(query, 'by_hand')).trim()
}

test('a crashed table and a broken view are named, the rest is dumped, and the last good rows stay', async () => {
  const site = await make('crashed')
  await stage.mariadb.query(
    `CREATE TABLE \`log \`\`1\` (id INT PRIMARY KEY, t VARCHAR(200)) ENGINE=MyISAM; INSERT INTO \`log \`\`1\` SELECT seq, REPEAT('r', 100) FROM seq_1_to_50;
     CREATE TABLE stats (id INT PRIMARY KEY, t VARCHAR(200)) ENGINE=MyISAM; INSERT INTO stats VALUES (1, 'one');
     CREATE TRIGGER note AFTER INSERT ON stats FOR EACH ROW SET @noted = 1;
     CREATE TABLE lost (id INT); CREATE VIEW broken AS SELECT * FROM lost; CREATE VIEW whole AS SELECT title FROM wp_posts`,
    'crashed',
  )
  await dumpWell(stage, site)
  await crash('crashed', 'stats')
  await stage.mariadb.query("DROP TABLE lost; INSERT INTO wp_posts (title) VALUES ('later')", 'crashed')
  for (const night of ['first', 'second']) {
    const { status, reason } = await dump(stage, site)
    assert.equal(status, 'failed', night)
    assert.match(
      reason!,
      /^not all of its database could be dumped: table stats \(.*; its rows are those of an earlier dump\), view broken \(View 'crashed\.broken' references invalid table\(s\).*\); the rest is$/,
    )
    assert.equal(
      await imported(site, "SELECT t FROM stats; SELECT COUNT(*) FROM `log ``1`; SELECT MAX(title = 'later') FROM whole"),
      'one\n50\n1',
    )
    assert.equal(
      await stage.mariadb.query("SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = 'by_hand'"),
      'note\n',
    )
  }
  assert.match(
    dumpTextOf(site),
    /\n-- As in an earlier dump: table stats: .*\n--\n--\n-- Not in this dump: view broken: .*\n--\n(-- .*\n)+-- Dump completed\n$/,
  )
  const timesOf = () => readdirSync(dumpFolderOf(site)).map(part => statSync(join(dumpFolderOf(site), part)).mtimeMs)
  const before = timesOf()
  assert.equal((await dump(stage, site)).status, 'failed')
  assert.deepEqual(timesOf(), before, 'the same dump is not backed up again')
  await stage.mariadb.query('REPAIR TABLE stats; DROP VIEW broken', 'crashed')
  await dumpWell(stage, site)
  assert.doesNotMatch(dumpTextOf(site), /earlier dump|Not in this dump/)
})

test('a table of an earlier night keeps its rows also where that dump is one file, as it was before', async () => {
  const site = await make('former')
  await stage.mariadb.query('CREATE TABLE stats (t VARCHAR(50) PRIMARY KEY, f FLOAT DEFAULT 0.123456789) ENGINE=MyISAM', 'former')
  await stage.mariadb.query("INSERT INTO stats (t) VALUES ('one')", 'former')
  await dumpWell(stage, site)
  const [folder, file] = [dumpFolderOf(site), join(site.folder, '.holdfast/database.sql')]
  writeFileSync(file, dumpTextOf(site))
  rmSync(folder, { recursive: true })
  await crash('former', 'stats')
  assert.match((await dump(stage, site)).reason!, /table stats .*; its rows are those of an earlier dump/)
  assert.equal(await imported(site, 'SELECT t FROM stats'), 'one')
  assert.ok(!existsSync(file))
})

test('a table that could never be dumped is named, and the rest is dumped', async () => {
  const site = await make('never')
  await stage.mariadb.query(
    'CREATE TABLE cache (id INT PRIMARY KEY) ENGINE=InnoDB; ALTER TABLE cache DISCARD TABLESPACE',
    'never',
  )
  const { status, reason } = await dump(stage, site)
  assert.equal(status, 'failed')
  assert.match(
    reason!,
    /^not all of its database could be dumped: table cache \(Tablespace has been discarded for table .cache.\); the rest is$/,
  )
  assert.equal(await imported(site, 'SELECT COUNT(*) FROM wp_posts'), '2')
})

test('a dump that fails as a whole leaves the last good one, and nothing that is half done', async () => {
  const site = await make('gone')
  await dumpWell(stage, site)
  const good = dumpTextOf(site)
  mkdirSync(`${dumpFolderOf(site)}.new`)
  writeFileSync(join(`${dumpFolderOf(site)}.new`, partName('table', 'wp_posts')), 'left by a run that was killed')
  await stage.mariadb.query('DROP DATABASE gone')
  assert.match((await dump(stage, site)).reason!, /^its account cannot log in to its database: /)
  assert.equal(dumpTextOf(site), good)
  assert.ok(!existsSync(`${dumpFolderOf(site)}.new`))
})

test("what only the administrator may see is dumped too: the site's account needs no right to it", async () => {
  const site = await make('poor')
  await output(
    'mariadb',
    ['--no-defaults', `--socket=${stage.mariadb.socket}`, '--comments', 'poor'],
    `CREATE PROCEDURE tidy() DELETE FROM wp_posts; CREATE VIEW titles AS SELECT title FROM wp_posts;
     CREATE TRIGGER stamp BEFORE INSERT ON wp_posts FOR EACH ROW SET NEW.title = 'x';
     DELIMITER $$
     CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT ';;'; /* ;; and ;;; */ SELECT 1; -- told
     END$$
     DELIMITER ;
     REVOKE ALL ON poor.* FROM 'poor'@'localhost'; GRANT SELECT, INSERT ON poor.* TO 'poor'@'localhost';`,
  )
  await dumpWell(stage, site)
  for (const word of ['PROCEDURE `tidy`', 'EVENT `nightly`', 'VIEW `titles`', 'TRIGGER stamp'])
    assert.ok(dumpTextOf(site).includes(word), word)
  await imported(site, 'SELECT 1')
  const definition = (schema: string): Promise<string> =>
    stage.mariadb.query(`SELECT event_definition FROM information_schema.events WHERE event_schema = '${schema}'`)
  assert.equal(await definition('by_hand'), await definition('poor'))
})

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Admin } from '../../lib/database/admin.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { NeedsOf } from '../../lib/engine/step.ts'
import { refuseTied, wholeWhereTied } from '../../lib/restore/restored-tables.ts'
import type { RestoredDatabase } from '../../lib/restore/transaction.ts'
import { output } from '../../lib/sandbox/process.ts'
import { checkDatabase } from '../../lib/steps/check-database.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { makeOneFile } from '../support/dump-text.ts'
import { hostIn } from '../support/host.ts'
import { outcomeOf, perform } from '../support/perform.ts'
import { blogFor } from '../support/recover-blog.ts'
import { dumpOf } from '../support/recovering.ts'
import { assertNothingLeft, startTask } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'

const { folder, mariadb, blog } = await blogFor('recover-table')
const DATABASE = 'rc_blog'
const BY_TABLE = ['--at', '2026-01-07T12:00:00Z']
/** A set of an older version, whose dump is one file. */
const ONE_FILE = ['--at', '2026-01-08T12:00:00Z']
const query = (sql: string): Promise<string> => mariadb.query(sql, DATABASE)

before(async () => {
  const account = [
    '--no-defaults',
    `--socket=${mariadb.socket}`,
    `--user=${DATABASE}`,
    `--password=known-password-of-${DATABASE}`,
  ]
  await output(
    'mariadb',
    [...account, DATABASE],
    `CREATE SEQUENCE numbers;
     CREATE TABLE extra (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(numbers), f FLOAT, t TEXT);
     CREATE TABLE changes (what TEXT);
     CREATE TRIGGER note BEFORE UPDATE ON extra FOR EACH ROW INSERT INTO changes VALUES ('b;');
     CREATE TRIGGER note_first BEFORE UPDATE ON extra FOR EACH ROW PRECEDES note INSERT INTO changes VALUES ('a');
     CREATE TRIGGER other AFTER INSERT ON wp_posts FOR EACH ROW INSERT INTO changes VALUES (NEW.title);
     INSERT INTO extra (f, t) VALUES (0.123456789, 'one'), (16777217, 'two');
     CREATE TABLE parents (id INT PRIMARY KEY);
     CREATE TABLE children (id INT PRIMARY KEY, parent INT, CONSTRAINT family FOREIGN KEY (parent) REFERENCES parents (id), CONSTRAINT itself FOREIGN KEY (parent) REFERENCES children (id));
     SET foreign_key_checks = 0;
     INSERT INTO parents VALUES (1); INSERT INTO children VALUES (1, 1);`,
  )
  const nights = new DatedNights(blog.stage, blog.host, 'blog', {
    database: { socket: mariadb.socket },
    keepPrevious: 7,
  } as object)
  await nights.backUp(Date.parse('2026-01-07T03:00:00Z'))
  makeOneFile(blog.folder)
  await nights.backUp(Date.parse('2026-01-08T03:00:00Z'), 'files only')
})

const dumped = (): string => dumpOf(mariadb, DATABASE)
/** All of a dump but the rows of one table, and of the one in which its triggers write. */
const rest = (text: string): string =>
  text.replace(/(?<=-- Dumping data for table `(extra|changes)`).*?(?=\n-- (?!ORDER))/gs, '').replace(/SETVAL.*/, '')
const TRIGGERS =
  "SELECT trigger_name, event_object_table, definer FROM information_schema.triggers WHERE trigger_schema = 'rc_blog' ORDER BY 2, action_order"

/** The table is what it was in the sets, with its triggers, and all else of the site as it was right before. */
async function isBack(changed: string, files: object): Promise<void> {
  assert.equal(await query('SELECT id, CAST(f AS DOUBLE), t FROM extra'), '1\t0.12345679104328156\tone\n2\t16777216\ttwo\n')
  assert.equal(
    await query(TRIGGERS),
    'note_first\textra\trc_blog@localhost\nnote\textra\trc_blog@localhost\nother\twp_posts\trc_blog@localhost\n',
  )
  assert.ok(rest(dumped()).includes("'kept'"))
  if (changed.includes('CREATE TABLE `extra`')) assert.equal(rest(dumped()), rest(changed))
  assert.deepEqual(snapshot(blog.folder), files)
  await query("INSERT INTO extra (t) VALUES ('of the sequence'); UPDATE extra SET t = 'again' WHERE id = 1")
  assert.match(await query('SELECT GROUP_CONCAT(what) FROM changes'), /a,b;\n$/)
}

for (const [what, at, change] of [
  ['that was changed, of an older set', ONE_FILE, "UPDATE extra SET t = 'changed', f = 3; DELETE FROM extra WHERE id = 2"],
  ['that was dropped', BY_TABLE, 'DROP TABLE extra'],
] as const)
  test(`recover --table brings back one table ${what}, with triggers and exact numbers, and nothing else; --undo undoes it`, async () => {
    await query(`${change}; INSERT INTO wp_posts (title) VALUES ('kept')`)
    const [changed, files] = [dumped(), snapshot(blog.folder)]
    assert.match(await blog.well('--table', 'extra', ...at), /blog: table extra now as of 2026-01-0[78]/)
    await isBack(changed, files)
    await blog.well('--undo')
    assert.equal(rest(dumped()), rest(changed))
    if (change.startsWith('UPDATE')) assert.equal(await query('SELECT id, f, t FROM extra'), '1\t3\tchanged\n')
  })

test('recover --table refuses a table that the backup does not have: exit code 2, and it names those that there are', async () => {
  const was = dumped()
  const { code, stdout, stderr } = await blog.recover('--table', 'extra', '--table', 'wp_post', ...ONE_FILE, '--yes')
  assert.equal(code, 2, stdout + stderr)
  assert.match(
    stdout + stderr,
    /--table wp_post: the backup has no such table; it has changes, children, extra, parents, wp_options, wp_posts, wp_users/,
  )
  assert.equal(dumped(), was)
})

test('recover --table refuses a table without the one that a foreign key ties it to, and brings back both', async () => {
  await query('SET foreign_key_checks = 0; DELETE FROM children; INSERT INTO parents VALUES (2)')
  const was = dumped()
  const { code, stdout } = await blog.recover('--table', 'parents', ...BY_TABLE, '--yes')
  assert.equal(code, 1)
  assert.match(stdout, /the foreign key family ties children to parents: .* Add --table children, or bring back all/)
  assert.equal(dumped(), was)
  await blog.well('--table', 'parents', '--table', 'children', ...BY_TABLE)
  assert.equal(await query('SELECT * FROM parents; SELECT * FROM children'), '1\n1\t1\n')
  await assert.rejects(query('INSERT INTO children VALUES (2, 9)'), /foreign key constraint fails/)
  await assert.rejects(query('DELETE FROM parents'), /foreign key constraint fails/)
})

test('refuseTied() finds a foreign key at either end, of either side, and none of a table to itself', async () => {
  await mariadb.query(
    'CREATE DATABASE side; USE side; SET foreign_key_checks = 0; CREATE TABLE children (parent INT, CONSTRAINT kin FOREIGN KEY (parent) REFERENCES parents (id))',
  )
  const run = (sql: string): Promise<string> => mariadb.query(sql)
  const rows = async (sql: string): Promise<string[][]> => (await run(sql)).split('\n').map(line => line.split('\t'))
  const refused = (live: string, held: string, ...tables: string[]): Promise<void> =>
    refuseTied({ rows } as unknown as Admin, { live, held }, tables)
  await assert.rejects(refused(DATABASE, 'none', 'parents'), /family ties children to parents: .* Add --table children/)
  await assert.rejects(refused('none', 'side', 'children'), /kin ties children to parents: .* Add --table parents/)
  for (const tables of [['children'], ['parents', 'children'], ['extra']]) await refused(DATABASE, 'none', ...tables)
})

test('a table of options without a row is refused, also where it is one of few tables', async () => {
  await mariadb.query('CREATE DATABASE emptied; CREATE TABLE emptied.wp_options (option_id INT)')
  const database = { access: { tablePrefix: 'wp_' }, staged: 'emptied', tables: ['wp_options'] } as unknown as RestoredDatabase
  const facts = { host: hostIn(folder, { database: { socket: mariadb.socket } } as object), databases: [database] }
  const done = await perform(recipe<NeedsOf<typeof checkDatabase>>().do(checkDatabase), facts as never)
  assert.match(outcomeOf(done, 'check-database').reason ?? '', /the imported database is empty: wp_options has no row/)
})

test('wholeWhereTied() takes some tables of a database by themselves, and all where a foreign key ties one, here or in the dump', async () => {
  const rows = async (sql: string): Promise<string[][]> => (await mariadb.query(sql)).split('\n').map(line => line.split('\t'))
  const tree = join(folder, 'tied')
  const parts = join(tree, '.holdfast/database.tables')
  mkdirSync(parts, { recursive: true })
  const key = '  CONSTRAINT `new` FOREIGN KEY (`id`) REFERENCES `parents` (`id`)\n'
  for (const [table, more] of Object.entries({ extra: '', children: '', changes: key }))
    writeFileSync(join(parts, `2-table-${table}.sql`), `CREATE TABLE \`${table}\` (\n${more}) ENGINE=InnoDB;\n`)
  const wanted = { access: { database: DATABASE }, dump: 'database.tables', differing: undefined } as unknown as RestoredDatabase
  const taken = async (...tables: string[]): Promise<unknown> =>
    (await wholeWhereTied({ rows } as unknown as Admin, { tree }, [{ ...wanted, tables }]))[0]?.tables
  assert.deepEqual(await taken('extra'), ['extra'])
  for (const tied of ['children', 'changes']) assert.equal(await taken('extra', tied), undefined, tied)
})

for (const [form, at] of [
  ['', BY_TABLE],
  [' of an older set', ONE_FILE],
] as const)
  test(`recover --table --into gives the file of a table${form}, which any client imports`, async () => {
    const into = join(folder, `into${at[1]}`)
    await blog.well('--table', 'extra', '--table', 'wp_posts', '--into', into, ...at)
    assert.deepEqual(readdirSync(into), ['extra.sql', 'wp_posts.sql'])
    await mariadb.query('DROP DATABASE IF EXISTS by_hand; CREATE DATABASE by_hand')
    const text = readFileSync(join(into, 'extra.sql'), 'utf8').replaceAll('`rc_blog`.', '')
    await output('mariadb', ['--no-defaults', `--socket=${mariadb.socket}`, 'by_hand'], text)
    assert.equal(await mariadb.query('SELECT t FROM extra', 'by_hand'), 'one\ntwo\n')
  })

test('recover --table --into leaves nothing behind where there is no such table; a dry run says what it would do', async () => {
  const was = dumped()
  const missing = await blog.recover('--table', 'none', '--into', join(folder, 'none'), ...BY_TABLE)
  assert.deepEqual([missing.code, readdirSync(join(folder, 'none'))], [2, []])
  const { code, stdout } = await blog.recover('--table', 'extra', '--dry-run')
  assert.equal(code, 0)
  assert.match(stdout, /import extra of database\.tables into hf_/)
  assert.equal(dumped(), was)
})

/** HOLDFAST_KILLS=100 kills at as many random moments. */
const KILLS = Number(process.env.HOLDFAST_KILLS ?? 1)

test(`recover --table, killed at ${KILLS} random moments, is undone or done: --undo makes the database what it was`, async () => {
  await query("CREATE OR REPLACE TABLE extra (id INT PRIMARY KEY, now TEXT); INSERT INTO extra VALUES (1, 'now')")
  const was = dumped()
  const words = ['--site', 'blog', '--yes', '--table', 'extra', ...BY_TABLE]
  let length = 0
  for (let round = 0; round <= KILLS; round++) {
    const begun = performance.now()
    const { child, ended } = startTask(blog.stage, blog.host, 'recover', words)
    const kill = round === 0 ? undefined : setTimeout(() => child.kill('SIGKILL'), length * Math.random())
    const { code } = await ended
    clearTimeout(kill)
    if (round === 0) assert.equal(code, 0)
    length ||= performance.now() - begun
    await blog.recover('--undo', '--yes')
    // where nothing had begun, the undo was that of an earlier undo
    if (dumped() !== was) await blog.well('--undo')
    assert.equal(dumped(), was, `killed in round ${round}`)
    await assertNothingLeft(blog.host, 'blog', mariadb)
  }
})

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { output } from '../../lib/sandbox/process.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { makeOneFile } from '../support/dump-text.ts'
import { blogFor } from '../support/recover-blog.ts'
import { dumpOf } from '../support/recovering.ts'
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

for (const [form, at] of [
  ['', BY_TABLE],
  [' from an older set', ONE_FILE],
] as const)
  test(`recover --table brings back one table${form}, with its triggers and exact numbers, and nothing else; --undo undoes it`, async () => {
    const was = dumped()
    await query(`UPDATE extra SET t = 'changed', f = 3; DELETE FROM extra WHERE id = 2`)
    if (form === '') await query('DROP TRIGGER note; DELETE FROM changes')
    await query(`INSERT INTO wp_posts (title) VALUES ('kept${form}')`)
    const [changed, files] = [dumped(), snapshot(blog.folder)]
    assert.match(await blog.well('--table', 'extra', ...at), /blog: table extra now as of 2026-01-0[78]/)
    assert.equal(await query('SELECT id, CAST(f AS DOUBLE), t FROM extra'), '1\t0.12345679104328156\tone\n2\t16777216\ttwo\n')
    const triggers =
      "SELECT trigger_name, event_object_table, definer FROM information_schema.triggers WHERE trigger_schema = 'rc_blog' ORDER BY 2, action_order"
    assert.equal(
      await query(triggers),
      `note_first\textra\trc_blog@localhost\nnote\textra\trc_blog@localhost\nother\twp_posts\trc_blog@localhost\n`,
    )
    const rest = (text: string): string =>
      text.replace(/(?<=-- Dumping data for table `(extra|changes)`).*?(?=\n-- (?!ORDER))/gs, '')
    if (form !== '') assert.equal(rest(dumped()), rest(changed))
    assert.equal(rest(dumped()).includes(`kept${form}`), true)
    assert.deepEqual(snapshot(blog.folder), files)
    await query("UPDATE extra SET t = 'again' WHERE id = 1")
    assert.match(await query('SELECT GROUP_CONCAT(what) FROM changes'), /a,b;\n$/)
    assert.notEqual(dumped(), was)
    await blog.well('--undo')
    assert.equal(rest(dumped()), rest(changed))
    assert.equal(await query('SELECT id, f, t FROM extra'), '1\t3\tchanged\n')
    if (form === '') await blog.well('--table', 'extra', '--table', 'changes', ...at)
  })

test('recover --table brings back a table that was dropped, and --undo takes it away again', async () => {
  await query('DROP TABLE extra')
  const dropped = dumped()
  await blog.well('--table', 'extra', ...BY_TABLE)
  assert.equal(await query('SELECT t FROM extra ORDER BY id'), 'one\ntwo\n')
  await query("INSERT INTO extra (t) VALUES ('of the sequence')")
  assert.match(await query('SHOW CREATE TABLE extra'), /nextval\(`rc_blog`\.`numbers`\)/)
  assert.match(await query("SHOW TRIGGERS LIKE 'extra'"), /note_first[\s\S]*note/)
  await blog.well('--undo')
  assert.equal(dumped().replace(/SETVAL.*/, ''), dropped.replace(/SETVAL.*/, ''))
  await blog.well('--undo')
})

test('recover --table refuses a table that the backup does not have: exit code 2, and it names those that there are', async () => {
  const was = dumped()
  for (const at of [BY_TABLE, ONE_FILE]) {
    const { code, stdout, stderr } = await blog.recover('--table', 'extra', '--table', 'wp_post', ...at, '--yes')
    assert.equal(code, 2, stdout + stderr)
    assert.match(
      stdout + stderr,
      /--table wp_post: the backup has no such table; it has changes, children, extra, parents, wp_options, wp_posts, wp_users/,
    )
  }
  assert.equal(dumped(), was)
})

test('recover --table refuses a table without the one that a foreign key ties it to, either way, and brings back both', async () => {
  await query('SET foreign_key_checks = 0; DELETE FROM children; INSERT INTO parents VALUES (2)')
  const was = dumped()
  for (const [table, other] of [
    ['parents', 'children'],
    ['children', 'parents'],
  ]) {
    const { code, stdout } = await blog.recover('--table', table!, ...BY_TABLE, '--yes')
    assert.equal(code, 1)
    assert.match(
      stdout,
      new RegExp(`the foreign key family ties children to parents: .* Add --table ${other}, or bring back all`),
    )
    assert.equal(dumped(), was)
  }
  await blog.well('--table', 'parents', '--table', 'children', ...BY_TABLE)
  assert.equal(await query('SELECT * FROM parents; SELECT * FROM children'), '1\n1\t1\n')
  await assert.rejects(query('INSERT INTO children VALUES (2, 9)'), /foreign key constraint fails/)
  await assert.rejects(query('DELETE FROM parents'), /foreign key constraint fails/)
  await blog.well('--undo')
  assert.equal(dumped(), was)
})

for (const [form, at] of [
  ['', BY_TABLE],
  [' of an older set', ONE_FILE],
] as const)
  test(`recover --table --into gives the file of a table${form}, which any client imports`, async () => {
    const into = join(folder, `into${at[1]}`)
    const was = dumped()
    await blog.well('--table', 'extra', '--table', 'wp_posts', '--into', into, ...at)
    assert.deepEqual(readdirSync(into), ['extra.sql', 'wp_posts.sql'])
    await mariadb.query(`DROP DATABASE IF EXISTS by_hand; CREATE DATABASE by_hand`)
    await output(
      'mariadb',
      ['--no-defaults', `--socket=${mariadb.socket}`, 'by_hand'],
      readFileSync(join(into, 'extra.sql'), 'utf8').replaceAll('`rc_blog`.', ''),
    )
    assert.equal(await mariadb.query('SELECT t FROM extra', 'by_hand'), 'one\ntwo\n')
    const missing = await blog.recover('--table', 'none', '--into', join(folder, 'none'), ...at)
    assert.equal(missing.code, 2)
    assert.ok(!existsSync(join(folder, 'none/.holdfast')))
    assert.equal(dumped(), was)
  })

test('a dry run of recover --table says which table of which dump it would import', async () => {
  const was = dumped()
  const { code, stdout } = await blog.recover('--table', 'extra', '--dry-run')
  assert.equal(code, 0)
  assert.match(stdout, /import extra of database\.tables into hf_/)
  assert.equal(dumped(), was)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { partNamed } from '../../lib/database/dump-parts.ts'
import { quoteText } from '../../lib/database/sql.ts'
import { output } from '../../lib/sandbox/process.ts'
import { dump, dumpFileOf, dumpFolderOf, dumping, dumpTextOf, dumpWell } from '../support/dumping.ts'
import { hostIn } from '../support/host.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'

const stage = dumping('db-dump')
const bin = join(stage.folder, 'bin')

test('dumpDatabase writes one row a line, ordered by key, without a date, complete, for its owner only', async () => {
  await stage.mariadb.query("INSERT INTO wp_posts (id, title) VALUES (9, 'nine'), (5, 'five')", 'shop')
  await dumpWell(stage, stage.shop)
  const rows = dumpTextOf(stage.shop)
    .split('\n')
    .filter(line => line.startsWith('INSERT INTO `wp_posts`'))
  assert.deepEqual(rows, [
    "INSERT INTO `wp_posts` VALUES (1,'Hello',0x00FF27);",
    "INSERT INTO `wp_posts` VALUES (2,'Zweitens: é',NULL);",
    "INSERT INTO `wp_posts` VALUES (5,'five',NULL);",
    "INSERT INTO `wp_posts` VALUES (9,'nine',NULL);",
  ])
  assert.match(dumpTextOf(stage.shop), /\n-- Dump completed\n$/)
  assert.equal(statSync(dumpFileOf(stage.shop)).mode & 0o777, 0o600)
  assert.equal(statSync(join(stage.shop.folder, '.holdfast')).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(join(stage.shop.folder, '.holdfast')), ['database.tables'])
})

test('dumpDatabase leaves the file alone when nothing changed, and gives it a later second when something did', async () => {
  await dumpWell(stage, stage.shop)
  const first = statSync(dumpFileOf(stage.shop))
  await dumpWell(stage, stage.shop)
  const same = statSync(dumpFileOf(stage.shop))
  assert.deepEqual([same.ino, same.mtimeMs, same.ctimeMs], [first.ino, first.mtimeMs, first.ctimeMs])
  for (const title of ['one', 'two', 'six']) {
    const before = Math.floor(statSync(dumpFileOf(stage.shop)).mtimeMs / 1000)
    await stage.mariadb.query(`UPDATE wp_posts SET title = '${title}' WHERE id = 9`, 'shop')
    await dumpWell(stage, stage.shop)
    assert.ok(Math.floor(statSync(dumpFileOf(stage.shop)).mtimeMs / 1000) > before, 'duplicity looks at whole seconds')
    assert.ok(dumpTextOf(stage.shop).includes(`(9,'${title}',NULL)`))
  }
  const others = (): unknown[] =>
    readdirSync(dumpFolderOf(stage.shop))
      .filter(part => !/wp_posts|complete/.test(part))
      .map(part => statSync(join(dumpFolderOf(stage.shop), part)))
      .map(({ ino, mtimeMs, ctimeMs, size }) => [ino, mtimeMs, ctimeMs, size])
  const before = others()
  utimesSync(dumpFileOf(stage.shop), 4e9, 4e9)
  await stage.mariadb.query("UPDATE wp_posts SET title = 'future' WHERE id = 9", 'shop')
  await dumpWell(stage, stage.shop)
  assert.equal(statSync(dumpFileOf(stage.shop)).mtimeMs, 4_000_000_001_000)
  assert.deepEqual(others(), before, 'the files of other tables are what they were')
})

test('dumpDatabase writes a file for each table, whatever its name and its rows are, and removes it with the table', async () => {
  const site = await tinyWordpress(stage.host.vhosts, 'names', 'names', stage.mariadb)
  const names = [
    ...['a/b', '..', 'x.sql', 'é', 'É', 'a b', 'a\'b"', '%2F', '`', '-- Table structure for table `q`', '表'.repeat(48)],
    ...['two\nlines', 'x);\nDROP TABLE IF EXISTS `wp_posts', 'A', 'a', '$', '#', '|/'],
  ]
  const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``
  const rows = ['\n-- Table structure for table `wp_posts`\n\nDROP TABLE IF EXISTS `wp_posts`;\n', '-- Dump completed\n']
  const making = names.map(
    name =>
      `CREATE TABLE ${quoted(name)} (t TEXT COMMENT '\nDROP TABLE IF EXISTS \`u\`;\n', \`c\nDROP TABLE IF EXISTS \`\`v\`\`;\n_\` INT DEFAULT 1); INSERT INTO ${quoted(name)} (t) VALUES ${[name, ...rows].map(text => `(${quoteText(text)})`).join()};`,
  )
  await stage.mariadb.query(
    `CREATE SEQUENCE next_one; CREATE TABLE counted (id BIGINT DEFAULT NEXTVAL(next_one), f FLOAT PRIMARY KEY); ${making.join('\n')}`,
    'names',
  )
  await dumpWell(stage, site)
  const files = readdirSync(dumpFolderOf(site)).map(partNamed)
  const tables = files.filter(part => part?.kind === 'table').map(part => part!.of)
  assert.deepEqual(tables.toSorted(), [...names, 'counted', 'wp_options', 'wp_posts', 'wp_users'].toSorted())
  assert.deepEqual(
    files.filter(part => part?.kind === 'sequence').map(part => part!.of),
    ['next_one'],
  )
  const sums = async (database: string): Promise<string> => {
    const list = await stage.mariadb.query(
      `CHECKSUM TABLE ${[...names, 'wp_posts'].map(name => `${database}.${quoted(name)}`).join()}`,
    )
    return list.replaceAll(`${database}.`, '')
  }
  await stage.mariadb.query('CREATE DATABASE names_copy')
  await output(
    'mariadb',
    ['--no-defaults', `--socket=${stage.mariadb.socket}`, '--binary-mode', '--comments', 'names_copy'],
    dumpTextOf(site),
  )
  assert.equal(await sums('names_copy'), await sums('names'))
  await stage.mariadb.query(`DROP TABLE ${names.slice(3).map(quoted).join()}`, 'names')
  await dumpWell(stage, site)
  const left = readdirSync(dumpFolderOf(site))
    .map(partNamed)
    .filter(part => part?.kind === 'table')
    .map(part => part!.of)
  assert.deepEqual(left.toSorted(), [...names.slice(0, 3), 'counted', 'wp_options', 'wp_posts', 'wp_users'].toSorted())
})

test('dumpDatabase loses nothing: engines, triggers, routines, events, views, binary and odd names come back the same', async () => {
  const odd = await tinyWordpress(stage.host.vhosts, "a b'$(x);é", 'odd_db', stage.mariadb)
  const account = ['--no-defaults', `--socket=${stage.mariadb.socket}`, '--user=odd_db', `--password=${odd.password}`, 'odd_db']
  await output(
    'mariadb',
    account,
    `SET NAMES utf8mb4; CREATE TABLE old (id INT PRIMARY KEY, t TEXT CHARACTER SET latin1) ENGINE=MyISAM;
     INSERT INTO old VALUES (1, 'é'), (2, 'it''s; -- \\\\ "x"');
     CREATE TABLE \`a \`\`b\`\` 'c' é\` (\`x y\` VARBINARY(20), n DOUBLE, b BIT(3), j LONGTEXT, d DATETIME DEFAULT CURRENT_TIMESTAMP);
     INSERT INTO \`a \`\`b\`\` 'c' é\` VALUES (0x000A0D1A5C2722, 1e-300, b'101', '😀 \\n\\t', '2026-01-02 03:04:05'), (NULL, NULL, NULL, NULL, '1000-01-01');
     CREATE TABLE changes (what TEXT);
     CREATE TRIGGER note AFTER INSERT ON old FOR EACH ROW INSERT INTO changes VALUES ('new; row');
     CREATE PROCEDURE tidy() DELETE FROM changes;
     CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
     CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO CALL tidy();
     CREATE SQL SECURITY INVOKER VIEW titles AS SELECT title FROM wp_posts;`,
  )
  await dumpWell(stage, odd)
  await stage.mariadb.query(`CREATE DATABASE copy; ALTER DATABASE copy CHARACTER SET utf8mb4`)
  await stage.mariadb.query(dumpTextOf(odd), 'copy')
  const text = (database: string): string =>
    execFileSync(
      'mariadb-dump',
      [
        '--no-defaults',
        `--socket=${stage.mariadb.socket}`,
        '--routines',
        '--events',
        '--triggers',
        '--hex-blob',
        '--skip-dump-date',
        database,
      ],
      { encoding: 'utf8' },
    ).replaceAll('odd_db', 'copy')
  assert.equal(text('copy'), text('odd_db'))
  for (const word of ['TRIGGER', 'PROCEDURE', 'FUNCTION', 'EVENT', 'VIEW', 'MyISAM'])
    assert.ok(dumpTextOf(odd).includes(word), word)
})

test('dumpDatabase fails with what the server said, and keeps the last good dump', async () => {
  const gone = await tinyWordpress(stage.host.vhosts, 'gone', 'gone', stage.mariadb)
  await dumpWell(stage, gone)
  const before = dumpTextOf(gone)
  await stage.mariadb.query('DROP DATABASE gone')
  const { status, reason } = await dump(stage, gone)
  assert.equal(status, 'failed')
  assert.match(reason!, /^its account cannot log in to its database: (Unknown database|Access denied).*gone/)
  assert.equal(dumpTextOf(gone), before)
  const dead = hostIn(stage.folder, { database: { socket: '/nowhere/no.sock' } })
  assert.match(
    (await dump(stage, gone, { on: dead })).reason!,
    /^the database server does not answer: ERROR 2002 .*Can't connect to local .*no\.sock/,
  )
})

for (const [name, script] of [
  ['that is empty', 'exit 0'],
  ['that was cut short', 'PATH=$REAL mariadb-dump "$@" | head -c 700'],
  ['that fails at its end', 'PATH=$REAL mariadb-dump "$@"; exit 3'],
] as const) {
  test(`dumpDatabase refuses a dump ${name}`, async () => {
    await dumpWell(stage, stage.shop)
    const before = dumpTextOf(stage.shop)
    rmSync(join(stage.host.paths.state, 'dumps'), { recursive: true }) // all of it is dumped anew
    fakeProgram(bin, 'mariadb-dump', script)
    const { status, reason } = await whilePathHas(bin, () => dump(stage, stage.shop))
    assert.equal(status, 'failed')
    assert.match(reason!, /not complete|exit code 3/)
    assert.equal(dumpTextOf(stage.shop), before)
  })
}

import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { writeImportable } from '../../lib/database/importable.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { dumpOf } from '../support/recovering.ts'

const folder = quickFolder('import-stream')
let mariadb: Mariadb

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
})
after(() => mariadb.stop())

const [from, into] = [join(folder, 'dump.sql'), join(folder, 'import.sql')]
const BEGIN = '/*M!100201 SET check_constraint_checks = 0 */; '

/** What becomes of a dump, without what every import begins with. */
async function through(bytes: Buffer, database = 'shop'): Promise<Buffer> {
  writeFileSync(from, bytes)
  const { longest } = await writeImportable([from], into, database, '2106-02-07 06:28:15.999999')
  const out = readFileSync(into)
  assert.equal(out.toString('latin1', 0, BEGIN.length), BEGIN)
  assert.ok(longest <= bytes.length)
  return out.subarray(BEGIN.length)
}
const importable = async (text: string): Promise<string> => (await through(Buffer.from(text))).toString()

test('writeImportable() changes no byte of what it does not know: by property, any bytes, lines of any length', async () => {
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes)),
    fc
      .constantFrom(
        "INSERT INTO t VALUES ('CREATE DEFINER=`a`@`b` VIEW');",
        '',
        'DEFINER=`a`@`b`',
        '\r',
        'CREATE ',
        "'",
        '`',
        ';',
        '/*',
        '*/',
        '-- ',
        'DELIMITER ;;',
        '\\',
      )
      .map(Buffer.from),
    // around a chunk of a stream
    fc.constantFrom(65_535, 65_536, 65_537, 200_000, (1 << 20) - 1, 1 << 20).map(length => Buffer.alloc(length, 'é')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, endsOpen) => {
      const bytes = Buffer.concat(
        lines.flatMap((each, index) => [each, Buffer.from(endsOpen && index === lines.length - 1 ? '' : '\n')]),
      )
      assert.ok((await through(bytes)).equals(bytes))
    }),
    { numRuns: 60 },
  )
})

const routine = (body: string): string => `DELIMITER ;;\nCREATE DEFINER=\`a\`@\`b\` PROCEDURE p()\n${body} ;;\nDELIMITER ;\n`
const madeFree = (text: string): string => text.replace('DEFINER=`a`@`b` ', '')
const HEX = (text: string): string => `EXECUTE IMMEDIATE CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4);\n`

/** A part of a dump, and what is imported; where nothing is said, the same. */
const PARTS: readonly (readonly [string, string, string?])[] = [
  ['a definer', 'CREATE DEFINER=`a`@`b` VIEW v AS SELECT 1;\n', 'CREATE VIEW v AS SELECT 1;\n'],
  ['a definer in hexadecimal digits', HEX('CREATE DEFINER=`é`@`b` TRIGGER t'), HEX('CREATE TRIGGER t')],
  [
    "a line of a routine's text that begins like a definition",
    routine("BEGIN\n  SET @a = '\nCREATE DEFINER=`x`@`y` VIEW v\n';\nEND"),
    madeFree(routine("BEGIN\n  SET @a = '\nCREATE DEFINER=`x`@`y` VIEW v\n';\nEND")),
  ],
  [
    'the same in a comment',
    routine('BEGIN\n/*\nCREATE DEFINER=`x`@`y` VIEW v\n*/ END'),
    madeFree(routine('BEGIN\n/*\nCREATE DEFINER=`x`@`y` VIEW v\n*/ END')),
  ],
  ['a text in a table that begins so', "CREATE TABLE t (a TEXT DEFAULT '\nCREATE DEFINER=`x`@`y` VIEW v');\n"],
  ['a row of many lines', "INSERT INTO t VALUES ('a\nCREATE DEFINER=`x`@`y` VIEW v;\n');\n"],
  [
    'what follows a text with a backslash at its end',
    "SET @a = 'x\\\\';\nCREATE DEFINER=`a`@`b` VIEW v AS SELECT 1;\n",
    "SET @a = 'x\\\\';\nCREATE VIEW v AS SELECT 1;\n",
  ],
  [
    'what follows one where backslashes do not escape',
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nSET @a = 'x\\';\nCREATE DEFINER=`a`@`b` VIEW v AS SELECT 1;\n",
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nSET @a = 'x\\';\nCREATE VIEW v AS SELECT 1;\n",
  ],
  [
    'a view as mariadb-dump writes it',
    "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select `shop`.`f`(`x`.`shop`) AS `y`, '`shop`.z' AS `z` from `x` */;\n",
    "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select `f`(`x`.`shop`) AS `y`, '`shop`.z' AS `z` from `x` */;\n",
  ],
  [
    'a default from a sequence',
    "CREATE TABLE `t` (\n  `id` int DEFAULT nextval(`shop`.`s`) COMMENT 'nextval(`shop`.`s`)',\n  `shop` int\n);\n",
    "CREATE TABLE `t` (\n  `id` int DEFAULT nextval(`s`) COMMENT 'nextval(`shop`.`s`)',\n  `shop` int\n);\n",
  ],
  [
    'a foreign key',
    'CREATE TABLE `t` (\n  CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `shop`.`b` (`c`)\n);\n',
    'CREATE TABLE `t` (\n  CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `b` (`c`)\n);\n',
  ],
  ['a routine that names its own database', routine('SELECT * FROM `shop`.`t`'), madeFree(routine('SELECT * FROM `shop`.`t`'))],
  [
    'a character set for a while',
    'ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;\n',
    'ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_swedish_ci ;\n',
  ],
  ['the same without a name', 'ALTER DATABASE COLLATE latin1_swedish_ci;\n'],
  [
    'the mode for rows',
    "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n",
    "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES' */;\n",
  ],
  [
    'rows with their history: what is in force stays so',
    "CREATE TABLE `h` (\n  `t` text\n) WITH SYSTEM VERSIONING;\nINSERT INTO `h` (`t`, row_start, row_end) VALUES ('2038-01-19 03:14:07.999999','2026-11-27 15:43:43.057043','2038-01-19 03:14:07.999999');\nINSERT INTO `h` (`t`, row_start, row_end) VALUES ('it\\'s, (é)','2026-11-27 15:43:43.057043','2027-11-27 15:43:43.057043');\n",
    "CREATE TABLE `h` (\n  `t` text\n) WITH SYSTEM VERSIONING;\nINSERT INTO `h` (`t`, row_start, row_end) VALUES ('2038-01-19 03:14:07.999999','2026-11-27 15:43:43.057043','2106-02-07 06:28:15.999999');\nINSERT INTO `h` (`t`, row_start, row_end) VALUES ('it\\'s, (é)','2026-11-27 15:43:43.057043','2027-11-27 15:43:43.057043');\n",
  ],
  [
    'the same with columns of its own for that',
    "CREATE TABLE `h` (\n  `e, f` timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE,\n  `t` text\n) WITH SYSTEM VERSIONING;\nINSERT INTO `h` (`s`, `e, f`, `t`) VALUES (0x00,'2038-01-19 03:14:07.999999','2038-01-19 03:14:07.999999');\n",
    "CREATE TABLE `h` (\n  `e, f` timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE,\n  `t` text\n) WITH SYSTEM VERSIONING;\nINSERT INTO `h` (`s`, `e, f`, `t`) VALUES (0x00,'2106-02-07 06:28:15.999999','2038-01-19 03:14:07.999999');\n",
  ],
  [
    'a row without a history, whatever its columns',
    "CREATE TABLE `t` (\n  `row_end` text\n);\nINSERT INTO `t` (`row_end`) VALUES ('2038-01-19 03:14:07.999999');\n",
  ],
  ['the sandbox line, also in the middle', '-- x\n/*M!999999\\- enable the sandbox mode */ \n-- y\n', '-- x\n\n-- y\n'],
]
for (const [what, text, wanted = text] of PARTS) {
  test(`writeImportable() of ${what}`, async () => {
    assert.equal(await importable(text), wanted)
    // and what comes before and after it
    assert.equal(await importable(`-- it's\n${text}DROP VIEW v;\n`), `-- it's\n${wanted}DROP VIEW v;\n`)
  })
}

test('writeImportable() leaves out what is of another database, says so, and keeps the lines', async () => {
  const view =
    '/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a`@`b` SQL SECURITY DEFINER */\n/*!50001 VIEW `vé` AS select `x`.`id` AS `id` from (`t` `x` join `o``ther`.`u` on(1 = 1)) */;\n'
  const table =
    'CREATE TABLE `t` (\n  `a` int,\n  CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `other`.`b` (`c`) ON DELETE CASCADE,\n  CONSTRAINT `d` FOREIGN KEY (`a`) REFERENCES `b` (`c`),\n  CONSTRAINT `e` FOREIGN KEY (`a`) REFERENCES `other`.`b` (`c`)\n);\n'
  writeFileSync(from, view + table)
  const { leftOut } = await writeImportable([from], into, 'shop', '2106-02-07 06:28:15.999999')
  assert.deepEqual(
    leftOut.map(({ kind, name, why }) => `${kind} ${name}: ${why}`),
    [
      'view vé: it is of the database o`ther',
      'foreign key c: it is into the database other',
      'foreign key e: it is into the database other',
    ],
  )
  assert.equal(leftOut[0]!.selects, 'AS select `x`.`id` AS `id` from (`t` `x` join `o``ther`.`u` on(1 = 1))')
  const out = readFileSync(into, 'utf8').slice(BEGIN.length)
  assert.equal(out, '\n\n\nCREATE TABLE `t` (\n  `a` int\n,\n  CONSTRAINT `d` FOREIGN KEY (`a`) REFERENCES `b` (`c`)\n\n);\n')
})

test('writeImportable() keeps a row of 64 MB whole, says how long it is, and takes a definer out behind it', async () => {
  const row = `INSERT INTO \`t\` VALUES ('${'CREATE DEFINER=`a`@`b` VIEW '.repeat(2_400_000)}');\n`
  writeFileSync(from, `${row}CREATE DEFINER=\`a\`@\`b\` VIEW w AS SELECT 1;\n`)
  const { longest } = await writeImportable([from], into, 'shop', '2106-02-07 06:28:15.999999')
  assert.equal(longest, row.length)
  assert.equal(statSync(into).size, BEGIN.length + row.length + 'CREATE VIEW w AS SELECT 1;\n'.length)
  assert.equal(statSync(into).mode & 0o777, 0o600)
})

const SQL = `CREATE TABLE p (id INT PRIMARY KEY, raw BLOB, text TEXT);
  INSERT INTO p VALUES (1, 0x00FF0A0D5C275C5A1A, 'CREATE DEFINER=\`root\`@\`localhost\` VIEW v'), (2, NULL, 'a\nCREATE DEFINER=\`root\`@\`localhost\` VIEW é\n\\\\! id');
  CREATE DEFINER='nobody'@'%' VIEW v AS SELECT id FROM p;
  CREATE DEFINER='nobody'@'%' TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET NEW.id = NEW.id;
  CREATE DEFINER='nobody'@'%' PROCEDURE pr() SELECT 'DEFINER=x@y';
  CREATE DEFINER='nobody'@'%' FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;
  CREATE DEFINER='nobody'@'%' EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DO DELETE FROM p WHERE id = 999;`

const OPTIONS = [
  '--no-defaults',
  '--routines',
  '--events',
  '--triggers',
  '--hex-blob',
  '--skip-extended-insert',
  '--skip-dump-date',
]

test('writeImportable() makes dumps of both Debian versions importable: nothing but the definers and the sandbox line differs', async () => {
  await mariadb.query("CREATE DATABASE source; CREATE USER nobody@'%'; GRANT ALL ON *.* TO nobody@'%'")
  await mariadb.query(SQL, 'source')
  const dumps = {
    here: await output('mariadb-dump', [...OPTIONS, `--socket=${mariadb.socket}`, 'source']),
    // Debian 13's, of that same database, made with these options
    debian13: readFileSync(join(import.meta.dirname, 'mariadb-dump-11.8.sql'), 'utf8'),
  }
  for (const [version, dump] of Object.entries(dumps)) {
    assert.match(dump, /DEFINER=`nobody`@`%`/)
    const free = (await through(Buffer.from(dump), 'source')).toString()
    assert.doesNotMatch(free, /nobody|sandbox mode/)
    await mariadb.query(`CREATE DATABASE copy_${version}`)
    await mariadb.query(free, `copy_${version}`)
    const [source, copy] = ['source', `copy_${version}`].map(name =>
      dumpOf(mariadb, name)
        .replaceAll(name, 'NAME')
        .replaceAll(/^(\S*.{0,60})DEFINER=`[^`]*`@`[^`]*`/gm, '$1DEFINER'),
    )
    assert.equal(copy, source, version)
  }
})

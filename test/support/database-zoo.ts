import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'

/** Everything odd that a database can hold and that has to come back. The account of the site is called like the database. */
const ZOO = (database: string): string => `
ALTER DATABASE COLLATE latin1_german1_ci;
CREATE DEFINER='${database}'@'localhost' FUNCTION älter(t VARCHAR(20)) RETURNS VARCHAR(20) DETERMINISTIC RETURN CONCAT(t, 'ß')//
ALTER DATABASE COLLATE utf8mb4_unicode_ci//
CREATE TABLE \`täbelle ☃\` (\`schlüssel\` VARCHAR(40) COLLATE utf8mb4_bin PRIMARY KEY, \`größe\` FLOAT, b FLOAT NOT NULL DEFAULT 0.1, ts TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP)//
INSERT INTO \`täbelle ☃\` (\`schlüssel\`, \`größe\`, b) VALUES ('a''b\\\\', 0.123456789, 16777217), ('é', NULL, 3.14159265), ('rund', 0.5, 0.1)//
CREATE TABLE \`kéy\` (k VARBINARY(8), f FLOAT, PRIMARY KEY (k))//
INSERT INTO \`kéy\` VALUES (0x00FF27, 1.23456789)//
CREATE TABLE sets (a VARCHAR(20) CHARACTER SET koi8r, b TEXT CHARACTER SET utf16, c CHAR(9) CHARACTER SET latin1 COLLATE latin1_german2_ci, d ENUM('ä', 'ö') CHARACTER SET latin1, j JSON, g GEOMETRY, bi BIT(5))//
INSERT INTO sets VALUES ('привет', '☃', 'Größe', 'ö', '{"a": "é"}', POINT(1, 2.5), b'10101')//
CREATE SEQUENCE numbers START WITH 5 INCREMENT BY 3//
CREATE TABLE numbered (id BIGINT DEFAULT NEXTVAL(numbers) PRIMARY KEY, t TEXT COMMENT 'nextval(\`${database}\`.\`numbers\`)')//
INSERT INTO numbered (t) VALUES ('one'), ('two')//
CREATE TABLE history (id INT PRIMARY KEY, t TEXT) WITH SYSTEM VERSIONING//
INSERT INTO history VALUES (1, 'first')// UPDATE history SET t = 'second'// DELETE FROM history//
CREATE TABLE parts (id INT, y INT, PRIMARY KEY (id, y)) PARTITION BY RANGE (y) (PARTITION old VALUES LESS THAN (2000), PARTITION new VALUES LESS THAN MAXVALUE)//
INSERT INTO parts VALUES (1, 1999), (2, 2024)//
CREATE TABLE made (a INT, twice INT AS (a * 2) VIRTUAL, thrice INT AS (a * 3) STORED, hidden INT INVISIBLE DEFAULT 7, CONSTRAINT small CHECK (a < 10))//
SET check_constraint_checks = 0// INSERT INTO made (a) VALUES (99)//
SET sql_mode = 'ALLOW_INVALID_DATES'// CREATE TABLE dates (d DATE, e DATETIME)// INSERT INTO dates VALUES ('2023-02-31', '2023-11-31 25:00:00'), ('0000-00-00', '0000-00-00 00:00:00')// SET sql_mode = DEFAULT//
CREATE TABLE large (id INT PRIMARY KEY, b LONGBLOB)//
INSERT INTO large VALUES (1, REPEAT(0x00FF0A27, 2300000))//
CREATE TABLE log (t TEXT)//
CREATE DEFINER='${database}'@'localhost' VIEW \`αβγ\` AS SELECT id, älter(t) AS x, '\`${database}\`.' AS y FROM numbered//
CREATE DEFINER='${database}'@'localhost' SQL SECURITY INVOKER VIEW \`a view of a view\` AS SELECT x FROM \`αβγ\`//
CREATE DEFINER='${database}'@'localhost' TRIGGER \`тригер\` BEFORE INSERT ON log FOR EACH ROW SET NEW.t = CONCAT(NEW.t, '
CREATE DEFINER=\`root\`@\`localhost\` VIEW \`in a text\` AS SELECT 1;
')//
CREATE DEFINER='${database}'@'localhost' TRIGGER a_later BEFORE INSERT ON log FOR EACH ROW FOLLOWS \`тригер\` SET NEW.t = CONCAT(NEW.t, '!')//
CREATE DEFINER='${database}'@'localhost' PROCEDURE \`procédure\`(IN \`é\` INT)
BEGIN
  -- told; /* and; */
  # more
  SELECT '\\';;', \`é\`, "//x" FROM \`${database}\`.numbered; /* ;; */
END//
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'//
CREATE DEFINER='${database}'@'localhost' PROCEDURE ansi() SELECT 'C:\\', "id" FROM "numbered"//
SET sql_mode = DEFAULT//
CREATE DEFINER='${database}'@'localhost' PROCEDURE after_ansi() SELECT 1//
CREATE DEFINER='${database}'@'localhost' EVENT \`事件\` ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO BEGIN SELECT ';;'; SELECT 1; /* ;;; */ END//
SET sql_mode = 'ORACLE'//
CREATE DEFINER='${database}'@'localhost' PACKAGE pack AS FUNCTION one RETURN INT; PROCEDURE two; END//
CREATE DEFINER='${database}'@'localhost' PACKAGE BODY pack AS FUNCTION one RETURN INT AS BEGIN RETURN 1; END; PROCEDURE two AS BEGIN SELECT 'ü'; END; END//
SET sql_mode = DEFAULT//
CREATE PROCEDURE \`by root\`() SELECT 'kept by root'//
CREATE TABLE later (a INT, b INT AS (a + 1) VIRTUAL, c DATETIME DEFAULT (NOW() + INTERVAL 1 DAY), u UUID DEFAULT '123e4567-e89b-12d3-a456-426655440000', i INET6 DEFAULT '::1', t TEXT, z TEXT COMPRESSED, KEY (b), FULLTEXT KEY words (t), KEY down (a DESC), KEY ignored (a, b) IGNORED)//
INSERT INTO later (a, t, z) VALUES (1, 'some words', 'pressed'), (NULL, '', NULL)//
CREATE TABLE leases (id INT, s DATE, e DATE, PERIOD FOR lease (s, e), UNIQUE (id, lease WITHOUT OVERLAPS))//
INSERT INTO leases VALUES (1, '2020-01-01', '2021-01-01'), (1, '2021-01-01', '2022-01-01')//
CREATE TABLE \`old rows\` (id INT PRIMARY KEY, t TEXT, u TEXT WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION old HISTORY, PARTITION new CURRENT)//
INSERT INTO \`old rows\` VALUES (1, 'first', 'x')// UPDATE \`old rows\` SET t = 'second'//
CREATE TABLE hashed (id INT, y INT) PARTITION BY LIST (y) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION odd VALUES IN (1, 3), PARTITION rest DEFAULT)//
INSERT INTO hashed VALUES (1, 1), (2, 2), (3, 3)//
`

/** A text that a character set can hold, where it is not plain letters. */
const TEXTS: Readonly<Record<string, string>> = {
  ...{ latin1: 'ß', latin2: 'ł', latin5: 'ş', latin7: 'ž', cp1250: 'ł', cp1257: 'ž', macce: 'ł', cp850: 'ü', dec8: 'ü' },
  ...{ koi8r: 'ж', cp1251: 'ж', cp866: 'ж', koi8u: 'ї', greek: 'λ', hebrew: 'ש', cp1256: 'ش', tis620: 'ก', euckr: '한' },
  ...{ sjis: '日', cp932: '日', ujis: '日', eucjpms: '日', big5: '水', gbk: '水', gb2312: '水' },
  ...{ utf8mb3: '☃', utf8mb4: '😀', ucs2: '☃', utf16: '😀', utf16le: '😀', utf32: '😀' },
}

/** Each character set as the database's own, which what is made meanwhile remembers; with that of a table, a column, and what a function returns. */
function mixOf(sets: readonly string[]): string {
  const each = (at: number): string => sets[at % sets.length]!
  const one = (database: string, at: number): string => {
    const [table, column, returned] = [each(at + 1), each(at + 2), each(at + 3)]
    return `
ALTER DATABASE CHARACTER SET ${database}//
CREATE TABLE \`mix ${database}\` (d VARCHAR(9) DEFAULT '${TEXTS[table] ?? 'd'}', c VARCHAR(9) CHARACTER SET ${column} DEFAULT '${TEXTS[column] ?? 'c'}') CHARACTER SET ${table}//
CREATE TABLE \`as ${database}\` (d VARCHAR(9) DEFAULT '${TEXTS[database] ?? 'd'}')//
INSERT INTO \`mix ${database}\` VALUES ()// INSERT INTO \`as ${database}\` VALUES ()//
CREATE FUNCTION \`of ${database}\`(t VARCHAR(9)) RETURNS VARCHAR(19) CHARACTER SET ${returned} DETERMINISTIC
BEGIN DECLARE own VARCHAR(9) DEFAULT '${TEXTS[database] ?? 'o'}'; RETURN '${TEXTS[returned] ?? 'r'}'; END//
CREATE TRIGGER \`on ${database}\` BEFORE INSERT ON \`as ${database}\` FOR EACH ROW SET NEW.d = '${TEXTS[database] ?? 'n'}'//
CREATE VIEW \`view ${database}\` AS SELECT d, c, '${TEXTS[database] ?? 'v'}' AS text FROM \`mix ${database}\`//`
  }
  return `${sets.map(one).join('')}\nALTER DATABASE COLLATE utf8mb4_unicode_ci//`
}

/** So many tables, and a view of a view of … them whose names are the other way round than they can be made. */
function manyOf(tables: number): string {
  const numbers = Array.from({ length: tables }, (_, at) => String(at).padStart(3, '0'))
  const made = numbers.map(
    number =>
      `CREATE TABLE table_${number} (id INT PRIMARY KEY AUTO_INCREMENT, t VARCHAR(9))// INSERT INTO table_${number} (t) VALUES ('${number}')//`,
  )
  const views = Array.from(
    { length: 10 },
    (_, at) => `CREATE VIEW tower_${9 - at} AS SELECT id FROM ${at === 0 ? 'table_000' : `tower_${10 - at}`}//`,
  )
  return [...made, ...views].join('\n')
}

/** How large the zoo is: all character sets that there are, and as many tables as a large shop has, when that is asked for. */
const IS_LARGE = process.env.HOLDFAST_ZOO === 'all'
const USUAL_SETS = ['latin1', 'utf8mb3', 'utf8mb4', 'koi8r', 'sjis', 'utf16']

/** What only an administrator can have made: it is of another database. */
const ABROAD = `CREATE DATABASE IF NOT EXISTS abroad; CREATE TABLE IF NOT EXISTS abroad.things (id INT PRIMARY KEY);
  CREATE VIEW things AS SELECT id FROM abroad.things; CREATE TABLE tied (id INT, CONSTRAINT tie FOREIGN KEY (id) REFERENCES abroad.things (id));`

const client = (mariadb: Mariadb, database: string, ...options: string[]): string[] => [
  ...['--no-defaults', `--socket=${mariadb.socket}`, '--comments', '--default-character-set=utf8mb4', ...options, database],
]

/** Puts the zoo into a database. */
export async function makeZoo(mariadb: Mariadb, database: string): Promise<void> {
  const all = await mariadb.query(
    "SELECT character_set_name FROM information_schema.character_sets WHERE character_set_name NOT IN ('binary', 'filename')",
  )
  const sets = IS_LARGE ? all.trim().split('\n') : USUAL_SETS
  const zoo = ZOO(database).replace('latin1_german1_ci;', 'latin1_german1_ci//')
  const sql = [zoo, mixOf(sets), manyOf(IS_LARGE ? 500 : 30)].join('\n')
  await output('mariadb', client(mariadb, database), `DELIMITER //\n${sql}\nDELIMITER ;\n${ABROAD}`)
  // a client of another character set: its text is kept as it came
  const latin1 = Buffer.from(`CREATE DEFINER='${database}'@'localhost' FUNCTION latin() RETURNS TEXT RETURN 'Größe'`, 'latin1')
  await output('mariadb', client(mariadb, database, '--default-character-set=latin1'), latin1 as unknown as string)
}

const DEFINER = /DEFINER=(?:`[^`]*`|"[^"]*")@(?:`[^`]*`|"[^"]*")/g
/** Begins the line before each answer, in which no answer has it. */
const MARK = '\u0001'

/** Asks many things in one session: each answer by its question. */
async function askAll(mariadb: Mariadb, database: string, questions: Readonly<Record<string, string>>) {
  const sql = Object.entries(questions).map(([name, question]) => `SELECT '${MARK}${name.replaceAll("'", "''")}';\n${question};`)
  const answers = (await mariadb.query(sql.join('\n'), database)).split(MARK).slice(1)
  return Object.fromEntries(
    answers.map(answer => [answer.slice(0, answer.indexOf('\n')), answer.slice(answer.indexOf('\n') + 1)]),
  )
}

/** The questions that say what there is of a kind, in an order of its own: \`SHOW CREATE TABLE name\`. */
const listings = (schema: string): Readonly<Record<string, string>> => ({
  tables: `SELECT CONCAT('SHOW CREATE ', IF(table_type IN ('VIEW', 'SEQUENCE'), table_type, 'TABLE'), ' \`', table_name, '\`') FROM information_schema.tables WHERE table${schema} ORDER BY 1`,
  routines: `SELECT CONCAT('SHOW CREATE ', routine_type, ' \`', routine_name, '\`') FROM information_schema.routines WHERE routine${schema} ORDER BY 1`,
  triggers: `SELECT CONCAT('SHOW CREATE TRIGGER \`', trigger_name, '\`') FROM information_schema.triggers WHERE trigger${schema} ORDER BY action_order, trigger_name`,
  events: `SELECT CONCAT('SHOW CREATE EVENT \`', event_name, '\`') FROM information_schema.events WHERE event${schema} ORDER BY 1`,
})

/** All that a database is, by the server's own word: for comparing, without who defined what. */
export async function zooState(mariadb: Mariadb, database: string): Promise<Record<string, string>> {
  const lists = await askAll(mariadb, database, listings(`_schema = '${database}'`))
  const shows = Object.values(lists).flatMap(list => list.split('\n').filter(line => line !== ''))
  const names = shows
    .flatMap(show => /^SHOW CREATE (?:TABLE|SEQUENCE) `(.*)`$/.exec(show)?.[1] ?? [])
    .filter(name => name !== 'large')
  const tables = shows.flatMap(show => /^SHOW CREATE TABLE (.*)$/.exec(show)?.[1] ?? [])
  const said = await askAll(mariadb, database, {
    ...Object.fromEntries(shows.map(show => [show, show])),
    ...Object.fromEntries(names.map(name => [`rows of ${name}`, `SELECT * FROM \`${name}\` ORDER BY 1`])),
    ...Object.fromEntries(tables.map(name => [`checksum of ${name}`, `CHECKSUM TABLE ${name} EXTENDED`])),
    floats:
      'SELECT CAST(`größe` AS DOUBLE), CAST(b AS DOUBLE), ts FROM `täbelle ☃` ORDER BY `schlüssel`; SELECT CAST(f AS DOUBLE) FROM `kéy`',
    history:
      'SELECT id, t FROM history FOR SYSTEM_TIME ALL ORDER BY row_start; SELECT id, t, u FROM `old rows` FOR SYSTEM_TIME ALL ORDER BY row_start',
    collation: `SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '${database}'`,
    large: 'SELECT MD5(b) FROM large',
  })
  return Object.fromEntries(Object.entries(said).map(([name, answer]) => [name, plain(name, answer, database)]))
}

/** Without who defined what, when, and in which database. */
function plain(name: string, answer: string, database: string): string {
  if (!name.startsWith('SHOW') && !name.startsWith('checksum')) return answer
  return answer
    .replace(DEFINER, 'DEFINER')
    .replace(/\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d(?=\n|$)/, '')
    .replace('INVISIBLE DEFAULT 7', 'DEFAULT 7 INVISIBLE') // MariaDB 11 has it the other way round
    .replaceAll(database, 'NAME')
}

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
`

/** What only an administrator can have made: it is of another database. */
const ABROAD = `CREATE DATABASE IF NOT EXISTS abroad; CREATE TABLE IF NOT EXISTS abroad.things (id INT PRIMARY KEY);
  CREATE VIEW things AS SELECT id FROM abroad.things; CREATE TABLE tied (id INT, CONSTRAINT tie FOREIGN KEY (id) REFERENCES abroad.things (id));`

const client = (mariadb: Mariadb, database: string, ...options: string[]): string[] => [
  ...['--no-defaults', `--socket=${mariadb.socket}`, '--comments', '--default-character-set=utf8mb4', ...options, database],
]

/** Puts the zoo into a database. */
export async function makeZoo(mariadb: Mariadb, database: string): Promise<void> {
  const sql = ZOO(database).replace('latin1_german1_ci;', 'latin1_german1_ci//')
  await output('mariadb', client(mariadb, database), `DELIMITER //\n${sql}\nDELIMITER ;\n${ABROAD}`)
  // a client of another character set: its text is kept as it came
  const latin1 = Buffer.from(`CREATE DEFINER='${database}'@'localhost' FUNCTION latin() RETURNS TEXT RETURN 'Größe'`, 'latin1')
  await output('mariadb', client(mariadb, database, '--default-character-set=latin1'), latin1 as unknown as string)
}

const DEFINER = /DEFINER=(?:`[^`]*`|"[^"]*")@(?:`[^`]*`|"[^"]*")/g

/** All that a database is, by the server's own word: for comparing, without who defined what. */
export async function zooState(mariadb: Mariadb, database: string): Promise<Record<string, string>> {
  const query = (sql: string): Promise<string> => mariadb.query(sql, database)
  const schema = `_schema = '${database}'`
  const names = (
    await query(`SELECT table_name FROM information_schema.tables WHERE table${schema} AND table_type <> 'VIEW' ORDER BY 1`)
  )
    .trim()
    .split('\n')
  const shows = [
    ...(
      await query(
        `SELECT CONCAT('SHOW CREATE ', IF(table_type = 'VIEW', 'VIEW', IF(table_type = 'SEQUENCE', 'SEQUENCE', 'TABLE')), ' \`', table_name, '\`;') FROM information_schema.tables WHERE table${schema} ORDER BY 1`,
      )
    ).split('\n'),
    ...(
      await query(
        `SELECT CONCAT('SHOW CREATE ', routine_type, ' \`', routine_name, '\`;') FROM information_schema.routines WHERE routine${schema} ORDER BY 1`,
      )
    ).split('\n'),
    ...(
      await query(
        `SELECT CONCAT('SHOW CREATE TRIGGER \`', trigger_name, '\`;') FROM information_schema.triggers WHERE trigger${schema} ORDER BY action_order, trigger_name`,
      )
    ).split('\n'),
    ...(
      await query(
        `SELECT CONCAT('SHOW CREATE EVENT \`', event_name, '\`;') FROM information_schema.events WHERE event${schema} ORDER BY 1`,
      )
    ).split('\n'),
  ].filter(line => line !== '')
  const state: Record<string, string> = {}
  for (const show of shows) {
    const said = await query(show)
    state[show] = said
      .replace(DEFINER, 'DEFINER')
      .replace(/\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d\d(?=\n|$)/, '')
      .replaceAll(database, 'NAME')
  }
  for (const name of names) state[`rows of ${name}`] = await query(`SELECT * FROM \`${name}\` ORDER BY 1`)
  state.floats = await query(
    'SELECT CAST(`größe` AS DOUBLE), CAST(b AS DOUBLE), ts FROM `täbelle ☃` ORDER BY `schlüssel`; SELECT CAST(f AS DOUBLE) FROM `kéy`',
  )
  state.history = await query('SELECT id, t FROM history FOR SYSTEM_TIME ALL ORDER BY row_start')
  state.collation = await query(
    `SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '${database}'`,
  )
  state.large = await query('SELECT MD5(b) FROM large')
  state['rows of large'] = ''
  return state
}

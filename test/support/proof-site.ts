import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'
import { snapshot } from './snapshot.ts'

/** The smallest site whose page proves which state it is in: one word of a file and one of its database, read through a view. */
export interface ProofSite {
  readonly name: string
  readonly folder: string
  readonly root: string
  readonly database: string
  /** That of a second WordPress in its folder, where it has one: the page says its word too. */
  readonly second?: string
  readonly mariadb: Mariadb
}

const PAGE = `<?php
require __DIR__ . '/wp-config.php';
mysqli_report(MYSQLI_REPORT_OFF);
function word($name) {
  $link = @mysqli_connect('localhost', $name, "password-of-$name", $name);
  $row = $link ? @mysqli_fetch_row(mysqli_query($link, 'SELECT option_value FROM wp_version')) : null;
  if (!$row) http_response_code(500);
  return $row ? $row[0] : 'none';
}
echo 'file=' . trim(file_get_contents(__DIR__ . '/version.txt')) . ' database=' . word(DB_NAME);
if (is_dir(__DIR__ . '/second')) echo ' second=' . word(DB_NAME . '_2');
`

/** A database with everything that an exchange of tables could lose. Its tables are those that WordPress always has, and two with a foreign key. */
const SCHEMA = (account: string) => `
  CREATE TABLE wp_options (option_id INT PRIMARY KEY AUTO_INCREMENT, option_name VARCHAR(64) UNIQUE, option_value TEXT);
  CREATE TABLE wp_users (id INT PRIMARY KEY); CREATE TABLE wp_posts (id INT PRIMARY KEY AUTO_INCREMENT, title TEXT);
  CREATE TABLE parent (id INT PRIMARY KEY); CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id));
  INSERT INTO wp_options (option_name, option_value) VALUES ('version', 'none'); INSERT INTO wp_users VALUES (1); INSERT INTO wp_posts (title) VALUES ('Hello');
  INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);
  CREATE DEFINER=${account} VIEW wp_version AS SELECT option_value FROM wp_options WHERE option_name = 'version';
  CREATE DEFINER=${account} TRIGGER stamp BEFORE INSERT ON wp_posts FOR EACH ROW SET NEW.title = CONCAT(NEW.title, '!');
  CREATE DEFINER=${account} PROCEDURE counted() SELECT COUNT(*) FROM wp_posts;
  CREATE DEFINER=${account} FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN 2 * n;
  CREATE DEFINER=${account} EVENT sweep ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM child WHERE id = 999;`

/** Makes one. Its database and account have one name. */
export async function createProofSite(vhosts: string, name: string, database: string, mariadb: Mariadb): Promise<ProofSite> {
  const folder = join(vhosts, name)
  const root = join(folder, 'SITE')
  mkdirSync(join(root, 'wp-content'), { recursive: true })
  writeFileSync(join(root, 'wp-config.php'), configOf({ name: database, user: database, password: `password-of-${database}` }))
  writeFileSync(join(root, 'index.php'), PAGE)
  await createDatabase(mariadb, database)
  return { name, folder, root, database, mariadb }
}

async function createDatabase(mariadb: Mariadb, database: string): Promise<void> {
  await mariadb.query(`CREATE DATABASE \`${database}\`; CREATE USER '${database}'@'localhost' IDENTIFIED BY 'password-of-${database}';
    GRANT ALL ON \`${database.replaceAll('_', '\\_')}\`.* TO '${database}'@'localhost'`)
  await mariadb.query(SCHEMA(`'${database}'@'localhost'`), database)
}

/** The same with a second WordPress in its folder. */
export async function withSecond(site: ProofSite): Promise<ProofSite> {
  const second = `${site.database}_2`
  const root = join(site.root, 'second')
  mkdirSync(root)
  writeFileSync(join(root, 'wp-config.php'), configOf({ name: second, user: second, password: `password-of-${second}` }))
  writeFileSync(join(root, 'wp-settings.php'), '<?php\n')
  await createDatabase(site.mariadb, second)
  return { ...site, second }
}

const databasesOf = ({ database, second }: Pick<ProofSite, 'database' | 'second'>): string[] => [
  database,
  ...(second === undefined ? [] : [second]),
]

export function configOf({ name, user, password }: { name: string; user: string; password: string }): string {
  const defines = Object.entries({ DB_NAME: name, DB_USER: user, DB_PASSWORD: password, DB_HOST: 'localhost' })
  return `<?php\n${defines.map(([key, value]) => `define('${key}', '${value}');`).join('\n')}\n$table_prefix = 'wp_';\n`
}

/** Brings a site's files and its database to a version of this name: files that differ, are added and are gone; rows and a table too. */
export async function setVersion(site: ProofSite, version: string): Promise<void> {
  const { root, mariadb } = site
  writeFileSync(join(root, 'version.txt'), `${version}\n`)
  writeFileSync(join(root, 'wp-content', `only-in-${version}.txt`), version)
  for (const database of databasesOf(site))
    await mariadb.query(
      `UPDATE wp_options SET option_value = '${version}' WHERE option_name = 'version';
       CREATE TABLE only_in_${version} (id INT PRIMARY KEY); INSERT INTO wp_posts (title) VALUES ('${version}')`,
      database,
    )
}

/** All that a site is: its files, and its databases with what they define. Times are in whole seconds. */
export interface State {
  readonly files: Record<string, string>
  readonly database: string
}

/** Takes a site's state. The time of its top folder does not count: a marker that is written again changes it. */
export async function stateOf(site: Pick<ProofSite, 'folder' | 'database' | 'second' | 'mariadb'>): Promise<State> {
  const { '': _top, ...files } = snapshot(site.folder)
  const dumps = await Promise.all(databasesOf(site).map(database => dumpOf(site.mariadb, database)))
  return { files, database: dumps.join('\n') }
}

/** A database as text. */
export async function dumpOf(mariadb: Mariadb, database: string): Promise<string> {
  const options = ['--routines', '--events', '--triggers', '--order-by-primary', '--skip-dump-date', '--single-transaction']
  return await output('mariadb-dump', ['--no-defaults', `--socket=${mariadb.socket}`, ...options, database])
}

/** What the page of a site says without a web server in between. */
export const versionFile = ({ root }: ProofSite): string => readFileSync(join(root, 'version.txt'), 'utf8').trim()

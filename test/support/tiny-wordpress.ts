import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'

/** What Holdfast sees of a WordPress site: a configuration and a database, without WordPress itself. */
export interface TinyWordpress {
  readonly name: string
  readonly folder: string
  readonly config: string
  readonly database: string
  readonly password: string
}

/**
 * Makes one on a server, with the tables that every WordPress has, small. Its database and account are called `database`, and it says that its server is `localhost`.
 */
export async function tinyWordpress(vhosts: string, name: string, database: string, mariadb: Mariadb): Promise<TinyWordpress> {
  const folder = join(vhosts, name)
  const password = `known-password-of-${database}`
  mkdirSync(join(folder, 'SITE'), { recursive: true })
  const config = join(folder, 'SITE', 'wp-config.php')
  const defines = { DB_NAME: database, DB_USER: database, DB_PASSWORD: password, DB_HOST: 'localhost' }
  const lines = Object.entries(defines).map(([key, value]) => `define('${key}', '${value}');`)
  writeFileSync(config, `<?php\n${lines.join('\n')}\n$table_prefix = 'wp_';\nrequire_once ABSPATH . 'wp-settings.php';\n`)
  chmodSync(config, 0o640)
  writeFileSync(join(folder, 'SITE', 'index.php'), '<?php // silence\n')
  await mariadb.query(`CREATE DATABASE \`${database}\`;
    CREATE USER '${database}'@'localhost' IDENTIFIED BY '${password}';
    GRANT ALL ON \`${database.replaceAll('_', '\\_')}\`.* TO '${database}'@'localhost';
    CREATE TABLE \`${database}\`.wp_posts (id INT PRIMARY KEY AUTO_INCREMENT, title TEXT, body BLOB);
    CREATE TABLE \`${database}\`.wp_options (option_name VARCHAR(64) PRIMARY KEY, option_value TEXT);
    INSERT INTO \`${database}\`.wp_options VALUES ('siteurl', 'http://${database}.example');
    CREATE TABLE \`${database}\`.wp_users (id INT PRIMARY KEY, name TEXT);
    INSERT INTO \`${database}\`.wp_users VALUES (1, 'admin');
    INSERT INTO \`${database}\`.wp_posts (title, body) VALUES ('Hello', 0x00FF27), ('Zweitens: é', NULL);`)
  return { name, folder, config, database, password }
}

import { execFileSync, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { createWordpress, type WordPressPlan, type WordPressSite } from '../../lib/sandbox/wordpress.ts'
import type { Ended, Stage, StageHost } from './stage.ts'
import { type TinyWordpress, tinyWordpress } from './tiny-wordpress.ts'

/** Runs a task of Holdfast for a host of a stage, as a process of its own, to its end. Standard input is no terminal. */
export async function runTask(
  stage: Stage,
  task: string,
  host: StageHost,
  words: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const script = join(import.meta.dirname, '../../tasks', `${task}.ts`)
  const all = [script, '--host', host.name, '--inventory', join(stage.folder, 'hosts'), ...words]
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const closed = new Promise<[number | null, string | null]>(resolve => child.on('close', (...how) => resolve(how)))
  const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, signal, stdout, stderr }
}

/**
 * A dump of a database by the administrator, for comparing: tables, rows, views, triggers, routines and events.
 * @param without a table that is left out
 */
export const dumpOf = (server: Mariadb, database: string, without = ''): string =>
  execFileSync(
    'mariadb-dump',
    [
      ...['--no-defaults', `--socket=${server.socket}`, '--skip-dump-date', '--routines', '--events', '--triggers'],
      ...['--hex-blob', '--order-by-primary', '--skip-extended-insert'],
      ...[`--ignore-table=${database}.${without}`, database],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 30 },
  )

/** What a front page does without: some 60 MB of the tree. */
const UNUSED = [
  ...['css', 'js', 'images'].map(part => `wp-admin/${part}`),
  ...['js', 'css', 'fonts', 'images'].map(part => `wp-includes/${part}`),
  'wp-content/languages',
]

/** A real WordPress site without what its front page can do without, for tests that restore it many times. */
export async function smallWordpress(plan: WordPressPlan): Promise<WordPressSite> {
  const site = await createWordpress(plan)
  for (const path of UNUSED) rmSync(join(site.root, path), { recursive: true, force: true })
  return site
}

/** What Holdfast sees of a WordPress site, with the tables that every WordPress has; quick to restore. */
export async function quickSite(vhosts: string, name: string, database: string, server: Mariadb): Promise<TinyWordpress> {
  const site = await tinyWordpress(vhosts, name, database, server)
  await server.query(
    `DROP TABLE IF EXISTS wp_options, wp_users;
    CREATE TABLE wp_options (option_id INT PRIMARY KEY AUTO_INCREMENT, option_name VARCHAR(191) UNIQUE, option_value LONGTEXT);
    INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl', 'http://a.example'), ('_transient_x', '1'), ('cron', 'a');
    CREATE TABLE wp_users (id INT PRIMARY KEY); INSERT INTO wp_users VALUES (1);
    CREATE DEFINER='${database}'@localhost VIEW titles AS SELECT title FROM wp_posts`,
    database,
  )
  return site
}

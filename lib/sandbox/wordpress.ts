import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mariadb } from './mariadb.ts'
import { output } from './process.ts'
import { localDatabase } from './web.ts'

const DEBIAN_TREE = '/usr/share/wordpress'

export interface WordPressPlan {
  /** The host's vhosts root; the site becomes `<vhosts>/<name>/SITE`. */
  readonly vhosts: string
  readonly name: string
  readonly title: string
  readonly mariadb: Mariadb
  /** `<an identifier made from name>.example` by default. */
  readonly domain?: string
  /** DB_HOST, the server's socket by default; `localhost` suits a site that another server will serve too. */
  readonly databaseHost?: string
}

export interface WordPressSite {
  readonly name: string
  readonly folder: string
  readonly root: string
  readonly domain: string
  readonly database: { readonly name: string; readonly user: string; readonly password: string }
  readonly socket: string
}

/**
 * Makes a real WordPress site: Debian's tree copied, a database and an account of its own, WordPress installed. It
 * answers under whatever host name it is asked by, so that a replica on another port is not sent elsewhere. It sends no
 * mail and asks nothing of the network.
 */
export async function createWordpress(plan: WordPressPlan): Promise<WordPressSite> {
  const site = describe(plan)
  await mkdir(site.folder, { recursive: true })
  await output('cp', ['-aL', '--', DEBIAN_TREE, site.root])
  await rm(join(site.root, 'wp-config.php'), { force: true })
  await mkdir(join(site.root, 'wp-content', 'uploads'), { recursive: true })
  await writeFile(join(site.root, 'wp-config.php'), config(site, plan.databaseHost ?? `localhost:${site.socket}`), {
    mode: 0o640,
  })
  await plan.mariadb.query(accountSql(site.database))
  await php(site, 'install.php', { title: plan.title, url: `http://${site.domain}`, password: secret() })
  if (process.getuid?.() === 0) await output('chown', ['-R', 'www-data:www-data', '--', site.root])
  return site
}

/** Publishes a post, by WordPress itself; returns its number. */
export async function addPost(site: WordPressSite, title: string, content: string): Promise<number> {
  return Number(await php(site, 'post.php', { title, content }))
}

function describe({ vhosts, name, domain, mariadb }: WordPressPlan): WordPressSite {
  const folder = join(vhosts, name)
  const root = join(folder, 'SITE')
  if (existsSync(root)) throw new Error(`cannot make the WordPress site "${name}": ${root} is there already`)
  const id = `wp_${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
  const label =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'site'
  const database = { name: id, user: id, password: secret() }
  return { name, folder, root, domain: domain ?? `${label}.example`, database, socket: mariadb.socket }
}

function accountSql({ name, user, password }: WordPressSite['database']): string {
  return `CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4;
    CREATE USER '${user}'@'localhost' IDENTIFIED BY '${password}';
    GRANT ALL ON \`${name.replaceAll('_', '\\_')}\`.* TO '${user}'@'localhost';`
}

function config({ database }: WordPressSite, databaseHost: string): string {
  const credentials = { DB_NAME: database.name, DB_USER: database.user, DB_PASSWORD: database.password, DB_HOST: databaseHost }
  const keys = ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'].flatMap(use => [`${use}_KEY`, `${use}_SALT`])
  const texts = { ...credentials, DB_CHARSET: 'utf8mb4', DB_COLLATE: '', ...Object.fromEntries(keys.map(key => [key, secret()])) }
  const defines = Object.entries(texts).map(([key, value]) => `define('${key}', ${phpText(value)});`)
  return `<?php
${defines.join('\n')}
$table_prefix = 'wp_';
define('WP_DEBUG', false);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
if (isset($_SERVER['HTTP_HOST'])) {
    define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']);
    define('WP_SITEURL', 'http://' . $_SERVER['HTTP_HOST']);
}
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
`
}

function phpText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

function php(site: WordPressSite, script: string, input: object): Promise<string> {
  const file = join(import.meta.dirname, 'php', script)
  return output('php', [...localDatabase(site.socket), file], JSON.stringify({ root: site.root, ...input }))
}

function secret(): string {
  return randomBytes(16).toString('hex')
}

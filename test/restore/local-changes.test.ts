import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { DatabaseAccess } from '../../lib/core/database-access.ts'
import { changesBetween, changesText, isWritten, type LocalChanges, type SiteLook } from '../../lib/core/local-changes.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { HostContext } from '../../lib/host/site.ts'
import { sizesIn, takeFingerprint } from '../../lib/restore/fingerprint.ts'
import { isChangesFolder } from '../../lib/restore/journal.ts'
import { keepChanges, tidyChanges } from '../../lib/restore/kept-changes.ts'
import { described } from '../../lib/restore/written-rows.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { serve, type WebServer } from '../../lib/sandbox/web.ts'
import { addPost, createWordpress, type WordPressSite } from '../../lib/sandbox/wordpress.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

/** Each day is like the one before: the first two show all, and a week is asked for by hand. */
const DAYS = Number(process.env.HOLDFAST_VISITS ?? 2)

const folder = ownFolder('local-changes')
const { shell, notes } = hearingShell()
let mariadb: Mariadb
let site: WordPressSite
let server: WebServer
let context: HostContext
let access: DatabaseAccess
let look: SiteLook

/** A counter in a table of its own and in each post's meta, and a cache of pages, as plugins keep them. */
const PLUGIN = `<?php
add_filter('pre_http_request', fn() => new WP_Error('x', 'one server of one thread cannot ask itself'));
add_action('wp', function () {
  global $wpdb;
  $wpdb->query("INSERT INTO {$wpdb->prefix}statistics_visitor (at) VALUES (NOW())");
  if (is_singular()) update_post_meta(get_the_ID(), 'post_views_count', 1 + (int) get_post_meta(get_the_ID(), 'post_views_count', true));
  update_option('my_counter', 1 + (int) get_option('my_counter'));
  $dir = WP_CONTENT_DIR . '/cache/pages'; wp_mkdir_p($dir);
  file_put_contents($dir . '/' . md5($_SERVER['REQUEST_URI']) . '.php', '<?php // ' . microtime());
  error_log('visited', 3, WP_CONTENT_DIR . '/debug.log');
});`

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
  const host = hostIn(folder, { database: { socket: mariadb.socket } })
  site = await createWordpress({ vhosts: host.vhosts, name: 'blog', title: 'A blog', mariadb })
  await mariadb.query('CREATE TABLE wp_statistics_visitor (id INT PRIMARY KEY AUTO_INCREMENT, at DATETIME)', site.database.name)
  await mariadb.query(
    `CREATE TABLE wp_wc_orders (id BIGINT PRIMARY KEY, status VARCHAR(20), total_amount DECIMAL(26,8), billing_email VARCHAR(320), date_updated_gmt DATETIME);
    CREATE TABLE wp_wc_orders_meta (id BIGINT PRIMARY KEY AUTO_INCREMENT, order_id BIGINT, meta_key VARCHAR(255), meta_value TEXT);
    CREATE TABLE wp_woocommerce_order_items (order_item_id BIGINT PRIMARY KEY, order_item_name TEXT, order_id BIGINT);
    CREATE TABLE wp_woocommerce_order_itemmeta (meta_id BIGINT PRIMARY KEY, order_item_id BIGINT, meta_value TEXT)`,
    site.database.name,
  )
  const plugins = join(site.root, 'wp-content/mu-plugins')
  mkdirSync(plugins)
  writeFileSync(join(plugins, 'visits.php'), PLUGIN)
  execFileSync('chown', ['-R', 'www-data:www-data', site.root])
  await addPost(site, 'Hello there', 'Welcome')
  server = await serve(site.root)
  context = { host, secrets: new Map(), shell }
  const { name, user, password } = site.database
  access = {
    database: name,
    user,
    password: new Secret(password),
    address: { kind: 'default' },
    tablePrefix: 'wp_',
    charset: undefined,
  }
  look = await takeFingerprint(context, site.folder, [access])
})
after(async () => {
  await server.stop()
  await mariadb.stop()
})

/** What was changed since the replica was put in place. */
async function changes(): Promise<LocalChanges> {
  const found = changesBetween(look, await takeFingerprint(context, site.folder, [access]))
  return { ...found, rows: await described(context, found.rows) }
}

/** A form that a browser sends. */
const post = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(new URL(path, server.url), { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })

test('days of visits to a replica, with a counter, a cache of pages and logins, is no edit', async () => {
  for (let day = 0; day < DAYS; day += 1) {
    for (const path of [
      '/',
      '/?feed=rss2',
      '/?s=hello',
      '/?p=1',
      '/?rest_route=/wp/v2/posts',
      '/no-such-page',
      '/wp-cron.php',
      '/wp-login.php',
    ])
      assert.ok((await server.get(path)).status < 500, path)
    const { status } = await post('/wp-login.php', { log: 'admin', pwd: 'wrong', testcookie: '1' })
    assert.equal(status, 200)
  }
  // a login that succeeds, a dashboard that is looked at, spam, and a cart
  await mariadb.query(
    `INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (1, 'session_tokens', 'a:1'), (1, 'wp_dashboard_quick_press_last_post_id', '9');
    INSERT INTO wp_posts (post_title, post_content, post_excerpt, to_ping, pinged, post_content_filtered, post_status) VALUES ('Auto Draft', '', '', '', '', '', 'auto-draft');
    UPDATE wp_users SET user_activation_key = 'x', user_pass = 'the same, hashed anew';
    UPDATE wp_posts SET comment_count = 9;
    INSERT INTO wp_comments (comment_post_ID, comment_author, comment_content, comment_approved) VALUES (1, 'Bot', 'pills', 'spam');
    INSERT INTO wp_wc_orders (id, status) VALUES (5, 'wc-checkout-draft')`,
    site.database.name,
  )
  const found = await changes()
  assert.equal(changesText(found), '')
  assert.equal(isWritten(found), false)
  assert.ok(found.noise > 3, 'the pages of the cache, and the log')
  assert.deepEqual(found.unknown, [`${site.database.name}.wp_options`], 'an option of a plugin that nobody knows')
})

test('one comment among all that is told, by name', async () => {
  const { status } = await post('/wp-comments-post.php', {
    comment: 'Nice post',
    author: 'Ann',
    email: 'ann@example.org',
    comment_post_ID: '1',
  })
  assert.equal(status, 302)
  assert.equal(changesText(await changes()), '1 comment by Ann')
})

test('what people wrote is kept apart: files as they are, rows with what belongs to them, and a list', async () => {
  const uploads = join(site.root, 'wp-content/uploads/2026')
  mkdirSync(uploads, { recursive: true })
  writeFileSync(join(uploads, 'cat.jpg'), 'a cat')
  writeFileSync(join(uploads, 'odd \u001b[2J\n name.jpg'), 'odd')
  symlinkSync('/etc/passwd', join(uploads, 'link.jpg'))
  execFileSync('mkfifo', [join(uploads, 'pipe.jpg')])
  await mariadb.query(
    `INSERT INTO wp_wc_orders VALUES (7, 'wc-processing', 12.5, 'ann@example.org', NOW());
    INSERT INTO wp_wc_orders_meta (order_id, meta_key, meta_value) VALUES (7, '_gift', 'yes');
    INSERT INTO wp_woocommerce_order_items VALUES (70, 'A cup', 7), (80, 'of another', 8);
    INSERT INTO wp_woocommerce_order_itemmeta VALUES (700, 70, 'blue'), (800, 80, 'red');
    INSERT INTO wp_users (user_login, user_email) VALUES ('ann', 'ann@example.org');
    UPDATE wp_comments SET comment_content = CONCAT('Nice ', CHAR(27), '[31mpost, it''s') WHERE comment_author = 'Ann'`,
    site.database.name,
  )
  const found = await changes()
  assert.equal(
    changesText(found).split(', ').slice(0, 4).join(', '),
    '1 comment by Ann, 1 order (no. 7), 1 user (ann), 4 uploads (SITE/wp-content/uploads/2026/cat.jpg',
  )
  const sizes = sizesIn(await takeFingerprint(context, site.folder, [access]))
  const place = siteOf(context.host, 'blog')
  const gone = { path: 'SITE/wp-content/uploads/gone.jpg', kind: 'upload', how: 'added' } as const
  const all = { ...found, files: [gone, ...found.files] }
  const kept = await keepChanges(context, place, all, { kind: 'changes', head: 'For a test', sizes })
  assert.deepEqual([kept.left, notes], [[], []])
  const files = join(kept.path, 'files/SITE/wp-content/uploads/2026')
  assert.deepEqual(readdirSync(files), ['cat.jpg', 'link.jpg', 'odd \u001b[2J\n name.jpg', 'pipe.jpg'])
  assert.equal(readFileSync(join(files, 'cat.jpg'), 'utf8'), 'a cat')
  const [sql, list] = ['rows.sql', 'list.txt'].map(name => readFileSync(join(kept.path, name), 'utf8')) as [string, string]
  assert.doesNotMatch(sql + list, /[\u0000-\u0009\u000b-\u001f\u007f]/, 'nothing that a terminal obeys')
  assert.match(list, /^added comment "Ann" \(\w+\.wp_comments \d+\)$/m)
  assert.doesNotMatch(sql, /of another|'red'|Bot|Auto Draft/)

  await mariadb.query(
    `CREATE DATABASE merged; ${['comments', 'commentmeta', 'users', 'usermeta', 'wc_orders', 'wc_orders_meta', 'woocommerce_order_items', 'woocommerce_order_itemmeta'].map(name => `CREATE TABLE merged.wp_${name} LIKE ${site.database.name}.wp_${name}`).join('; ')}`,
  )
  await mariadb.query(sql, 'merged')
  const merged = await mariadb.query(
    'SELECT comment_content FROM wp_comments; SELECT user_login FROM wp_users; SELECT status FROM wp_wc_orders; SELECT meta_value FROM wp_wc_orders_meta; SELECT order_item_name FROM wp_woocommerce_order_items; SELECT meta_value FROM wp_woocommerce_order_itemmeta',
    'merged',
  )
  assert.deepEqual(merged.trim().split('\n'), ["Nice \u001b[31mpost, it's", 'ann', 'wc-processing', 'yes', 'A cup', 'blue'])
})

test('what is kept of a site is bounded: what does not fit is named, and the oldest go first', async () => {
  const small = { ...context, host: { ...context.host, keepChanges: { days: 30, megabytes: 1 } } }
  const uploads = join(site.root, 'wp-content/uploads')
  for (const name of ['large.zip', 'larger.zip']) writeFileSync(join(uploads, name), Buffer.alloc(700_000 + name.length))
  const is = await takeFingerprint(context, site.folder, [access])
  const found = changesBetween(look, is)
  const place = siteOf(context.host, 'blog')
  const kept = await keepChanges(small, place, found, { kind: 'changes', head: 'For a test', sizes: sizesIn(is) })
  assert.match(kept.left.join('\n'), /^1 file: more than 1\.00 MB \(keepChanges in the inventory\)/)
  assert.match(readFileSync(join(kept.path, 'list.txt'), 'utf8'), /larger\.zip"\n[\s\S]*\nNot kept:\n1 file/)
  const home = join(kept.path, '..')
  assert.equal(readdirSync(home).filter(isChangesFolder).length, 2)
  mkdirSync(join(home, 'changes-2020-01-01T000000Z'))
  mkdirSync(join(home, 'late-writes-2020-01-01T000000Z'))
  await tidyChanges({ ...small, host: { ...small.host, keepChanges: { days: 30, megabytes: 0.5 } } }, 'blog')
  assert.deepEqual(readdirSync(home), [kept.path.split('/').at(-1)])
})

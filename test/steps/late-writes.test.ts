import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as elapse } from 'node:timers/promises'
import { newestSet } from '../../lib/core/collection.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { type Forked, keepLateWrites } from '../../lib/moves/step-down.ts'
import { collectLateWrites } from '../../lib/restore/late-writes.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createWordpress, type WordPressSite } from '../../lib/sandbox/wordpress.ts'
import { status } from '../../lib/steps/status.ts'
import type { Archive } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, siteOf } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { hearingShell } from '../support/shell.ts'
import { claim, Stage, type StageHost } from '../support/stage.ts'

const folder = quickFolder('late-writes')
let mariadb: Mariadb
let stage: Stage
let web1: StageHost
let blog: WordPressSite

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
  stage = new Stage(folder)
  const database = { socket: mariadb.socket }
  web1 = stage.addHost('web1', { database } as object)
  blog = await createWordpress({ vhosts: web1.vhosts, name: 'blog', title: 'A blog', mariadb })
  await mariadb.query(
    `CREATE TABLE wp_wc_orders (id BIGINT PRIMARY KEY, status VARCHAR(20), total_amount DECIMAL(26,8), customer_note TEXT);
    INSERT INTO wp_wc_orders VALUES (1, 'wc-pending', 1, 'it''s, a \\\\ note\\n');
    INSERT INTO wp_posts (post_title, post_content, post_excerpt, to_ping, pinged, post_content_filtered, post_status, post_date) VALUES ('Planned', '', '', '', '', '', 'future', NOW());
    CREATE TABLE wp_woocommerce_order_items (order_item_id BIGINT PRIMARY KEY, order_item_name TEXT, order_id BIGINT)`,
    blog.database.name,
  )
  claim(blog.folder, web1)
  const { code, stdout, stderr } = await stage.nightly(web1)
  assert.equal(code, 0, stdout + stderr)
  // the set has the second in which it was begun, and so have inodes that are changed in it
  await elapse(1100)
})
after(() => mariadb.stop())

const host = () => hostIn(web1.folder, { database: { socket: mariadb.socket }, archive: { kind: 'folder', path: stage.archive } })
const site = () => siteOf(host(), 'blog', { wpConfig: join(blog.root, 'wp-config.php') })
const context = () => ({ host: host(), secrets: new Map(), shell: hearingShell().shell })
const newest = (): number => {
  const names = readdirSync(join(stage.archive, 'blog')).map(name => ({ name, bytes: 1 }))
  return newestSet(collectionOf(names))!.time
}

/** Looks for what was written since the newest set, as a host does that comes back. */
async function comeBack(since = newest()): Promise<string[]> {
  const archive = { kind: 'folder', root: stage.archive, place: { base: stage.archive, way: '' } } as unknown as Archive
  const start = { host: host(), secrets: new Map(), archive, site: site(), fork: { since, by: 'web2' } }
  const facts = recipe<Needs<'host' | 'secrets' | 'archive' | 'site'> & Forked>().do(status).do(keepLateWrites)
  return notesOf(await perform(facts, start)).filter(note => !note.includes('chain,'))
}

test('a site that nobody wrote on since is told as that, whatever visits left in it', async () => {
  await mariadb.query(
    `UPDATE wp_posts SET comment_count = 5, post_status = IF(post_status = 'future', 'publish', post_status);
    INSERT INTO wp_comments (comment_post_ID, comment_author, comment_content, comment_approved) VALUES (1, 'Bot', 'pills', 'spam');
    INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (1, 'session_tokens', 'a:1')`,
    blog.database.name,
  )
  mkdirSync(join(blog.root, 'wp-content/cache'))
  writeFileSync(join(blog.root, 'wp-content/cache/page.html'), 'cached')
  assert.deepEqual(
    (await comeBack()).map(note => note.replace(/backup of .*/, 'backup')),
    ['info: nothing was found that was written here after web2 took it over from the backup'],
  )
})

test('three late comments, an order, a changed post and an upload are named and kept apart, and nothing else', async () => {
  await mariadb.query(
    `INSERT INTO wp_comments (comment_post_ID, comment_author, comment_content, comment_approved) VALUES (1, 'Ann', 'one', '1'), (1, 'Bob', 'two', '0'), (1, 'Ann\\\\n\\Zfailed: shop', 'three', '1');
    INSERT INTO wp_wc_orders VALUES (2, 'wc-processing', 12.5, 'please');
    INSERT INTO wp_woocommerce_order_items VALUES (20, 'A cup', 2);
    UPDATE wp_posts SET post_content = 'edited' WHERE ID = 1`,
    blog.database.name,
  )
  mkdirSync(join(blog.root, 'wp-content/uploads/2026'), { recursive: true })
  writeFileSync(join(blog.root, 'wp-content/uploads/2026/cat.jpg'), 'a cat')
  const notes = await comeBack()
  assert.equal(notes.length, 1, notes.join('\n'))
  const said =
    /^problem: written here after web2 took it over from the backup of .*, and in no backup: 1 post \(Hello world!\) changed, 3 comments by Ann, Bob, Ann.*, 1 order \(no\. 2\), 1 upload \(SITE\/wp-content\/uploads\/2026\/cat\.jpg\); kept in (\S+late-writes-\S+) \([\d.]+ kB\) for 30 days, to be merged by a person$/
  assert.match(notes[0]!, said)
  const [, path = ''] = said.exec(notes[0]!)!
  const sql = readFileSync(join(path, 'rows.sql'), 'utf8')
  assert.deepEqual(
    [...sql.matchAll(/^INSERT INTO `(\w+)`/gm)].map(([, table]) => table),
    [
      'wp_comments',
      'wp_comments',
      'wp_comments',
      'wp_posts',
      'wp_term_relationships',
      'wp_wc_orders',
      'wp_woocommerce_order_items',
    ],
  )
  assert.doesNotMatch(sql, /'Bot'|'it|Planned/)
  assert.equal(readFileSync(join(path, 'files/SITE/wp-content/uploads/2026/cat.jpg'), 'utf8'), 'a cat')
  assert.deepEqual(readdirSync(join(path, 'files/SITE')), ['wp-content'])
})

test('where that backup is not in the archive any more, the dump that this host made last is compared with', async () => {
  const [first, second] = await comeBack(Date.parse('2026-01-01T00:00:00Z'))
  assert.match(
    first!,
    /^warning: the dump of the backup of .* cannot be read: it is not in the archive any more; compared with the dump that this host made last$/,
  )
  assert.match(second!, /3 comments by Ann/)
})

test('without any dump only the files are known, and that is told', async () => {
  const tree = join(folder, 'without')
  mkdirSync(tree)
  const { text, left } = await collectLateWrites(context(), site(), { since: newest(), by: 'web2', tree })
  assert.equal(text, '1 upload (SITE/wp-content/uploads/2026/cat.jpg)')
  assert.deepEqual(left, [`the database ${blog.database.name}: there is no dump of that backup to compare it with`])
})

test('a column that came since changes no row: a dump says itself what its columns are', async () => {
  const tree = join(folder, 'altered')
  mkdirSync(tree)
  cpSync(join(blog.folder, '.holdfast'), join(tree, '.holdfast'), { recursive: true })
  await mariadb.query(
    'ALTER TABLE wp_posts ADD COLUMN of_a_plugin INT FIRST; ALTER TABLE wp_comments DROP COLUMN comment_karma',
    blog.database.name,
  )
  const { text } = await collectLateWrites(context(), site(), { since: Date.now() + 60_000, by: 'web2', tree })
  assert.match(text, /^1 post \(Hello world!\) changed, 3 comments by Ann, Bob, [^,]*, 1 order \(no\. 2\)$/)
  assert.ok(existsSync(join(web1.vhosts, '.holdfast/blog')))
})

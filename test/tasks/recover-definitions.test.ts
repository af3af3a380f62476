import assert from 'node:assert/strict'
import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { blogFor } from '../support/recover-blog.ts'
import { journalOf } from '../support/recovery-stage.ts'

const { mariadb, blog } = await blogFor('recover-definitions')

/** What only an administrator can make: of other definers, on another's database, and with text that a client could stumble over. */
const OF_THE_ADMINISTRATOR = [
  'CREATE DATABASE other; CREATE TABLE other.prices (price INT); INSERT INTO other.prices VALUES (7)',
  'CREATE VIEW z_prices AS SELECT price FROM other.prices',
  'CREATE VIEW a_first AS SELECT * FROM z_prices',
  'CREATE DEFINER=nobody@nowhere TRIGGER second BEFORE INSERT ON wp_posts FOR EACH ROW SET @seen = 2',
  "CREATE TRIGGER first BEFORE INSERT ON wp_posts FOR EACH ROW PRECEDES second SET @seen = 'a\r\nb;; delimiter x'",
  'CREATE FUNCTION seven() RETURNS INT DETERMINISTIC RETURN 7',
  'CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SELECT 1',
  'REVOKE ALL PRIVILEGES ON `rc\\_blog`.* FROM rc_blog@localhost; GRANT SELECT, INSERT, UPDATE, DELETE ON rc_blog.* TO rc_blog@localhost',
].join(';\n')

const triggers = () =>
  mariadb.query(
    "SELECT trigger_name, definer, HEX(action_statement) FROM information_schema.triggers WHERE trigger_schema = 'rc_blog' ORDER BY action_order",
  )

const look = async () => ({ ...blog.look(), triggers: await triggers() })

test('an account of few rights is no hindrance: what it shows is there after a recovery, and after an undo what the administrator had defined, definers and all', async () => {
  await mariadb.query(OF_THE_ADMINISTRATOR, 'rc_blog')
  const was = await look()
  assert.match(was.triggers, /^first\t.*\nsecond\tnobody@nowhere\t/)
  await blog.well()
  assert.deepEqual(blog.look(), blog.second)
  await blog.well('--undo')
  assert.deepEqual(await look(), was)
})

test('what is not live here, and the account has no right to have, is told with its text; the rest is restored', async () => {
  const was = await look()
  await mariadb.query('DROP VIEW titles', 'rc_blog')
  const { code, stdout } = await blog.recover('--yes')
  assert.equal(code, 1)
  const told = /the view titles of its database could not be put back: ERROR 1142 .*; its text is in (\S+\.sql)/.exec(stdout)
  assert.match(readFileSync(told?.[1] ?? '', 'utf8'), /VIEW `titles` AS select/)
  assert.equal(await mariadb.query('SELECT title FROM wp_posts ORDER BY id DESC LIMIT 1', 'rc_blog'), 'Second\n')
  await blog.well('--undo')
  await mariadb.query(
    'CREATE DEFINER=rc_blog@localhost VIEW titles AS SELECT title FROM wp_posts; GRANT ALL PRIVILEGES ON `rc\\_blog`.* TO rc_blog@localhost',
    'rc_blog',
  )
  assert.deepEqual(await look(), was)
})

test('a live database in which a view has lost its table is recovered, and the undo tells which view it cannot bring back', async () => {
  await mariadb.query('CREATE VIEW of_posts AS SELECT * FROM wp_posts; DROP TABLE wp_posts', 'rc_blog')
  await blog.well()
  assert.deepEqual(blog.look(), blog.second)
  const { code, stdout } = await blog.recover('--undo', '--yes')
  assert.equal(code, 1)
  assert.match(stdout, /the view of_posts of its database could not be put back: ERROR 1146/)
  assert.equal(await mariadb.query('SELECT price FROM a_first', 'rc_blog'), '7\n')
  await blog.well()
})

test('each recovery keeps what it replaced: --undo --kept brings back what was there before the first of several', async () => {
  await mariadb.query("INSERT INTO wp_posts (title) VALUES ('Somebody''s work')", 'rc_blog')
  const work = blog.look()
  await blog.well('--at', '2026-01-05T12:00:00Z')
  const first = journalOf(blog.host, 'blog').kept.at(-1)!.id
  await blog.well()
  await blog.well('--path', 'SITE/uploads')
  const listed = await blog.recover('--undo', '--dry-run')
  assert.match(listed.stdout, new RegExp(`to bring that back: .* tasks/recover.ts --site .* --undo --kept ${first} `))
  const wrong = await blog.recover('--undo', '--kept', 'nonsense', '--yes')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stdout + wrong.stderr, /--kept nonsense: wanted one of /)
  await blog.well('--undo', '--kept', first)
  assert.deepEqual(blog.look(), work)
})

test('an undo whose kept tree is gone leaves the live site alone', async () => {
  await blog.well()
  const live = blog.look()
  const newest = journalOf(blog.host, 'blog').kept.at(-1)!.id
  rmSync(globSync(join(blog.host.vhosts, `.holdfast/blog/${newest}/tree`))[0]!, { recursive: true })
  const { code, stdout } = await blog.recover('--undo', '--yes')
  assert.equal(code, 1)
  assert.match(stdout, /what was kept of blog is gone, and it is left as it is now/)
  assert.deepEqual(blog.look(), live)
})

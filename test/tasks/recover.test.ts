import assert from 'node:assert/strict'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { blogFor, FIRST_NIGHT } from '../support/recover-blog.ts'
import { dumpOf, runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'

const { mariadb, blog } = await blogFor('recover')
// a replica here: the archive says that web2 owns it
mkdirSync(join(blog.stage.archive, 'shop'))
writeFileSync(join(blog.stage.archive, 'shop/PRIMARY_IS_web2'), '')

test('recover ends with 2 and touches nothing where it is asked for what cannot be', async () => {
  const was = blog.look()
  const refused: [string[], RegExp][] = [
    [['--site', 'blog'], /no terminal to ask on: add --yes/],
    [['--site', 'blog', '--yes', '--age', '40X'], /--age "40X"/],
    [['--site', 'blog', '--yes', '--undo'], /nothing to undo: no restore of blog keeps what it replaced/],
    [['--site', 'blog', '--yes', '--at', '2026-01-04'], /the first backup is of 2026-01-05 03:00:00 UTC/],
    [['--site', 'shop', '--yes'], /shop cannot be recovered on web1: it is new replica here/],
    [['--site', 'nowhere', '--yes'], /no site "nowhere": neither in /],
  ]
  for (const [words, message] of refused) {
    const { code, stdout, stderr } = await runTask(blog.stage, 'recover', blog.host, words)
    assert.equal(code, 2, `${words}: ${stdout}\n${stderr}`)
    assert.match(stdout + stderr, message)
  }
  assert.deepEqual(blog.look(), was)
  assert.ok(!existsSync(join(blog.host.vhosts, '.holdfast')))
})

/** An access test comes and goes in the archive: its own time is not the dry run's doing. */
const withoutRoot = ({ '': _, ...rest }: Record<string, string>) => rest

test('recover --dry-run changes nothing and shows what it would do, the database too', async () => {
  const all = () => ['web1/vhosts', 'nas', 'web1/state'].map(part => withoutRoot(snapshot(join(blog.stage.folder, part))))
  const was = [all(), dumpOf(mariadb, 'rc_blog'), await mariadb.query('SHOW DATABASES')]
  const { code, stdout } = await blog.recover(...FIRST_NIGHT, '--dry-run')
  assert.equal(code, 0, stdout)
  assert.deepEqual([all(), dumpOf(mariadb, 'rc_blog'), await mariadb.query('SHOW DATABASES')], was)
  for (const shown of [
    /asked for: as of 2026-01-05T12:00:00Z/,
    /chosen: the backup of 2026-01-05 03:00:00 UTC, .* old \(full set, 1 of 2 in the chain of 2026-01-05 03:00:00 UTC\)/,
    /duplicity restore .*--time=1767582000/,
    /import database.tables into hf_/,
    /exchange the live files and database of blog/,
    /keep what was there in .* until the next restore, 7 days at most/,
  ])
    assert.match(stdout, shown)
})

test('recover brings files and database back; --undo swaps back, and itself can be undone', async () => {
  await mariadb.query("INSERT INTO wp_posts (title) VALUES ('Third')", 'rc_blog')
  blog.write('SITE/uploads/a.txt', 'live', 2)
  const live = blog.look()
  const said = await blog.well()
  assert.match(said, /now as of 2026-01-06 03:00:00 UTC; what it replaced is kept in /)
  assert.deepEqual(blog.look(), blog.second)
  await blog.well('--undo')
  assert.deepEqual(blog.look(), live)
  await blog.well('--undo')
  assert.deepEqual(blog.look(), blog.second)
  await blog.well('--undo')
  assert.deepEqual(blog.look(), live)
  assert.equal(globSync(join(blog.host.vhosts, '.holdfast/blog/*')).length, 1)
})

test('recover makes the site this host’s, whoever owned it when the set was made, and its own limits stay in force', async () => {
  await blog.well(...FIRST_NIGHT)
  assert.deepEqual(
    readdirSync(blog.folder).filter(name => !name.startsWith('.')),
    ['PRIMARY_IS_web1', 'SITE', 'max_NAS_space'],
  )
  assert.equal(readFileSync(join(blog.folder, 'max_NAS_space'), 'utf8'), '700\n')
  assert.equal(readFileSync(join(blog.folder, 'SITE/gone.txt'), 'utf8'), 'only in the first')
  assert.equal((await mariadb.query("SELECT COUNT(*) FROM wp_posts WHERE title = 'Second'", 'rc_blog')).trim(), '0')
  await blog.well('--undo')
})

test('recover --path brings back files and folders alone, those that are gone too, and --undo takes them away again', async () => {
  const live = blog.look()
  await blog.well(...FIRST_NIGHT, '--path', 'SITE/gone.txt', '--path', 'SITE/uploads', '--path', 'SITE/uploads/a.txt')
  const { files, database } = blog.look()
  assert.equal(database, live.database)
  const differing = Object.keys({ ...files, ...live.files }).filter(path => files[path] !== live.files[path])
  assert.deepEqual(differing.toSorted(), ['SITE', 'SITE/gone.txt', 'SITE/uploads/a.txt'])
  assert.equal(readFileSync(join(blog.folder, 'SITE/uploads/a.txt'), 'utf8'), 'first')
  await blog.well('--undo')
  assert.equal(readFileSync(join(blog.folder, 'SITE/uploads/a.txt'), 'utf8'), 'live')
  assert.ok(!existsSync(join(blog.folder, 'SITE/gone.txt')))
  rmSync(join(blog.folder, 'SITE/uploads'), { recursive: true })
  await blog.well('--path', 'SITE/uploads/a.txt')
  assert.equal(readFileSync(join(blog.folder, 'SITE/uploads/a.txt'), 'utf8'), 'second')
  const { code, stdout, stderr } = await blog.recover('--path', 'SITE/never-was', '--yes')
  assert.equal(code, 1)
  assert.match(stdout + stderr, /SITE\/never-was/)
})

test('recover --files-only and --db-only leave the other as it is', async () => {
  const was = blog.look()
  await blog.well('--files-only', ...FIRST_NIGHT)
  assert.equal(blog.look().database, was.database)
  assert.ok(existsSync(join(blog.folder, 'SITE/gone.txt')))
  await blog.well('--undo')
  await blog.well('--db-only')
  assert.deepEqual(blog.look().files, was.files)
  assert.equal(blog.look().database, blog.second.database)
  await blog.well('--undo')
  assert.deepEqual(blog.look(), was)
})

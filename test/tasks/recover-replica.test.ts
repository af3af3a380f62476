import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { dumpOf, quickSite, runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, Stage, type StageHost, troubles } from '../support/stage.ts'
import type { TinyWordpress } from '../support/tiny-wordpress.ts'

const folder = quickFolder('recover-replica')
const DAY = 86_400_000
const FIRST = Date.parse('2026-01-05T03:00:00Z')
const programs = join(folder, 'programs')
let servers: [Mariadb, Mariadb]
let stage: Stage
let web2: StageHost
let site: TinyWordpress
let nights: DatedNights
let hour = 0

before(async () => {
  servers = [await startMariadb(join(folder, 'one')), await startMariadb(join(folder, 'two'))]
  stage = new Stage(join(folder, 'stage'))
  const [web1, other] = ['web1', 'web2'].map((name, index) =>
    // the backups are of long ago
    stage.addHost(name, { database: { socket: servers[index]!.socket }, staleAfter: '20Y' } as object),
  ) as [StageHost, StageHost]
  web2 = other
  site = await quickSite(web1.vhosts, 'blog', 'rr_blog', servers[0])
  claim(site.folder, web1)
  nights = new DatedNights(stage, web1, 'blog', { database: { socket: servers[0].socket } } as object)
  const asked = `[[ "$*" == *' duplicity '* ]] && echo "$*" >> '${programs}/asked'`
  const cut = `[[ "$*" == *apply-set.ts* && -e '${programs}/cut' ]] && { PATH=$REAL; bwrap "$@" | sed -z 5d; exit; }`
  fakeProgram(programs, 'bwrap', `${asked}; ${cut}; PATH=$REAL exec bwrap "$@"`)
})
after(async () => {
  for (const server of servers) await server.stop()
})

const replica = (): string => join(web2.vhosts, 'blog')
const databases = async () => (await servers[1].query('SHOW DATABASES')).split('\n').filter(name => name.startsWith('hf_'))

/** A night of the replica's host; gives the reasons and notes of all that it did. */
async function replay(): Promise<string> {
  const { exitCode, outcomes, stdout, stderr } = await stage.told(web2, [], { PATH: pathWith(programs) })
  assert.equal(exitCode, 0, `${stdout}\n${stderr}`)
  return outcomes.flatMap(({ reason, notes }) => [reason ?? '', ...notes.map(({ text }) => text)]).join('\n')
}

function assertSame(): void {
  assert.deepEqual(snapshot(replica()), snapshot(site.folder))
  assert.equal(dumpOf(servers[1], 'rr_blog'), dumpOf(servers[0], 'rr_blog'))
}

test('a replica is an exact copy, and with nothing newer in the archive duplicity is not started', async () => {
  await nights.backUp(FIRST)
  await replay()
  assertSame()
  assert.equal(readFileSync(join(programs, 'asked'), 'utf8').split('\n').length, 2)
  const said = await replay()
  assert.match(said, /the newest backup, of 2026-01-05 03:00:00 UTC, is here already/)
  assert.equal(readFileSync(join(programs, 'asked'), 'utf8').split('\n').length, 2)
})

test('a dump that is the one imported last is not imported again, and what every visit changes is no edit', async () => {
  await servers[1].query(
    "INSERT INTO wp_options (option_name, option_value) VALUES ('_transient_of_a_visit', 'kept'); UPDATE wp_options SET option_value = 'b' WHERE option_name = 'cron'",
    'rr_blog',
  )
  writeFileSync(join(site.folder, 'SITE', 'new.txt'), 'new')
  await nights.backUp(FIRST + DAY)
  const said = await replay()
  assert.match(said, /the dump is the one that was imported last/)
  assert.doesNotMatch(said, /safety copy/)
  assert.deepEqual(snapshot(replica()), snapshot(site.folder))
  assert.match(await servers[1].query('SELECT option_value FROM wp_options', 'rr_blog'), /^kept$/m)
  assert.deepEqual(await databases(), [])
})

for (const [what, visit, changed] of [
  ['nothing else', '', ''],
  [
    'a table in which a visit left something that nobody looks at',
    "INSERT INTO wp_options (option_name, option_value) VALUES ('_transient_of_a_visit', 'x')",
    'wp_options\n',
  ],
  [
    'one of which a visit moved the counter',
    "INSERT INTO wp_usermeta (umeta_id, user_id, meta_key) VALUES (70, 1, 'session_tokens'); DELETE FROM wp_usermeta WHERE umeta_id = 70",
    'wp_usermeta\n',
  ],
] as const)
  test(`of a dump that differs in one table, that one is imported, and ${what}; the replica is a copy again`, async () => {
    hour += 0.05
    const columns = 'umeta_id INT PRIMARY KEY AUTO_INCREMENT, user_id INT, meta_key TEXT, meta_value TEXT'
    await servers[0].query(`CREATE TABLE IF NOT EXISTS wp_usermeta (${columns})`, 'rr_blog')
    await nights.backUp(FIRST + (1 + hour) * DAY)
    await replay()
    assertSame()
    await servers[1].query(visit || 'SELECT 1', 'rr_blog')
    await servers[0].query("INSERT INTO wp_posts (title) VALUES ('Of one table')", 'rr_blog')
    hour += 0.05
    await nights.backUp(FIRST + (1 + hour) * DAY)
    await replay()
    assertSame()
    const [kept] = await databases()
    assert.equal(
      await servers[1].query('SHOW TABLES', kept),
      `${changed}wp_posts\n`.split('\n').toSorted().slice(1).join('\n') + '\n',
    )
  })

test('a list of the new tree that lacks an entry is not taken for the tree: the replica is restored whole', async () => {
  hour += 0.05
  writeFileSync(join(site.folder, 'SITE', 'cut.txt'), 'new')
  await nights.backUp(FIRST + (1 + hour) * DAY)
  writeFileSync(join(programs, 'cut'), '')
  const said = await replay()
  rmSync(join(programs, 'cut'))
  assert.match(said, /it told \d+ of \d+ entries of the new tree/)
  assertSame()
})

/** What visits leave in tables that are looked at in part, or not at all. */
const VISITS = [
  "INSERT INTO wp_options (option_name, option_value) VALUES ('_transient_of_a_visit', 'x')",
  "INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (1, '_edit_lock', '1')",
  'INSERT INTO wp_actionscheduler_logs VALUES (1)',
  'UPDATE wp_term_taxonomy SET count = 9',
]

test('of a dump that differs in one table, that one is imported and what visits change unseen; what is known to be the same stays', async () => {
  await servers[0].query(
    `CREATE TABLE wp_ledger (id INT PRIMARY KEY); INSERT INTO wp_ledger VALUES (1);
    CREATE TABLE wp_postmeta (meta_id INT PRIMARY KEY AUTO_INCREMENT, post_id INT, meta_key VARCHAR(255), meta_value LONGTEXT);
    CREATE TABLE wp_actionscheduler_logs (log_id INT PRIMARY KEY);
    CREATE TABLE wp_term_taxonomy (term_taxonomy_id INT PRIMARY KEY, term_id INT, taxonomy VARCHAR(32), count INT);
    INSERT INTO wp_term_taxonomy VALUES (1, 1, 'category', 1)`,
    'rr_blog',
  )
  await nights.backUp(FIRST + 1.4 * DAY)
  await replay()
  assertSame()
  await servers[1].query(VISITS.join('; '), 'rr_blog')
  assert.notEqual(dumpOf(servers[1], 'rr_blog'), dumpOf(servers[0], 'rr_blog'))
  await servers[0].query("INSERT INTO wp_posts (title) VALUES ('Of one table')", 'rr_blog')
  await nights.backUp(FIRST + 1.5 * DAY)
  const madeAt = () => servers[1].query("SELECT create_time FROM information_schema.tables WHERE table_name = 'wp_ledger'")
  const before = await madeAt()
  assert.doesNotMatch(await replay(), /was changed here/)
  assertSame()
  assert.equal(await madeAt(), before)
  const [kept] = await databases()
  assert.doesNotMatch(await servers[1].query('SHOW TABLES', kept), /wp_ledger/)
})

/** What a night of the replica did to know its database: `PHP`, and a `login` beside that of the import. */
async function askedFor(hour: number): Promise<string[]> {
  await servers[0].query(`INSERT INTO wp_posts (title) VALUES ('Of hour ${hour}')`, 'rr_blog')
  await nights.backUp(FIRST + 1.5 * DAY + hour * 3_600_000)
  const { exitCode, outcomes, stdout } = await stage.told(web2, [])
  assert.equal(exitCode, 0, stdout)
  assert.match(await servers[1].query('SELECT title FROM wp_posts', 'rr_blog'), new RegExp(`^Of hour ${hour}$`, 'm'))
  const lines = outcomes.flatMap(({ commands }) => commands.map(({ line }) => line))
  return lines.flatMap(line => (/ php /.test(line) ? ['PHP'] : / --user=rr_blog/.test(line) ? ['login'] : []))
}

test('a configuration and an account that have not changed since they were tried are not tried again', async () => {
  for (const config of globSync(join(web2.vhosts, '{blog,.holdfast/blog/*/tree}/SITE/wp-config.php')))
    while (Date.now() - statSync(config).ctimeMs <= 2000) await setTimeout(100)
  await askedFor(1)
  assert.deepEqual(await askedFor(2), [])
  await servers[1].query("ALTER USER rr_blog@localhost IDENTIFIED BY 'another'")
  assert.deepEqual(await askedFor(3), ['PHP', 'login'])
})

test('no file of the live tree shares an inode with what is kept', () => {
  const inodes = (root: string) => readdirSync(root, { recursive: true }).map(path => statSync(join(root, String(path))).ino)
  const [kept] = globSync(join(web2.vhosts, '.holdfast/blog/*/tree'))
  const live = new Set(inodes(replica()))
  assert.deepEqual(
    inodes(kept!).filter(inode => live.has(inode)),
    [],
  )
})

test('what somebody changed on a replica is kept apart and as a safety copy, told, and outlives later successes', async () => {
  appendFileSync(join(replica(), 'SITE', 'index.php'), '// by hand\n')
  writeFileSync(join(replica(), 'SITE', 'ends with a space '), 'by hand')
  await servers[1].query("INSERT INTO wp_options (option_name, option_value) VALUES ('of a plugin', 'By hand')", 'rr_blog')
  await servers[0].query("INSERT INTO wp_posts (title) VALUES ('By the primary')", 'rr_blog')
  await nights.backUp(FIRST + 2 * DAY)
  const said = await replay()
  assert.match(
    said,
    /blog was changed here since the last replay: 2 files \(SITE\/ends with a space , SITE\/index\.php\); kept in \S+changes-\S+ \(\d+ bytes\) for 30 days, and all of it as a safety copy for 7 days once it is replaced \(\d+ bytes of files, and the database\)/,
  )
  assert.match(said, /changed here too, by visits or by somebody: rr_blog\.wp_options/)
  assertSame()
  for (const night of [3, 4]) {
    writeFileSync(join(site.folder, 'SITE', 'new.txt'), `${night}`.repeat(night))
    await nights.backUp(FIRST + night * DAY)
    assert.doesNotMatch(await replay(), /safety copy|was changed here/)
    assertSame()
  }
  const trees = globSync(join(web2.vhosts, '.holdfast/blog/*/tree'))
  assert.equal(trees.length, 2)
  const safe = trees.filter(tree => existsSync(join(tree, 'SITE', 'ends with a space ')))
  assert.equal(safe.length, 1)
  assert.match(readFileSync(join(safe[0]!, 'SITE/index.php'), 'utf8'), /by hand/)
  const [database] = await databases()
  assert.match(await servers[1].query('SELECT option_value FROM wp_options', database), /^By hand$/m)
  const [apart] = globSync(join(web2.vhosts, '.holdfast/blog/changes-*'))
  assert.match(readFileSync(join(apart!, 'files/SITE/index.php'), 'utf8'), /by hand/)
})

test('what visitors wrote on a replica is kept apart, night for night, and no copy of the whole site with it', async () => {
  const before = globSync(join(web2.vhosts, '.holdfast/blog/*/tree')).length
  const files = () =>
    globSync(join(web2.vhosts, '.holdfast/blog/changes-*/files/SITE/wp-content/uploads/*')).map(path => basename(path))
  for (const night of [5, 6]) {
    mkdirSync(join(replica(), 'SITE/wp-content/uploads'), { recursive: true })
    mkdirSync(join(replica(), 'SITE/wp-content/cache'), { recursive: true })
    writeFileSync(join(replica(), 'SITE/wp-content/uploads', `${night}.jpg`), 'of a visitor')
    writeFileSync(join(replica(), 'SITE/wp-content/cache', `${night}.html`), 'of a cache')
    writeFileSync(join(site.folder, 'SITE', 'new.txt'), `${night}`.repeat(night))
    await nights.backUp(FIRST + night * DAY)
    assert.match(
      await replay(),
      new RegExp(`1 upload \\(SITE/wp-content/uploads/${night}\\.jpg\\); kept in \\S+ \\(12 bytes\\) for 30 days\n`),
    )
    assertSame()
  }
  assert.deepEqual(files().toSorted(), ['5.jpg', '6.jpg'])
  assert.ok(globSync(join(web2.vhosts, '.holdfast/blog/*/tree')).length <= before)
})

test('a night while its database server is down changes nothing of a replica, and the night after tells nothing of it', async () => {
  for (const night of [6.4, 6.5]) {
    if (night > 6.4) await replay() // what it replaced has a database, which goes with the next one
    await servers[0].query(`INSERT INTO wp_posts (title) VALUES ('Of night ${night}')`, 'rr_blog')
    await nights.backUp(FIRST + night * DAY)
  }
  assert.equal((await databases()).length, 2)
  const [before, kept] = [snapshot(replica()), readdirSync(join(web2.vhosts, '.holdfast/blog'))]
  await servers[1].stop()
  const down = await stage.told(web2, [])
  assert.equal(down.exitCode, 1)
  assert.match(troubles(down).join('\n'), /^blog [\w-]+: the database server does not answer/m)
  assert.deepEqual(snapshot(replica()), before)
  servers[1] = await startMariadb(join(folder, 'two'))
  const after = await replay()
  assert.doesNotMatch(after, /interrupted|cut off|safety copy|was changed here/)
  assert.match(after, /made of the replica's last tree/)
  assertSame()
  assert.ok(readdirSync(join(web2.vhosts, '.holdfast/blog')).length <= kept.length)
})

test('a replay that was cut off before it remembered the site is told as that, and nothing of the site is lost', async () => {
  rmSync(join(web2.folder, 'state/fingerprints'), { recursive: true })
  writeFileSync(join(site.folder, 'SITE', 'new.txt'), 'after the cut')
  await nights.backUp(FIRST + 7 * DAY)
  assert.match(
    await replay(),
    /blog was put here by a replay that was cut off before it could remember how the site looked; kept as a safety copy/,
  )
  assertSame()
})

test('recover refuses a replica', async () => {
  const { code, stdout, stderr } = await runTask(stage, 'recover', web2, ['--site', 'blog', '--yes'])
  assert.equal(code, 2)
  assert.match(stdout + stderr, /blog cannot be recovered on web2: it is replica here/)
})

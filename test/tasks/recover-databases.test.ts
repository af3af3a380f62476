import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { dumpOf, quickSite, runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, Stage, type StageHost } from '../support/stage.ts'

const folder = quickFolder('recover-databases')
/** One of each host name, and one of a WordPress in a folder of the web root. */
const DATABASES = ['many_a', 'many_b', 'many_c'] as const
let servers: [Mariadb, Mariadb]
let stage: Stage
let owner: StageHost
let replica: StageHost

const config = (name: string): string =>
  `<?php define('DB_NAME', ${name}); define('DB_USER', DB_NAME); define('DB_PASSWORD', 'known-password-of-' . DB_NAME); define('DB_HOST', 'localhost'); $table_prefix = 'wp_';`

/** A host of the stage, that knows these domains of the site. */
const addHost = (name: string, server: Mariadb, domains: string[]): StageHost =>
  stage.addHost(name, { database: { socket: server.socket }, sites: { many: { domains } } } as object)

before(async () => {
  servers = [await startMariadb(join(folder, 'one')), await startMariadb(join(folder, 'two'))]
  stage = new Stage(join(folder, 'stage'))
  owner = addHost('web1', servers[0], ['a.example', 'b.example'])
  replica = addHost('web2', servers[1], ['b.example'])
  for (const name of DATABASES) await quickSite(join(folder, 'made'), name, name, servers[0])
  const root = join(owner.vhosts, 'many', 'SITE')
  mkdirSync(join(root, 'blog'), { recursive: true })
  writeFileSync(
    join(root, 'wp-config.php'),
    config("['a.example' => 'many_a', 'b.example' => 'many_b'][$_SERVER['HTTP_HOST']] ?? ''"),
  )
  writeFileSync(join(root, 'blog', 'wp-config.php'), config("'many_c'"))
  writeFileSync(join(root, 'blog', 'wp-settings.php'), '<?php\n')
  claim(join(owner.vhosts, 'many'), owner)
})
after(async () => {
  for (const server of servers) await server.stop()
})

/** What the site is on the server of a host: its files, and each of its databases. */
const look = (server: Mariadb, host: StageHost) => ({
  files: snapshot(join(host.vhosts, 'many', 'SITE')),
  databases: DATABASES.map(name => dumpOf(server, name)),
})

async function run(task: string, host: StageHost, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runTask(stage, task, host, ['--site', 'many', ...words])
  return `${code}: ${stdout}${stderr}`
}

/** Writes in each of the databases, and in a file. */
async function write(title: string): Promise<void> {
  for (const name of DATABASES) await servers[0].query(`INSERT INTO wp_posts (title) VALUES ('${title} ${name}')`, name)
  writeFileSync(join(owner.vhosts, 'many', 'SITE', 'index.php'), `<?php // ${title}\n`)
}

test('a replica gets each of the databases that it knows of into its own, whichever of them is the first there', async () => {
  await write('First')
  assert.match(await run('nightly', owner), /^0: /)
  assert.deepEqual(
    readdirSync(join(owner.vhosts, 'many', '.holdfast')).filter(name => name.endsWith('.tables')),
    ['database-many_b.tables', 'database-many_c.tables', 'database.tables'],
  )
  const said = await run('nightly', replica)
  assert.match(
    said,
    /^1: .*a dump in the set is of none of its databases, and not imported: \S+\/many\/\.holdfast\/database\.tables/s,
  )
  assert.deepEqual(
    DATABASES.slice(1).map(name => dumpOf(servers[1], name)),
    DATABASES.slice(1).map(name => dumpOf(servers[0], name)),
  )

  addHost('web2', servers[1], ['b.example', 'a.example'])
  writeFileSync(join(owner.vhosts, 'many', 'SITE', 'index.php'), '<?php // with the same dumps\n')
  assert.match(await run('nightly', owner), /^0: /)
  assert.match(await run('nightly', replica), /^0: /)
  assert.deepEqual(look(servers[1], replica), look(servers[0], owner))
})

test('recover brings all of them back; --undo swaps all of them back', async () => {
  const made = look(servers[0], owner)
  await write('Later')
  const later = look(servers[0], owner)
  assert.match(await run('recover', owner, '--yes'), /^0: /)
  assert.deepEqual(look(servers[0], owner), made)
  assert.match(await run('recover', owner, '--yes', '--undo'), /^0: /)
  assert.deepEqual(look(servers[0], owner), later)
  assert.match(await run('recover', owner, '--yes', '--db-only'), /^0: /)
  assert.deepEqual(look(servers[0], owner), { files: later.files, databases: made.databases })
  const into = join(folder, 'into')
  assert.match(await run('recover', owner, '--db-only', '--into', into), /^0: /)
  assert.equal(readdirSync(join(into, '.holdfast')).filter(name => name.endsWith('.tables')).length, 3)
})

test('one that is no WordPress is reason to leave all of them', async () => {
  await servers[0].query('DELETE FROM wp_options', 'many_b')
  assert.match(await run('nightly', owner), /^0: /)
  await write('Latest')
  const live = look(servers[0], owner)
  assert.match(await run('recover', owner, '--yes'), /^1: .*the imported database is empty: wp_options has no row/s)
  assert.deepEqual(look(servers[0], owner), live)
  assert.equal((await servers[0].query('SHOW DATABASES')).match(/^hf_.*$/gm)?.length, 3, 'what --undo would bring back')
})

test('one whose dump is missing is told and stays, and so is one that is not known', async () => {
  const config = join(owner.vhosts, 'many', 'SITE', 'blog', 'wp-config.php')
  writeFileSync(config, '<?php define(')
  rmSync(join(owner.vhosts, 'many', '.holdfast', 'database-many_c.tables'), { recursive: true })
  await servers[0].query("INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl', 'http://b.example')", 'many_b')
  assert.match(await run('nightly', owner), /^1: .*the database of the WordPress in SITE\/blog: it is not known, and not saved/s)
  const [a, b] = look(servers[0], owner).databases
  await write('Last')
  const said = await run('recover', owner, '--yes')
  assert.match(said, /^1: .*the database of the WordPress in SITE\/blog is not restored, and stays as it is: .*syntax error/s)
  const { databases } = look(servers[0], owner)
  assert.deepEqual(databases.slice(0, 2), [a, b])
  assert.match(databases[2]!, /'Last many_c'/)
})

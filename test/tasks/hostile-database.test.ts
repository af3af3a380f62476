import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { dumpTextIn } from '../support/dump-text.ts'
import { type FakeDatabase, startFakeDatabase } from '../support/fake-database.ts'
import { host, isUnharmed, live, mariadb, refused, restoredWithout, set, shop, stage } from '../support/hostile-stage.ts'
import { configOf, stateOf } from '../support/proof-site.ts'
import { recover } from '../support/recovery-stage.ts'
import { claim, troubles } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'

const OWN = { user: 'shop', password: 'password-of-shop' }
const config = (name: string, user: string, password: string, server: FakeDatabase): string =>
  configOf({ name, user, password }).replace("'DB_HOST', 'localhost'", `'DB_HOST', '127.0.0.1:${server.port}'`)
const configIn = (folder: string): string => join(folder, 'SITE', 'wp-config.php')

/** One at work; whoever is on the machine may connect to the real server, as by /run/mysqld. */
function start(mode: 'pass' | 'lie'): Promise<FakeDatabase> {
  const isOurs = (folder: string): boolean => basename(folder).startsWith('holdfast-')
  let folder = dirname(mariadb.socket)
  for (; !isOurs(folder); folder = dirname(folder)) chmodSync(folder, 0o711)
  chmodSync(folder, 0o711)
  return startFakeDatabase(mode, mariadb.socket, OWN)
}

const WHAT = { pass: 'passes everybody on to the real one', lie: 'lets everybody in and says that it is the real one' }

for (const mode of ['pass', 'lie'] as const) {
  test(`a set whose server ${WHAT[mode]} reaches no other site's database, and gives no account a password`, async () => {
    await using server = await start(mode)
    await set(copy => writeFileSync(configIn(copy), config('other', 'shop', OWN.password, server)))
    await refused(/its database "other" is recorded as that of site "other"/)
    await set(copy => writeFileSync(configIn(copy), config('shop', 'other', 'mine now', server)))
    await refused(mode === 'pass' ? /is not this host's database server/ : /account "other" is recorded as that of site "other"/)
    await set(copy => writeFileSync(configIn(copy), config('foreign', 'shop', OWN.password, server)))
    await refused(/"foreign" is on this server already, .*not recorded as that of shop/)
    assert.deepEqual([...new Set(server.logins())].toSorted(), ['other', 'shop'])
  })
}

test('a server that passes on to the real one gets nothing but the account of its own site, and the site is restored', async () => {
  await using server = await start('pass')
  await set(copy => writeFileSync(configIn(copy), config('shop', 'shop', OWN.password, server)))
  await restoredWithout(undefined)
  assert.deepEqual([...new Set(server.logins())], ['shop'])
})

test('an undo of a restore gives no account a password that the site wrote into its configuration', async () => {
  const mine = readFileSync(configIn(shop.folder))
  await set(() => {})
  writeFileSync(configIn(shop.folder), configOf({ name: 'shop', user: 'other', password: 'mine now' }))
  assert.equal((await recover(stage, host, 'shop')).code, 0)
  const undone = await recover(stage, host, 'shop', ['--undo'])
  assert.match(
    troubles(undone).join('\n'),
    /names the database "shop" and the account "other", which are not recorded as its own: no account is made or changed/,
  )
  await isUnharmed()
  writeFileSync(configIn(shop.folder), mine)
  assert.deepEqual((await stateOf(shop)).database, live.database)
})

for (const mode of ['pass', 'lie'] as const) {
  test(`a site whose server ${WHAT[mode]} gets the dump of no other's database`, async () => {
    await using server = await start(mode)
    const mine = readFileSync(configIn(shop.folder))
    const dump = dumpTextIn(shop.folder)
    const attempts: [string, string, string, RegExp][] = [
      ['other', 'shop', OWN.password, /its database "other" is recorded as that of site "other"/],
      ['foreign', 'shop', OWN.password, /its account cannot log in to its database: Access denied for user 'shop'/],
      [
        'foreign',
        'nobody',
        'x',
        mode === 'pass'
          ? /Access denied for user 'nobody'/
          : /its account cannot log in to its database: Access denied for user 'nobody'/,
      ],
    ]
    for (const [name, user, password, why] of attempts) {
      writeFileSync(configIn(shop.folder), config(name, user, password, server))
      const told = await stage.told(host, ['--site', 'shop'])
      assert.equal(told.code, 1, told.stdout)
      assert.match(troubles(told).join('\n'), why)
      assert.equal(dumpTextIn(shop.folder), dump)
      assert.deepEqual(JSON.parse(readFileSync(join(host.folder, 'state/databases.json'), 'utf8')).shop, {
        server: 'localhost',
        database: 'shop',
        user: 'shop',
      })
      await isUnharmed()
    }
    writeFileSync(configIn(shop.folder), mine)
  })
}

test('a database whose name is an option of the clients is dumped and restored like any other, also by Oracle names of theirs', async () => {
  const victim = join(host.folder, 'victim')
  for (const [index, name] of [`-Ar${victim}`, `--plugin-dir=${host.folder}`].entries()) {
    const site = await tinyWordpress(host.vhosts, `option${index}`, name, mariadb)
    await mariadb.query(
      `CREATE TABLE \`--result-file=${victim}\` (id INT PRIMARY KEY); INSERT INTO \`--result-file=${victim}\` VALUES (7)`,
      name,
    )
    claim(site.folder, host)
    const inventory = join(stage.folder, 'hosts', `${host.name}.json`)
    const before = readFileSync(inventory, 'utf8')
    const fields = JSON.parse(before)
    fields.database = { ...fields.database, ...(index === 0 ? {} : { dumpProgram: 'mysqldump', clientProgram: 'mysql' }) }
    writeFileSync(inventory, JSON.stringify(fields))
    const told = await stage.told(host, ['--site', site.name])
    assert.equal(told.code, 0, JSON.stringify(troubles(told)))
    await mariadb.query('DELETE FROM wp_posts', name)
    const restored = await recover(stage, host, site.name)
    assert.equal(restored.code, 0, JSON.stringify(troubles(restored)))
    assert.equal(await mariadb.query(`SELECT COUNT(*) FROM wp_posts; SELECT * FROM \`--result-file=${victim}\``, name), '2\n7\n')
    writeFileSync(inventory, before)
    assert.ok(!existsSync(victim))
  }
})

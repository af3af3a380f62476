import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { dump, dumping, dumpTextOf } from '../support/dumping.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

/** A site whose configuration names another server than the host's own: one that its site's account reaches, and Holdfast's administrator never. */
const stage = dumping('db-dump-elsewhere')
describe('dumpDatabase', () => {
  let other: Mariadb
  let site: TinyWordpress
  before(async () => {
    other = await startMariadb(join(stage.folder, 'other'))
    site = await tinyWordpress(stage.host.vhosts, 'hosted', 'hosted', other)
    const config = readFileSync(site.config, 'utf8')
    writeFileSync(site.config, config.replace("'DB_HOST', 'localhost'", `'DB_HOST', 'localhost:${other.socket}'`))
    await other.query(
      `CREATE VIEW titles AS SELECT title FROM wp_posts; CREATE PROCEDURE tidy() DELETE FROM wp_posts;
     CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO SELECT 1; CREATE TRIGGER stamp BEFORE INSERT ON wp_posts FOR EACH ROW SET NEW.title = 'x'`,
      'hosted',
    )
  })
  after(() => other.stop())

  test('a database on another server is dumped by the account of the site, which its own host lets in nowhere', async () => {
    await other.query(
      "GRANT SELECT ON mysql.* TO 'hosted'@'localhost'; SET GLOBAL general_log = 1; SET GLOBAL log_output = 'TABLE'",
    )
    const { status, reason, notes } = await dump(stage, site)
    assert.equal(status, 'done', reason)
    assert.deepEqual(
      notes.filter(({ kind }) => kind !== 'info'),
      [],
    )
    for (const word of ['VIEW `titles`', 'PROCEDURE `tidy`', 'EVENT `nightly`', 'TRIGGER stamp', "(1,'Hello',0x00FF27)"])
      assert.ok(dumpTextOf(site).includes(word), word)
    const logins = await other.query(
      "SELECT DISTINCT argument FROM mysql.general_log WHERE command_type = 'Connect' AND argument NOT LIKE 'root@%'",
    )
    assert.match(logins, /^(hosted@localhost on {1,2}(hosted )?using Socket\n)+$/)
    const claims = JSON.parse(readFileSync(join(stage.host.paths.state, 'databases.json'), 'utf8'))
    assert.deepEqual(claims.hosted, { server: other.socket, database: 'hosted', user: 'hosted' })
  })

  test('rights that its account lacks are told with the statement that gives them; what it knows of and cannot read is named', async () => {
    await other.query(
      "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'hosted'@'localhost'; GRANT SELECT, EXECUTE ON hosted.* TO 'hosted'@'localhost'",
    )
    const { status, reason, notes } = await dump(stage, site)
    const grant = "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `hosted`.* TO 'hosted'@'localhost'"
    assert.equal(status, 'failed')
    assert.match(
      reason!,
      /^not all of its database could be dumped: view titles \(SHOW VIEW command denied to user .*\), procedure tidy \(its text is not shown to this account\); the rest is; /,
    )
    assert.ok(reason!.endsWith(grant), reason)
    const warnings = notes.filter(({ kind }) => kind === 'warning').map(({ text }) => text)
    assert.deepEqual(warnings, [
      `its account has no right to SHOW VIEW, TRIGGER, EVENT: what of its database needs that is not in the dump; the server's administrator types: ${grant}`,
    ])
    assert.ok(dumpTextOf(site).includes("(1,'Hello',0x00FF27)"))
  })

  test('a server that does not answer, or does not let the account in, is told', async () => {
    await other.query("ALTER USER 'hosted'@'localhost' IDENTIFIED BY 'another'")
    assert.match(
      (await dump(stage, site)).reason!,
      /^the database server refused: ERROR 1045 .*Access denied for user 'hosted'@'localhost'/,
    )
    const config = readFileSync(site.config, 'utf8')
    writeFileSync(site.config, config.replace(other.socket, `${other.socket}.gone`))
    assert.match((await dump(stage, site)).reason!, /^the database server does not answer: ERROR 2002 /)
    writeFileSync(site.config, config)
  })
})

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { dumpTextIn } from '../support/dump-text.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { claim, Stage, type StageHost, troubles } from '../support/stage.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

const folder = quickFolder('nightly-database')
let mariadb: Mariadb
let stage: Stage
let host: StageHost
let site: TinyWordpress

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
  stage = new Stage(folder)
  host = stage.addHost('web1', { database: { socket: mariadb.socket } })
  site = await tinyWordpress(host.vhosts, 'shop', 'shop', mariadb)
  claim(site.folder, host)
  assert.equal((await stage.told(host)).code, 0)
})
after(() => mariadb.stop())

/** What is done to the database, and what the night says of it. */
const FAULTS: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
  [
    'is broken in part',
    () => mariadb.query('CREATE TABLE lost (id INT); CREATE VIEW broken AS SELECT * FROM lost; DROP TABLE lost', 'shop'),
    /^shop db-dump: not all of its database could be dumped: view broken \(.*\); the rest is$/,
  ],
  [
    'has another password',
    () => mariadb.query("ALTER USER 'shop'@'localhost' IDENTIFIED BY 'another'"),
    /^shop db-dump: its account cannot log in to its database: Access denied for user 'shop'@'localhost'/,
  ],
  [
    'is named by a configuration that never ends',
    async () => writeFileSync(site.config, '<?php while (1);'),
    /^shop db-dump: .*wp-config\.php: DB_NAME is not defined: PHP runs it for longer than a configuration may, in .*:1; what only the web server tells it can be said in the inventory/,
  ],
  [
    'server is down',
    () => mariadb.stop(),
    /^shop db-dump: the database server does not answer: ERROR 2002|DB_NAME is not defined/,
  ],
]

for (const [index, [what, break_, said]] of FAULTS.entries()) {
  test(`a site whose database ${what} gets its files backed up, keeps its newest good dump, and has failed`, async () => {
    await break_()
    const good = dumpTextIn(site.folder)
    writeFileSync(join(site.folder, 'SITE', 'today.txt'), what)
    const told = await stage.told(host)
    assert.equal(told.code, 1)
    assert.match(troubles(told).join('\n'), said)
    assert.ok(told.outcomes.some(({ step, status }) => step === 'backup' && status === 'done'))
    const into = join(folder, `into${index}`)
    const looked = await runTask(stage, 'recover', host, ['--site', 'shop', '--into', into])
    assert.equal(looked.code, 0, looked.stdout)
    assert.equal(readFileSync(join(into, 'SITE', 'today.txt'), 'utf8'), what)
    if (index > 0) assert.equal(dumpTextIn(into), good)
    else assert.match(dumpTextIn(into), /INSERT INTO `wp_posts`[\s\S]*Not in this dump: view broken/)
  })
}

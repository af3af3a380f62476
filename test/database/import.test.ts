import assert from 'node:assert/strict'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { importDump } from '../../lib/database/import.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('import')
mkdirSync(join(folder, 'db'))
let mariadb: Mariadb
before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
})
after(() => mariadb.stop())

let count = 0
/** Imports a dump into a database of its own, and gives its name. */
async function imported(text: string): Promise<string> {
  const host = hostIn(folder, { database: { socket: mariadb.socket } })
  const database = `hf_test_${count++}`
  const dump = join(folder, 'dump.sql')
  writeFileSync(dump, text)
  const context = { host, secrets: new Map(), shell: hearingShell().shell }
  await importDump(context, { dump: [dump], beside: join(folder, 'import.sql'), database, of: 'shop' })
  assert.ok(!existsSync(join(folder, 'import.sql')))
  assert.equal(await mariadb.query(`SELECT COUNT(*) FROM mysql.user WHERE user = '${database}'`), '0\n')
  return database
}

const START =
  '-- MariaDB dump\nCREATE TABLE `o` (`a` int);\nINSERT INTO `o` VALUES (1);\nCREATE TABLE `a``b` (`id` int PRIMARY KEY, `t` longtext);\n'

/** What a dump goes on with, and what is said: never what is in a row. */
const FAILURES: readonly (readonly [string, string, RegExp])[] = [
  [
    'a row twice',
    "INSERT INTO `a``b` VALUES (1,'x');\nINSERT INTO `a``b` VALUES (2,'x');\nINSERT INTO `a``b` VALUES (1,'geheim');\n",
    /^the dump cannot be imported: ERROR 1062 \(23000\) at row 3 of the table a`b: Duplicate entry '…'$/,
  ],
  [
    'a row that is cut off',
    "INSERT INTO `a``b` VALUES (1,'geheim);\n-- Dump completed\n",
    /^the dump cannot be imported: ERROR \d+ \(\w+\) at .*: .*$/,
  ],
  [
    'a value that is none',
    "INSERT INTO `a``b` VALUES ('geheim','x');\n",
    /^the dump cannot be imported: ERROR 1366 \(22007\) at row 1 of the table a`b: Incorrect integer value: '…'$/,
  ],
  [
    'a statement that is none',
    'GEHEIM geheim;\n',
    /^the dump cannot be imported: ERROR 1064 \(42000\) at line 5 of it: You have an error .* near '…'$/,
  ],
  [
    'a command of the client',
    '\\! touch /tmp/geheim\n',
    /^the dump cannot be imported: ERROR at line 5 of it: Unknown command '…'$/,
  ],
  [
    'a statement that only others may',
    'SET GLOBAL general_log = 1;\n',
    /^the dump cannot be imported: ERROR 1227 \(42000\) at line 5 of it: Access denied; you need .*SUPER/,
  ],
]
for (const [what, text, wanted] of FAILURES) {
  test(`importDump() of ${what} says where, and nothing of what is in it`, async () => {
    const said = await imported(START + text).then(
      () => assert.fail('imported'),
      (error: Error) => error.message,
    )
    assert.match(said, wanted)
    assert.doesNotMatch(said, /geheim/i)
  })
}

test('importDump() takes a row that is larger than the server allows, and leaves the server as it was', async () => {
  const limit = await mariadb.query('SELECT @@GLOBAL.max_allowed_packet')
  const database = await imported(`${START}INSERT INTO \`a\`\`b\` VALUES (1,'${'x'.repeat(20_000_000)}');\n`)
  assert.equal(await mariadb.query('SELECT LENGTH(t) FROM `a``b`', database), '20000000\n')
  assert.equal(await mariadb.query('SELECT @@GLOBAL.max_allowed_packet'), limit)
  assert.ok(statSync(join(folder, 'dump.sql')).size > Number(limit))
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DatabaseAccess } from '../../lib/core/database-access.ts'
import { Secret } from '../../lib/core/secret.ts'
import { accountHost, escapePattern, quoteName, quoteText } from '../../lib/database/sql.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'
import { ownFolder } from '../support/host.ts'

const folder = ownFolder('account-sql')
let mariadb: Mariadb
before(async () => {
  mariadb = await startMariadb(folder)
})
after(() => mariadb.stop())

const odd = ["a'b", 'a`b', 'a"b', 'a\\', "\\' OR 1=1; -- ", 'é😀', 'a_b%c', 'x\ny', '`; DROP DATABASE mysql; --']

test('quoteText() is read by the server as the very text', async () => {
  for (const text of odd)
    assert.equal(await mariadb.query(`SELECT HEX(${quoteText(text)})`), `${Buffer.from(text).toString('hex').toUpperCase()}\n`)
})

test('quoteName() names just that database', async () => {
  for (const name of odd.filter(text => !/[\n😀]| $/u.test(text))) {
    await mariadb.query(
      `CREATE DATABASE ${quoteName(name)}; CREATE TABLE ${quoteName(name)}.t (x INT); DROP DATABASE ${quoteName(name)}`,
    )
  }
  assert.match(await mariadb.query('SHOW DATABASES'), /^mysql$/m)
})

test('escapePattern() grants one database, and not those that look like it', async () => {
  await mariadb.query(`CREATE DATABASE a_b; CREATE DATABASE axb; CREATE USER 'u'@'localhost' IDENTIFIED BY 'p';
    GRANT ALL ON ${quoteName(escapePattern('a_b'))}.* TO 'u'@'localhost'`)
  const words = ['--no-defaults', `--socket=${mariadb.socket}`, '--user=u', '--batch', '--skip-column-names']
  const seen = await output('mariadb', words, 'SHOW DATABASES', { env: { ...process.env, MYSQL_PWD: 'p' } })
  assert.equal(seen, 'a_b\ninformation_schema\n')
})

const at = (address: DatabaseAccess['address']) =>
  ({ address, user: 'u', password: new Secret('p'), database: 'd' }) as DatabaseAccess
test('accountHost() is where the server sees the account come from, and refuses another machine', () => {
  assert.equal(accountHost(at({ kind: 'default' })), 'localhost')
  assert.equal(accountHost(at({ kind: 'socket', path: '/x' })), 'localhost')
  assert.equal(accountHost(at({ kind: 'tcp', host: '127.0.0.1', port: 3306 })), '127.0.0.1')
  assert.equal(accountHost(at({ kind: 'tcp', host: '::1', port: 3306 })), '::1')
  assert.throws(
    () => accountHost(at({ kind: 'tcp', host: 'db.example', port: 3306 })),
    /its database is on db\.example: make the database/,
  )
})

import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Secret } from '../../lib/core/secret.ts'
import { adminOf, QueryFailed } from '../../lib/database/admin.ts'
import { prepareServer } from '../../lib/database/own-server.ts'
import { quoteName, quoteText } from '../../lib/database/sql.ts'
import { endSessions } from '../../lib/engine/session.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('admin')
mkdirSync(join(folder, 'db'))
let mariadb: Mariadb
before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
})
after(() => mariadb.stop())
after(endSessions)

const admin = (clientProgram = 'mariadb', options = {}) =>
  adminOf({ host: hostIn(folder, { database: { socket: mariadb.socket, clientProgram } }), shell: hearingShell(options).shell })
const CONNECTION = 'SELECT CONNECTION_ID();'

test('a client that was begun early answers the first question', async () => {
  const clients = () => mariadb.query('SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()')
  const context = { host: hostIn(folder, { database: { socket: mariadb.socket } }), shell: hearingShell({}).shell }
  prepareServer(context)
  while ((await clients()).trim() === '') await setTimeout(20)
  const begun = Number(await clients())
  assert.equal(await adminOf(context).ask<number>(CONNECTION), begun)
})

for (const program of ['mariadb', 'mysql']) {
  test(`${program}: many questions are one connection, and nothing of one is left for the next`, async () => {
    const { ask, rows, run } = admin(program)
    const connection = await ask<number>(CONNECTION)
    await run("SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60, sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';")
    const settings = 'SELECT @@foreign_key_checks, @@lock_wait_timeout, @@sql_mode;'
    assert.deepEqual(await rows(settings), [['1', '1440', '']])
    assert.deepEqual(await rows('DO 1;'), [])
    assert.equal(await ask(CONNECTION), connection)
  })

  test(`${program}: a text is a text, whatever the client would do for a line of it`, async () => {
    const made = join(folder, `made-by-${program}`)
    const lines = [
      `\\! touch ${made}`,
      `system touch ${made}`,
      `tee ${made}`,
      `source ${made}`,
      `\\. ${made}`,
      'delimiter x',
      'quit',
    ]
    for (const text of [...lines, lines.join('\n'), "it's;\n\\", "\\';", '/* --', 'a\tb\0c\\n"`', '']) {
      assert.deepEqual(await admin(program).rows(`SELECT ${quoteText(text)}, 1; SELECT\n${quoteText(text)};`), [
        [text, '1'],
        [text],
      ])
      await assert.rejects(admin(program).rows(`USE ${quoteName(`${text.slice(0, 20)}\n${text}`)};`), QueryFailed)
    }
    assert.ok(!existsSync(made))
  })
}

test('a statement that is refused ends its question, is told without its text, and the next question is answered', async () => {
  const { ask, run } = admin()
  await run('CREATE DATABASE twice;')
  const secret = new Secret('CREATE DATABASE twice;\nCREATE DATABASE never; -- geheim')
  await assert.rejects(run(secret), {
    name: 'Error',
    message: "the database server refused: ERROR 1007 (HY000): Can't create database 'twice'; database exists",
  })
  assert.equal(await ask("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name IN ('twice', 'never');"), 1)
})

test('questions at once do not wait for each other, and each has its own time', async () => {
  const { rows } = admin()
  const host = hostIn(folder, { database: { socket: mariadb.socket }, deadlines: { query: '1s' } })
  const slow = adminOf({ host, shell: hearingShell().shell }).rows('DO SLEEP(100000);')
  assert.deepEqual(await rows('SELECT 2;'), [['2']])
  await assert.rejects(slow, /mariadb did not end within 1 s/)
})

test('a dry run asks, and changes nothing', async () => {
  const { ask, run } = admin('mariadb', { dry: true })
  await run('CREATE DATABASE dry;')
  assert.equal(await ask("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'dry';"), 0)
})

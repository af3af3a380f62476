import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { OpenedFile } from '../../lib/host/opened-file.ts'
import { sandboxed } from '../../lib/host/sandbox.ts'
import { WHOLE } from '../../lib/restore/recovery.ts'
import { restoredDatabases } from '../../lib/restore/restored-databases.ts'
import { needsOf } from '../../lib/site/contents.ts'
import { dumpDatabase, isWordPress } from '../../lib/steps/save.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { copySqlite } from '../../lib/wordpress/sqlite.ts'
import { WEB_USER } from '../support/config-site.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { outcomeOf, perform } from '../support/perform.ts'
import { until } from '../support/processes.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('sqlite')
const host = hostIn(folder)
const FILE = 'SITE/wp-content/database/.ht.sqlite'
const wpConfig = join(host.vhosts, 'lite', 'SITE', 'wp-config.php')
const site = siteOf(host, 'lite', { wpConfig })
const at = (path: string): string => join(site.folder, path)
const copy = at('.holdfast/database.sqlite')

const sql = (file: string, text: string): string => execFileSync('sqlite3', [file, text], { encoding: 'utf8' })

/** Makes a site of SQLite whose database is the web server's, with one post. */
function makeSite(): void {
  rmSync(site.folder, { recursive: true, force: true })
  mkdirSync(at('SITE/wp-content/database'), { recursive: true })
  writeFileSync(wpConfig, "<?php\ndefine('DB_NAME', 'database_name_here');\n$table_prefix = 'wp_';\n")
  writeFileSync(at('SITE/wp-content/db.php'), "<?php define('SQLITE_DB_DROPIN_VERSION', '1.8.0');\n")
  sql(at(FILE), "PRAGMA journal_mode = WAL; CREATE TABLE wp_posts (title TEXT); INSERT INTO wp_posts VALUES ('Hello')")
  for (const path of [FILE, 'SITE/wp-content/database']) chownSync(at(path), WEB_USER, WEB_USER)
}

/** Somebody who began to write and is not done. */
async function startWriter() {
  const places = { writes: [{ from: at('SITE/wp-content/database'), to: '/here' }], user: { uid: WEB_USER, gid: WEB_USER } }
  const [program, ...words] = sandboxed(['sqlite3', '/here/.ht.sqlite'], places) as [string, ...string[]]
  const writer = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  writer.stdout.on('data', data => {
    said += data
  })
  writer.stdin.write("BEGIN IMMEDIATE; INSERT INTO wp_posts VALUES ('half'); SELECT 'writes';\n")
  await until(() => said.includes('writes'), 20_000)
  return {
    async [Symbol.asyncDispose]() {
      writer.stdin.end()
      await new Promise(resolve => writer.on('close', resolve))
    },
  }
}

async function save() {
  const chain = recipe<Needs<'host' | 'secrets' | 'site'>>().only('WordPress', isWordPress, only => only.do(dumpDatabase))
  const { status, reason, notes } = outcomeOf(await perform(chain, { host, secrets: new Map(), site }), 'db-dump')
  return { status, reason, warnings: notes.filter(({ kind }) => kind === 'warning').map(({ text }) => text) }
}

test('a database of SQLite is copied as it is at one moment, while somebody writes in it', async () => {
  makeSite()
  await using _ = await startWriter()
  assert.deepEqual(await save(), { status: 'done', reason: undefined, warnings: [] })
  assert.equal(sql(copy, 'PRAGMA integrity_check; SELECT title FROM wp_posts'), 'ok\nHello\n')
  const { uid, mode, mtimeMs } = statSync(copy)
  assert.deepEqual([uid, mode & 0o777], [process.getuid?.(), 0o600])
  assert.deepEqual(
    ['-wal', '-shm'].map(ending => statSync(at(FILE + ending)).uid),
    [WEB_USER, WEB_USER],
  )
  await save()
  assert.equal(statSync(copy).mtimeMs, mtimeMs, 'nothing changed')
  assert.equal(needsOf(host, site).database, undefined, 'a replica needs no database server for it')
})

test('a restore puts the copy in place of the file, whose parts may be of different moments', async () => {
  makeSite()
  await save()
  const whole = readFileSync(copy)
  for (const [path, text] of [
    [FILE, 'torn'],
    [`${FILE}-wal`, 'of another moment'],
  ] as const)
    writeFileSync(at(path), text)
  const context = { host, secrets: new Map(), shell: hearingShell().shell }
  const restoring = { id: 'a', holding: folder, tree: site.folder, staged: 'hf' }
  assert.deepEqual(await restoredDatabases(context, site, restoring, WHOLE), { databases: [], named: [], isCopied: true })
  assert.deepEqual(readFileSync(at(FILE)), whole)
  assert.equal(statSync(at(FILE)).uid, WEB_USER)
  assert.ok(!existsSync(at(`${FILE}-wal`)))
  await assert.rejects(
    restoredDatabases(context, site, restoring, { ...WHOLE, files: false }),
    /its database is a file of SQLite: bring it back with --path SITE\/wp-content\/database\/\.ht\.sqlite/,
  )
})

test('one beside the web root is copied too, and none by a link that stands in the way meanwhile', async () => {
  makeSite()
  chownSync(site.folder, WEB_USER, WEB_USER)
  renameSync(at(FILE), at('own.db'))
  writeFileSync(wpConfig, "<?php\ndefine('FQDB', dirname(__DIR__) . '/own.db');\n")
  assert.deepEqual(await save(), { status: 'done', reason: undefined, warnings: [] })
  assert.equal(sql(copy, 'SELECT title FROM wp_posts'), 'Hello\n')
  symlinkSync('..', at('SITE/up'))
  using target = OpenedFile.of(openSync(join(folder, 'target'), 'w+'), 'target')
  const { shell } = hearingShell()
  await assert.rejects(
    copySqlite(site.folder, { sqlite: 'SITE/up/own.db' }, target, shell),
    /SITE\/up is a link, wanted a folder/,
  )
})

test('one that SQLite cannot read fails, and no copy of an earlier night is left that would replace it', async () => {
  makeSite()
  await save()
  writeFileSync(at(FILE), 'no database, of some length')
  const { status, reason } = await save()
  assert.equal(status, 'failed')
  assert.match(reason!, /^its database of SQLite cannot be copied, and is saved as a file only: .*not a database/s)
  assert.ok(!existsSync(copy))
})

test('where no program of SQLite is here, that is told, and which one to install', async () => {
  makeSite()
  await save()
  const bin = join(folder, 'bin')
  fakeProgram(bin, 'bwrap', 'case "$*" in *" /database/"*) exit 127;; esac; PATH=$REAL exec bwrap "$@"')
  const { status, warnings } = await whilePathHas(bin, save)
  assert.equal(status, 'done')
  assert.match(warnings.join(), /^its database is a file of SQLite, .* neither sqlite3 nor php-sqlite3 is installed/)
  assert.ok(!existsSync(copy))
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { makeZoo, zooState } from '../support/database-zoo.ts'
import { whilePathHas } from '../support/programs.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { quickSite } from '../support/recovering.ts'
import { claim, readJson, Stage, type StageHost, type Told, troubles } from '../support/stage.ts'
import { image } from './image.ts'
import { PACKAGES } from './machines.ts'

const ENTER = 'mount --bind "$0" /usr && exec "$@"'

const folder = quickFolder('zoo')
/** The programs of Debian 13: MariaDB 11.8, duplicity 3, PHP 8.4. */
let usr: string
let stage: Stage
const servers = {} as { old: Mariadb; new: Mariadb }
const hosts = {} as { old: StageHost; new: StageHost }

/** Runs a task of a host that has Debian 13's programs. */
async function onNew(task: string, host: StageHost, ...more: string[]): Promise<Told> {
  const script = join(import.meta.dirname, '../../tasks', `${task}.ts`)
  const words = [process.execPath, script, '--host', host.name, '--inventory', join(stage.folder, 'hosts'), '--json', ...more]
  const child = spawn('unshare', ['--mount', 'sh', '-c', ENTER, usr, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  const ended = { code, signal: null, stdout, stderr }
  return { ...ended, ...readJson(ended) }
}

/** The tests of attacks on databases, with Debian 13's programs and server. */
async function attackNew(): Promise<{ code: number | null; said: string }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const run = ['test/run.ts', 'test/tasks/hostile-database.test.ts'].map(path => join(import.meta.dirname, '../..', path))
  const words = ['--mount', 'sh', '-c', `${ENTER}`, usr, process.execPath, ...run]
  const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const closed = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, said: stdout + stderr }
}

/** Makes a site with the zoo on a host. */
async function makeSite(name: string, host: StageHost, server: Mariadb): Promise<void> {
  const site = await quickSite(host.vhosts, name, name, server)
  claim(site.folder, host)
  await makeZoo(server, name)
}

before(async () => {
  usr = join(await image(PACKAGES), 'usr')
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const [name, path] of [
    ['mariadbd', '/usr/sbin/mariadbd'],
    ['mariadb-install-db', '/usr/bin/mariadb-install-db'],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec unshare --mount sh -c '${ENTER}' ${usr} ${path} "$@"\n`)
    chmodSync(join(bin, name), 0o755)
  }
  servers.old = await startMariadb(join(folder, 'old-db'))
  servers.new = await whilePathHas(bin, () => startMariadb(join(folder, 'new-db')))
  stage = new Stage(folder)
  hosts.old = stage.addHost('old', { database: { socket: servers.old.socket } })
  hosts.new = stage.addHost('new', { database: { socket: servers.new.socket } })
})
after(async () => {
  for (const server of Object.values(servers)) await server.stop()
})

test('a site whose database, account or server attacks others is held off with MariaDB 11.8 too', async () => {
  const { code, said } = await attackNew()
  assert.equal(code, 0, said)
  assert.match(said, /^[1-9]\d* passed, 0 failed, 0 skipped$/m)
})

/** What an import cannot bring back: it is of another database. */
const ABROAD = ['SHOW CREATE VIEW `things`', 'SHOW CREATE TABLE `tied`', 'rows of tied', 'checksum of `tied`']
/** Checksums of generated columns, and of the hidden one that says how long a row is in force, are each version's own. */
const OF_VERSIONS = ['checksum of `made`', 'checksum of `old rows`']
const without = (state: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !names.includes(name)))

test('a database of MariaDB 10.11 is replicated by 11.8, whole', async () => {
  assert.match(await servers.old.query('SELECT VERSION()'), /^10\./)
  assert.match(await servers.new.query('SELECT VERSION()'), /^11\.8/)
  await makeSite('older', hosts.old, servers.old)
  const was = await zooState(servers.old, 'older')
  const saved = await stage.told(hosts.old)
  assert.equal(saved.code, 0, troubles(saved).join('\n'))
  const told = await onNew('nightly', hosts.new)
  assert.deepEqual(troubles(told), [
    'older import: the foreign key tie is not restored: it is into the database abroad',
    'older import: the view things is not restored: it is of the database abroad',
  ])
  const unlike = [...ABROAD, ...OF_VERSIONS]
  assert.deepEqual(without(await zooState(servers.new, 'older'), unlike), without(was, unlike))
})

test('a database of MariaDB 11.8 is brought back by a recovery, whole', async () => {
  await makeSite('newer', hosts.new, servers.new)
  const was = await zooState(servers.new, 'newer')
  const saved = await onNew('nightly', hosts.new, '--site', 'newer')
  assert.equal(saved.code, 0, troubles(saved).join('\n'))
  await servers.new.query('DROP TABLE history, large; DROP VIEW `αβγ`; DROP EVENT `事件`; UPDATE numbered SET t = 1', 'newer')
  const told = await onNew('recover', hosts.new, '--site', 'newer', '--yes')
  assert.deepEqual(troubles(told), ['run import: the foreign key tie is not restored: it is into the database abroad'])
  assert.deepEqual(without(await zooState(servers.new, 'newer'), ABROAD.slice(1)), without(was, ABROAD.slice(1)))
})

test('a database of MariaDB 11.8 is replicated by 10.11, whole', async () => {
  const was = await zooState(servers.new, 'newer')
  const told = await stage.told(hosts.old, ['--site', 'newer'])
  assert.deepEqual(troubles(told), [
    'newer import: the foreign key tie is not restored: it is into the database abroad',
    'newer import: the view things is not restored: it is of the database abroad',
  ])
  const unlike = [...ABROAD, ...OF_VERSIONS]
  assert.deepEqual(without(await zooState(servers.old, 'newer'), unlike), without(was, unlike))
})

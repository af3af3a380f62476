import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { dumpTextIn } from '../support/dump-text.ts'
import { processesWith } from '../support/processes.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { createProofSite, type ProofSite } from '../support/proof-site.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { assertNothingLeft } from '../support/recovery-stage.ts'
import { claim, Stage, type StageHost, type Told, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = quickFolder('hangs')
/** Sites are done in the order of their names: this one is first. */
const [SLOW, OTHER] = ['a-slow', 'other'] as const
let stage: Stage
let servers: [Mariadb, Mariadb]
let owner: StageHost
let site: ProofSite
/** The tables of a-slow's database, as they are at first. */
let dump: string

const sockets: Socket[] = []
/** A server that takes connections and says what its manner is, over and over. */
async function serverWith(drop: string, at?: string): Promise<number> {
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    if (drop === '') return
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const timer = setInterval(() => socket.write(drop), 50)
    socket.on('close', () => clearInterval(timer))
  })
  await new Promise<void>(resolve => (at === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(at, resolve)))
  after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return at === undefined ? (server.address() as { port: number }).port : 0
}

before(async () => {
  mkdirSync(join(folder, 'db'))
  servers = [await startMariadb(join(folder, 'db/one')), await startMariadb(join(folder, 'db/two'))]
  stage = new Stage(folder)
  owner = stage.addHost('web1', { database: { socket: servers[0].socket }, deadlines: { look: 60 } } as object)
  site = await createProofSite(owner.vhosts, SLOW, 'slow', servers[0])
  claim(site.folder, owner)
  await createStaticSite(owner, OTHER)
  const { code, stdout } = await stage.nightly(owner)
  assert.equal(code, 0, stdout)
  dump = dumpTextIn(site.folder).split('\nSET @holdfast_')[0]!
})
after(async () => {
  for (const server of servers ?? []) await server.stop()
})

/** A table that is new is dumped: of a database that has not changed nothing is read. */
const changed = (): Promise<string> => servers[0].query(`CREATE TABLE new_${++tables} (id INT)`, 'slow')
let tables = 0

/** What became of the last step of a site. */
const endOf = (told: Told, name: string, step: string) =>
  told.outcomes.filter(outcome => outcome.subject === name && outcome.step === step).map(({ status }) => status)

test('a database server that takes connections and says nothing: its sites fail by their deadlines, and the others are backed up', async () => {
  const socket = join(folder, 'silent.sock')
  await serverWith('', socket)
  chmodSync(socket, 0o777) // as a database server's is
  stage.addHost('web1', { database: { socket }, deadlines: { look: 1, query: 3, idle: 3 } } as object)
  const told = await stage.told(owner)
  assert.equal(told.code, 1)
  assert.equal(troubles(told).length, 1, troubles(told).join('\n'))
  assert.match(troubles(told)[0]!, /^a-slow \S+: .*(mariadb-dump did nothing for 1 s|Lost connection to server at 'handshake)/)
  assert.deepEqual(endOf(told, OTHER, 'backup'), ['done'])
  assert.deepEqual(
    processesWith(folder).filter(line => !/mariadbd/.test(line)),
    [],
  )
})

test('a site that is at work for too long fails, with the setting that says how long, and the others are backed up', async () => {
  stage.addHost('web1', { database: { socket: servers[0].socket }, sites: { [SLOW]: { deadline: 4 } } } as object)
  fakeProgram(
    join(folder, 'bin'),
    'mariadb-dump',
    'PATH=$REAL; i=0; while :; do i=$((i + 1)); [ $((i % 1000)) != 0 ] || sleep 0.1; echo $i; done',
  )
  await changed()
  const told = await stage.told(owner, [], { PATH: pathWith(join(folder, 'bin')) })
  assert.equal(told.code, 1)
  assert.deepEqual(troubles(told), [`${SLOW} db-dump: it was not done within 4 s (sites.${SLOW}.deadline in the inventory)`])
  assert.deepEqual(endOf(told, SLOW, 'changes'), ['skipped'])
  assert.deepEqual(endOf(told, OTHER, 'backup'), ['done'])
})

/** The archive holds a dump that does this; both sites are new to a host that has neither. */
async function replayed(host: string, statement: string, fields: object): Promise<{ told: Told; replica: StageHost }> {
  const replica = stage.addHost(host, { database: { socket: servers[1].socket }, ...fields } as object)
  const bin = join(folder, `bin-${host}`)
  const crafted = join(folder, `${host}.sql`)
  writeFileSync(crafted, [dump, statement, '-- Dump completed', ''].join('\n'))
  fakeProgram(bin, 'bwrap', `case "$*" in *mariadb-dump*) exec cat '${crafted}';; esac; PATH=$REAL exec bwrap "$@"`)
  appendFileSync(join(site.root, 'version.txt'), 'more\n')
  stage.addHost('web1', { database: { socket: servers[0].socket } } as object)
  await changed()
  const made = await stage.nightly(owner, [], { PATH: pathWith(bin) })
  assert.equal(made.code, 0, made.stdout)
  return { told: await stage.told(replica), replica }
}

test('a dump that sleeps, with its tables locked: the import fails by its deadline, nothing of it is left, and the other site is replayed', async () => {
  const sleeps = 'LOCK TABLES wp_posts WRITE; DO SLEEP(1000000); UNLOCK TABLES;'
  const { told, replica } = await replayed('web2', sleeps, { deadlines: { import: 2 } })
  assert.equal(told.code, 1)
  assert.deepEqual(troubles(told), [`${SLOW} import: the dump cannot be imported: the client did nothing for 2 s`])
  assert.deepEqual(endOf(told, OTHER, 'commit'), ['done'])
  await assertNothingLeft(replica, SLOW, servers[1])
  assert.equal(await servers[1].query("SELECT COUNT(*) FROM information_schema.processlist WHERE user LIKE 'hf%'"), '0\n')
})

test('a page that drips: the question ends by its deadline, and the site is replayed', async () => {
  const port = await serverWith('1\r\nx\r\n')
  const sites = { [SLOW]: { check: { url: `http://127.0.0.1:${port}/` } } }
  const { told, replica } = await replayed('web3', 'DO 1;', { deadlines: { request: 1.5 }, sites })
  assert.deepEqual(troubles(told), [])
  assert.equal(told.code, 0)
  const said = told.outcomes
    .filter(({ step }) => step === 'http-check-before')
    .flatMap(({ notes }) => notes.map(({ text }) => text))
  assert.ok(said.includes('no whole answer within 1.5 s'), said.join())
  assert.match(readFileSync(join(replica.vhosts, SLOW, 'SITE/version.txt'), 'utf8'), /more/)
  assert.equal(await servers[1].query('SELECT title FROM wp_posts', 'slow'), 'Hello\n')
})

import assert from 'node:assert/strict'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { serve } from '../../lib/sandbox/web.ts'
import { addPost, createWordpress } from '../../lib/sandbox/wordpress.ts'

let folder: string
let mariadb: Mariadb

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sandbox-'))
  mariadb = await startMariadb(join(folder, 'db'))
})

after(async () => {
  await mariadb.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A process that has ended but that nobody has collected yet (Z) is not alive. */
function alive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

test('startMariadb() keeps its data over a stop, also where its path is too long for a socket, and leaves no process', async () => {
  const place = join(folder, 'long'.repeat(30))
  const first = await startMariadb(place)
  assert.ok(Buffer.byteLength(first.socket) <= 107)
  await first.query("CREATE DATABASE a; CREATE TABLE a.t (x TEXT) ENGINE=InnoDB; INSERT INTO a.t VALUES ('é\t1'), (NULL)")
  await first.stop()
  assert.ok(!alive(first.pid))
  assert.ok(!existsSync(first.socket))
  const second = await startMariadb(place)
  assert.equal(await second.query('SELECT x FROM t', 'a'), 'é\\t1\nNULL\n')
  await second.kill()
  assert.ok(!alive(second.pid))
})

test('query() names what the server said', async () => {
  await assert.rejects(mariadb.query('SELECT nothing FROM nowhere'), /mariadb ended with 1: .*No database selected/s)
})

test('startMariadb() ends with the program that started it, even when that is killed', async () => {
  const module = JSON.stringify(join(import.meta.dirname, '../../lib/sandbox/mariadb.ts'))
  const place = JSON.stringify(join(folder, 'orphan'))
  const script = `const { startMariadb } = await import(${module})
    const server = await startMariadb(${place})
    process.stdout.write(String(server.pid), () => process.kill(process.pid, 'SIGKILL'))`
  const shell = `"$1" --input-type=module -e "$2" || true`
  const pid = Number(await output('sh', ['-c', shell, 'sh', process.execPath, script]))
  assert.ok(pid > 1)
  const end = Date.now() + 10_000
  while (alive(pid) && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 50))
  assert.ok(!alive(pid))
})

test('createWordpress() makes a site of any name that answers, takes posts and shows them under any port', async () => {
  const site = await createWordpress({ vhosts: join(folder, 'vhosts'), name: "a b'$(x);é", title: 'It\'s "né"', mariadb })
  const web = await serve(site.root)
  const front = await web.get('/')
  assert.equal(front.status, 200)
  assert.match(front.body, /<title>It&#(039|8217);s /)
  const id = await addPost(site, 'A post <b>', 'Says \\ "so" \' é')
  assert.match((await web.get('/')).body, /A post/)
  const post = await web.get(`/?p=${id}`)
  assert.equal(post.status, 200)
  assert.match(post.body, /Says \\ /)
  assert.match(post.body, new RegExp(`href=["']${web.url}`))
  assert.equal((await web.get('/wp-login.php')).status, 200)
  const elsewhere = await serve(site.root)
  assert.equal((await elsewhere.get('/')).status, 200)
  for (const server of [web, elsewhere]) await server.stop()
  assert.ok(![web, elsewhere].some(server => alive(server.pid)))
})

test('createWordpress() gives each site an account that reaches its own database only', async () => {
  const { database, socket } = await createWordpress({
    vhosts: folder,
    name: 'one',
    title: 'One',
    mariadb,
    databaseHost: 'localhost',
  })
  await mariadb.query('CREATE DATABASE other')
  const args = ['--no-defaults', `--socket=${socket}`, `--user=${database.user}`, '--batch', '--skip-column-names']
  const options = { env: { ...process.env, MYSQL_PWD: database.password } }
  assert.equal(await output('mariadb', args, 'SHOW DATABASES', options), `information_schema\n${database.name}\n`)
  await assert.rejects(createWordpress({ vhosts: folder, name: 'one', title: 'One', mariadb }), /is there already/)
})

test('serve() lets a site say localhost', async () => {
  const root = join(folder, 'one', 'SITE')
  await using without = await serve(root)
  await using server = await serve(root, { socket: mariadb.socket })
  assert.equal((await without.get('/')).status, 500)
  assert.equal((await server.get('/')).status, 200)
})

test('createStatic() makes pages, links and odd modes', async () => {
  const site = await createStatic({ vhosts: join(folder, 'vhosts'), name: 'static' })
  assert.ok(lstatSync(join(site.root, 'latest.html')).isSymbolicLink())
  assert.equal(lstatSync(join(site.root, 'private')).mode & 0o7777, 0o2750)
  await using server = await serve(site.root)
  assert.match((await server.get('/latest.html')).body, /News of 2026/)
  assert.match((await server.get('/')).body, /A static site/)
})

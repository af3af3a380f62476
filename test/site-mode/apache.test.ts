import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { httpCheck } from '../../lib/host/http-check.ts'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'
import { createWordpress } from '../../lib/sandbox/wordpress.ts'
import { isLent, lendRights, modeRecords, readSiteMode, type SiteMode, setSiteMode } from '../../lib/site-mode/mode.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { dumpOf } from '../support/proof-site.ts'
import { hearingShell } from '../support/shell.ts'
import { snapshot } from '../support/snapshot.ts'
import { enable, siteConfiguration, startWebServer } from '../support/web-servers.ts'

const folder = ownFolder('site-mode')
// the web server's own user reads in it
for (const each of [folder, dirname(folder), dirname(dirname(folder))]) if (each !== '/') chmodSync(each, 0o755)
const vhosts = join(folder, 'vhosts')
mkdirSync(join(vhosts, 'other/SITE'), { recursive: true })
writeFileSync(join(vhosts, 'other/SITE/index.html'), 'other')

const mariadb = await startMariadb(join(folder, 'db'))
const site = await createWordpress({ vhosts, name: 'blog', title: 'A blog', mariadb, databaseHost: 'localhost' })
// what the stage's WordPress does not do of itself is what is tried here
const config = join(site.root, 'wp-config.php')
writeFileSync(
  config,
  readFileSync(config, 'utf8').replace(
    /^define\('(?:WP_HTTP_BLOCK_EXTERNAL|DISABLE_WP_CRON|AUTOMATIC_UPDATER_DISABLED)'.*\n/gm,
    '',
  ),
)

const calls: string[] = []
const sink = createServer((request, response) => {
  calls.push(request.url ?? '')
  response.end('ok')
})
await new Promise<void>(resolve => sink.listen(0, '127.0.0.1', resolve))
const { port: sinkPort } = sink.address() as AddressInfo
const mails = join(folder, 'mails')
writeFileSync(mails, '')
chmodSync(mails, 0o666)

const apache = join(folder, 'apache')
const server = await startWebServer('apache', apache, join(vhosts, 'other/SITE'), { database: mariadb.socket })
enable(
  apache,
  'blog.conf',
  siteConfiguration(
    'apache',
    server.port,
    'blog.example',
    site.root,
    `  php_admin_value sendmail_path "cat >> ${mails}"\n`,
  ).replace('Require all granted', 'AllowOverride All\n    Options FollowSymLinks\n    Require all granted'),
)
await output(server.fields.reload[0]!, server.fields.reload.slice(1))
while ((await server.get('blog.example', '/readme.html')).status !== 200) await setTimeout(20)
after(async () => {
  await server.stop()
  await mariadb.stop()
  sink.close()
})

/** A plugin that mails, calls and writes at every visit, and has an event that is due. */
mkdirSync(join(site.root, 'wp-content/mu-plugins'))
writeFileSync(
  join(site.root, 'wp-content/mu-plugins/busy.php'),
  `<?php
add_action('busy_event', function () { wp_remote_get('http://127.0.0.1:${sinkPort}/event'); });
add_action('init', function () {
  if (!wp_next_scheduled('busy_event')) wp_schedule_event(time() - 60, 'hourly', 'busy_event');
  wp_mail('someone@example.invalid', 'by WordPress', 'text');
  mail('someone@example.invalid', 'by PHP', 'text');
  wp_remote_post('http://127.0.0.1:${sinkPort}/webhook', ['body' => ['a' => 1]]);
  @file_get_contents('http://127.0.0.1:${sinkPort}/stream');
  update_option('visits', get_option('visits', 0) + 1);
});
`,
)

const host = hostIn(folder, {
  vhosts,
  database: { socket: mariadb.socket },
  webServer: server.fields,
  sites: { blog: { check: { url: `http://127.0.0.1:${server.port}/`, host: 'blog.example' } } },
})
const { shell } = hearingShell()
const context = { host, secrets: new Map(), shell }
const place = siteOf(host, 'blog', { settings: host.sites.blog! })
const set = (mode: SiteMode) => setSiteMode(context, place, mode)

const ask = (path = '/', more?: Parameters<typeof server.get>[2]) => server.get('blog.example', path, more)
const other = async () => (await server.get('other.example')).body
const leftInApache = () => readdirSync(join(apache, 'conf-enabled'))
const state = async () => [
  ...Object.entries(snapshot(site.folder)).map(each => each.join(' ')),
  ...(await dumpOf(mariadb, site.database.name)).split('\n'),
]
/** Lines that are not as they were. */
const changedSince = async (before: readonly string[]) =>
  (await state()).filter(line => !before.includes(line)).map(line => line.slice(0, 200))
const sent = () => [
  ...calls,
  ...readFileSync(mails, 'utf8')
    .matchAll(/^Subject: .*/gm)
    .map(([line]) => line),
]
const canWrite = () =>
  mariadb.query(`SHOW GRANTS FOR '${site.database.user}'@'localhost'`).then(grants => /ALL PRIVILEGES ON|INSERT/.test(grants))

/** Everything by which somebody gets at a WordPress. */
const EVERY_WAY: readonly (readonly [string, Parameters<typeof ask>[1]?])[] = [
  ['/'],
  ['/index.php'],
  ['/?p=1'],
  ['/readme.html'],
  ['/wp-cron.php?doing_wp_cron'],
  ['/wp-login.php'],
  ['/wp-json/'],
  ['/wp-admin/admin-ajax.php?action=heartbeat'],
  ['/wp-includes/css/dashicons.min.css'],
  ['/xmlrpc.php', { method: 'POST' }],
  ['/wp-comments-post.php', { form: { comment: 'x', comment_post_ID: '1' } }],
  ['/wp-login.php', { form: { log: 'admin', pwd: 'x' } }],
]

let before: Awaited<ReturnType<typeof state>>

test('a site that nobody guards mails, calls and writes at a visit', async () => {
  const { status } = await ask()
  assert.equal(status, 200)
  assert.ok(calls.includes('/webhook') && calls.includes('/stream'), calls.join())
  assert.equal(sent().filter(line => line.startsWith('Subject')).length, 2)
  writeFileSync(
    join(site.root, '.htaccess'),
    'RewriteEngine On\nRewriteRule ^enter$ /wp-login.php [L]\nErrorDocument 503 /index.php\n',
  )
  before = await state()
  await ask()
  assert.notDeepEqual(await changedSince(before), [])
})

test('frozen: every way in answers 503 with Retry-After, nothing writes, the folder stays as it is, and its neighbour too', async () => {
  before = await state()
  assert.deepEqual(await set({ kind: 'frozen' }), { guarded: true })
  for (const [path, more] of EVERY_WAY) {
    const { status, headers } = await ask(path, more)
    assert.deepEqual([path, status, headers['x-holdfast']], [path, 503, 'frozen'])
    assert.ok(Number(headers['retry-after']) > 0)
  }
  assert.equal(await other(), 'other')
  assert.equal(await canWrite(), false)
  assert.deepEqual(readSiteMode(context, place), { kind: 'frozen' })
  assert.deepEqual(await changedSince(before), [])
})

test('frozen: its own host still sees the site, and nothing is set off by that', async () => {
  calls.length = 0
  const answer = await httpCheck(host, place, shell.stop)
  assert.equal(answer?.said, 'HTTP 200')
  assert.equal((await ask('/', { headers: { 'x-holdfast-key': 'guessed' } })).status, 503)
  assert.deepEqual(calls, [])
  assert.deepEqual(await changedSince(before), [])
})

test('thawed: all is as it was, and nothing of ours is left in the web server', async () => {
  assert.deepEqual(await set({ kind: 'open' }), { guarded: true })
  assert.deepEqual(leftInApache(), [])
  assert.equal(modeRecords.read(host, 'blog'), undefined)
  assert.equal(await canWrite(), true)
  assert.deepEqual(await changedSince(before), [])
  assert.equal((await ask()).status, 200)
})

const MAIN = { kind: 'copy', main: 'https://blog.example/' } as const

test('a copy: its pages are there to read, and what would write answers 503 with the address of the main site', async () => {
  before = await state()
  calls.length = 0
  writeFileSync(mails, '')
  assert.deepEqual(await set(MAIN), { guarded: true })
  for (const path of [
    '/',
    '/?p=1',
    '/?feed=rss2',
    '/?s=hello',
    '/wp-includes/css/dashicons.min.css',
    '/?rest_route=/wp/v2/posts',
  ])
    assert.deepEqual([path, (await ask(path)).status], [path, 200])
  const refused = EVERY_WAY.filter(([path, more]) => more || /wp-(?:cron|login|admin)/.test(path))
  for (const [path, more] of [
    ...refused,
    ['/', { form: { comment: 'x' } }],
    ['/enter'],
    ['/?rest_route=/wp/v2/posts&_method=POST'],
    ['/wp-json/wp/v2/posts', { headers: { 'x-http-method-override': 'DELETE' } }],
    ['/wp-json/wp/v2/posts/1', { method: 'DELETE' }],
    ['//wp-cron.php'],
    ['/wp-cron%2ephp'],
    ['/?wc-ajax=checkout'],
    ['/wp-admin/'],
    ['/wp-admin'],
  ] as const) {
    const { status, headers, body } = await ask(path, more)
    assert.deepEqual([path, status, headers['x-holdfast']], [path, 503, 'copy'])
    assert.match(body, /read-only copy\. The main site is at (?:<a href=')?https:\/\/blog\.example\//)
  }
  assert.equal(await other(), 'other')
})

test('a copy: nothing leaves the machine though an event is due, a plugin mails and calls; no row and no file changes', async () => {
  assert.deepEqual(sent(), [])
  assert.deepEqual(await changedSince(before), [])
})

test('a copy: setting it again is a look at a file; what was changed by hand is put right', async () => {
  const file = join(apache, 'conf-enabled/holdfast-blog.conf')
  const text = readFileSync(file, 'utf8')
  const reloads = join(folder, 'reloads')
  const webServer = { ...server.fields, reload: ['sh', '-c', `echo >> ${reloads}; exec "$@"`, 'sh', ...server.fields.reload] }
  const counted = { ...context, host: { ...host, webServer } }
  assert.deepEqual(await setSiteMode(counted, place, MAIN), { guarded: true })
  assert.equal(existsSync(reloads), false)
  writeFileSync(file, text.replace('POST', 'GET').replace(/Redirect 503.*/, ''))
  assert.deepEqual(await setSiteMode(counted, place, MAIN), { guarded: true })
  assert.equal(readFileSync(reloads, 'utf8'), '\n')
  assert.equal(readFileSync(file, 'utf8'), text)
})

test('what the web server does not take is put back, and said', async () => {
  const broken = {
    ...context,
    host: { ...host, webServer: { ...server.fields, test: ['sh', '-c', 'echo no good >&2; exit 1'] } },
  }
  const { guarded, why } = await setSiteMode(broken, place, { kind: 'frozen' })
  assert.equal(guarded, false)
  assert.match(why ?? '', /no good/)
  assert.deepEqual(readSiteMode(context, place), MAIN)
  assert.equal((await ask()).status, 200)
  assert.deepEqual(await set(MAIN), { guarded: true })
})

test('a run that was killed before the web server read it is completed by the next', async () => {
  await set({ kind: 'open' })
  const file = join(apache, 'conf-enabled/holdfast-blog.conf')
  await set({ kind: 'frozen' })
  const text = readFileSync(file, 'utf8')
  const record = modeRecords.read(host, 'blog')!
  // as it is between the taking of the rights and the word that all is done
  modeRecords.write(host, 'blog', { mode: record.mode, rights: record.rights })
  assert.deepEqual(readSiteMode(context, place), { kind: 'frozen' })
  assert.deepEqual(await set({ kind: 'frozen' }), { guarded: true })
  assert.equal(readFileSync(file, 'utf8'), text)
  await set({ kind: 'open' })
  assert.equal(await canWrite(), true)
})

test('a copy with replica.writes none: its account may only read, also for whoever comes past WordPress', async () => {
  const none = { ...context, host: { ...host, replica: { writes: 'none' as const } } }
  assert.deepEqual(await setSiteMode(none, place, MAIN), { guarded: true })
  assert.equal(await canWrite(), false)
  assert.equal((await ask()).status, 200)
  await lendRights(none, place)
  assert.deepEqual([await canWrite(), isLent(none, place)], [true, true])
  assert.deepEqual(await setSiteMode(none, place, MAIN), { guarded: true })
  assert.deepEqual([await canWrite(), isLent(none, place)], [false, false])
  await setSiteMode(none, place, { kind: 'open' })
  assert.equal(await canWrite(), true)
})

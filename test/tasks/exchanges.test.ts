import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { EXCHANGES, exchange } from '../support/exchange-folder.ts'
import { startFakeDatabase } from '../support/fake-database.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { quickSite, runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, type Ended, Stage, type StageHost } from '../support/stage.ts'
import type { TinyWordpress } from '../support/tiny-wordpress.ts'

/** Whose the site is, and another host's user on the share. */
const [SITE_USER, SHARE_USER] = [33, 65_534]
const skip = process.geteuid?.() !== 0 && 'needs root'

const folder = quickFolder('exchanges')
const stage = new Stage(folder)
const archive = join(stage.archive, 'blog')
/** What the attacks lead to: it is nobody's business. */
const victim = join(folder, 'victim')
let mariadb: Mariadb
let host: StageHost
let site: TinyWordpress
let was: Record<string, string>
const at = (path: string): string => join(site.folder, path)

const nightly = (): Promise<Ended> => stage.nightly(host)

before(async () => {
  if (skip) return
  chmodSync(folder, 0o755)
  mariadb = await startMariadb(join(folder, 'db'))
  host = stage.addHost('web1', { database: { socket: mariadb.socket } } as object)
  site = await quickSite(host.vhosts, 'blog', 'blog', mariadb)
  mkdirSync(at('SITE/d'))
  for (const name of ['d/name', 'd/page']) writeFileSync(at(`SITE/${name}`), 'blog')
  claim(site.folder, host)
  own()
  assert.equal((await nightly()).code, 0)
  mkdirSync(join(victim, '.holdfast/database.tables'), { recursive: true })
  // all can read it: what keeps them from it is where it lies
  for (const name of ['name', 'page', 'PRIMARY_IS_web1', 'wp-config.php', '.holdfast/database.tables/2-table-wp_posts.sql'])
    writeFileSync(join(victim, name), 'stolen')
  writeFileSync(join(victim, 'wp-config.php'), configOf(`'stolen'`, '127.0.0.1:1'))
  was = snapshot(victim)
})
after(async () => {
  if (!skip) await mariadb.stop()
})

/** All of the site is its user's, but for what Holdfast keeps in it. */
function own(): void {
  execFileSync('chown', ['-h', `${SITE_USER}:${SITE_USER}`, site.folder])
  execFileSync('chown', ['-hR', `${SITE_USER}:${SITE_USER}`, at('SITE')])
}

const configOf = (user: string, address: string): string =>
  `<?php define('DB_NAME', 'blog'); define('DB_USER', ${user}); define('DB_PASSWORD', 'known-password-of-blog'); define('DB_HOST', '${address}'); $table_prefix = 'wp_';`

/** Runs a task again and again while a user exchanges two names, until that was done often enough; nothing of the victim may change. */
async function whileExchanged(
  uid: number,
  around: string,
  names: readonly [string, string],
  task: () => Promise<Ended>,
): Promise<void> {
  let exchanges = 0
  while (exchanges < EXCHANGES) {
    const user = await exchange(uid, around, names)
    const ended = await task()
    exchanges += await user.end()
    settle(around, names)
    assert.ok([0, 1, 2].includes(ended.code!), `${ended.code}: ${ended.stdout}\n${ended.stderr}`)
    assert.deepEqual(snapshot(victim), was, `after ${exchanges} exchanges`)
  }
  if (EXCHANGES >= 1000) console.log(`# ${names.join(' and ')}: ${exchanges} exchanges`)
}

/** Puts each of the two where it belongs: the link has the second name. */
function settle(around: string, [name, link]: readonly [string, string]): void {
  const path = (each: string): string => join(around, each)
  if (lstatSync(path(link)).isSymbolicLink()) return
  renameSync(path(link), path('aside'))
  renameSync(path(name), path(link))
  renameSync(path('aside'), path(name))
}

/** A link beside what it stands for, while something is done. */
async function withLink(link: string, target: string, work: () => Promise<void>): Promise<void> {
  symlinkSync(target, link)
  try {
    await work()
  } finally {
    rmSync(link)
  }
}

for (const [what, around, name] of [
  ['a folder that a configuration reads', 'SITE', 'd'],
  ["wp-config.php's own folder", '', 'SITE'],
] as const)
  test(`nightly sends nobody what lies outside of a site while ${what} is exchanged for a link`, { skip }, async () => {
    await using fake = await startFakeDatabase('lie', mariadb.socket, { user: 'blog', password: site.password })
    writeFileSync(join(victim, 'wp-config.php'), configOf(`'stolen'`, `127.0.0.1:${fake.port}`))
    was = snapshot(victim)
    const before = readFileSync(site.config)
    writeFileSync(site.config, configOf(`trim(@file_get_contents(__DIR__ . '/d/name'))`, `127.0.0.1:${fake.port}`))
    own()
    await withLink(join(at(around), 'link'), victim, () => whileExchanged(SITE_USER, at(around), [name, 'link'], nightly))
    assert.ok(!fake.logins().includes('stolen'), fake.logins().join())
    await nightly()
    assert.ok(fake.logins().includes('blog'), 'it is asked at all')
    writeFileSync(site.config, before)
  })

test('nightly writes no dump and no certificate through a link that a folder of its own is exchanged for', { skip }, async () => {
  await withLink(at('link'), victim, () => whileExchanged(SITE_USER, site.folder, ['.holdfast', 'link'], nightly))
})

test("recover --path changes nothing of another's while a folder is exchanged for a link", { skip }, async () => {
  const task = () => runTask(stage, 'recover', host, ['--site', 'blog', '--yes', '--path', 'SITE/d/page'])
  await withLink(at('SITE/link'), victim, () => whileExchanged(SITE_USER, at('SITE'), ['d', 'link'], task))
})

test('recover --into unpacks and ends in no folder that one of another on the way is exchanged for', { skip }, async () => {
  const home = join(folder, 'home')
  mkdirSync(join(home, 'd'), { recursive: true })
  for (const path of [home, join(home, 'd')]) chownSync(path, SITE_USER, SITE_USER)
  let runs = 0
  const task = () => runTask(stage, 'recover', host, ['--site', 'blog', '--into', join(home, 'd', `${runs++}`)])
  await withLink(join(home, 'link'), victim, () => whileExchanged(SITE_USER, home, ['d', 'link'], task))
  assert.deepEqual(
    readdirSync(folder).filter(name => name.startsWith('.holdfast-fetch')),
    [],
  )
})

for (const [what, around, name, target] of [
  ['the marker', archive, 'PRIMARY_IS_web1', 'page'],
  ['what is written down of the sets', archive, '.holdfast-sets', 'page'],
  ['the identity', stage.archive, '.holdfast-identity', 'page'],
] as const)
  test(`nightly writes through no link while a host with few rights exchanges ${what} on the share for one`, {
    skip,
  }, async () => {
    for (const path of [stage.archive, archive]) chmodSync(path, 0o777)
    await withLink(join(around, 'link'), join(victim, target), () => whileExchanged(SHARE_USER, around, [name, 'link'], nightly))
    for (const path of [stage.archive, archive]) chmodSync(path, 0o755)
  })

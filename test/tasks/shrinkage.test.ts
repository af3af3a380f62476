import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { statusSchema } from '../../lib/report/status.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { craftSet } from '../support/crafted-set.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { quickSite, runTask } from '../support/recovering.ts'
import { claim, Stage, type StageHost, type Told, troubles, verdicts } from '../support/stage.ts'
import type { TinyWordpress } from '../support/tiny-wordpress.ts'

const folder = quickFolder('shrinkage')
/** How each site loses what it has, by its name. */
const LOSSES = {
  'all-posts': { lose: 'DELETE FROM wp_posts', says: /wp_posts is empty/ },
  database: { lose: 'DROP TABLE wp_posts, wp_options, wp_users; DROP VIEW titles', says: /wp_options is gone/ },
  files: { lose: (root: string) => thin(root), says: /files: \d+ of \d+ left/ },
  site: { lose: (root: string) => empty(root), says: /SITE is empty/ },
  same: { lose: () => {}, says: /^$/ },
} as const
type Name = keyof typeof LOSSES
const LOSERS = ['all-posts', 'database', 'files', 'site'] as const
let servers: [Mariadb, Mariadb]
let stage: Stage
let web1: StageHost
let web2: StageHost
let sites: TinyWordpress[]

before(async () => {
  servers = [await startMariadb(join(folder, 'one')), await startMariadb(join(folder, 'two'))]
  stage = new Stage(join(folder, 'stage'))
  const [first, second] = ['web1', 'web2'].map((name, index) =>
    stage.addHost(name, { database: { socket: servers[index]!.socket } } as object),
  ) as [StageHost, StageHost]
  web1 = first
  web2 = second
  const make = async (name: string): Promise<TinyWordpress> => {
    const site = await quickSite(web1.vhosts, name, name.replace('-', '_'), servers[0])
    const uploads = join(site.folder, 'SITE/uploads')
    mkdirSync(uploads)
    for (let index = 0; index < 40; index++) writeFileSync(join(uploads, `photo-${index}`), `${name} ${index}`)
    claim(site.folder, web1)
    return site
  }
  sites = []
  for (const name of Object.keys(LOSSES)) sites.push(await make(name))
})
after(async () => {
  for (const server of servers) await server.stop()
})

const thin = (root: string): void => {
  for (const name of readdirSync(join(root, 'uploads')).slice(4)) rmSync(join(root, 'uploads', name))
}
const empty = (root: string): void => {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true })
}
const uploadsOn = (host: StageHost, name: Name): number => {
  const uploads = join(host.vhosts, name, 'SITE/uploads')
  return existsSync(uploads) ? readdirSync(uploads).length : 0
}
const postsOnReplica = async (name: Name): Promise<string> =>
  (await servers[1].query('SELECT COUNT(*) FROM wp_posts', name.replace('-', '_'))).trim()

/** Each site that lost something, and no other, is told of in these words, with what it lost and how to confirm it. */
function assertSaid(told: Told, words: RegExp): void {
  const said = verdicts(told)
  assert.deepEqual(said.map(line => line.split(' ')[0]).toSorted(), [...LOSERS].toSorted(), said.join('\n'))
  for (const name of LOSERS) {
    const line = said.find(each => each.startsWith(`${name} `))!
    assert.match(line, words)
    assert.match(line, LOSSES[name].says)
    assert.match(line, new RegExp(`npx zx tasks/nightly\\.ts --site ${name} --accept-shrinkage`))
  }
}

/** Both hosts' nights. */
const nights = async (): Promise<[Told, Told]> => [await stage.told(web1), await stage.told(web2)]

test('a site that loses most of what it has is backed up all the same, its owner is told with exit code 1, and its replica keeps what it has, until that is confirmed', async () => {
  for (const told of await nights()) assert.deepEqual([told.code, verdicts(told), troubles(told)], [0, [], []])
  for (const { name, folder: place, database } of sites) {
    const { lose } = LOSSES[name as Name]
    if (typeof lose === 'string') await servers[0].query(lose, database)
    else lose(join(place, 'SITE'))
  }
  const [owner, replica] = await nights()
  assert.deepEqual([owner.code, replica.code], [1, 1])
  assert.deepEqual(troubles(owner), [])
  assertSaid(owner, / needs attention: (?:since .* its contents are suspect.*)?it has shrunk since the backup of /s)
  assertSaid(replica, / needs attention: stays behind the backup of /)
  assert.equal(owner.outcomes.filter(({ step, status }) => step === 'backup' && status === 'done').length, 5)
  // a night later it is told again, though no more has gone
  assertSaid(
    await stage.told(web1),
    / needs attention: (?:since .* its contents are suspect.*)?it has shrunk since the backup of /s,
  )
  for (const name of LOSERS) assert.deepEqual([uploadsOn(web2, name), await postsOnReplica(name)], [40, '2'], name)
  const looked = await runTask(stage, 'status', web1, ['--json'])
  const { sites: seen } = statusSchema.parse(JSON.parse(looked.stdout))
  assert.deepEqual([looked.code, seen.filter(({ verdict }) => verdict === 'needs attention').length], [1, 4])

  const refused = await stage.nightly(web1, ['--accept-shrinkage'])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /--accept-shrinkage: found no --site/)
  for (const name of ['files', 'all-posts']) {
    const accepted = await typeCommand(commandIn(verdicts(owner).join('\n'), 'nightly', `--site ${name} `))
    assert.equal(accepted.code, 0, accepted.said)
  }
  for (const told of await nights())
    assert.deepEqual(
      verdicts(told).map(line => line.split(' ')[0]),
      ['database', 'site'],
    )
  assert.deepEqual([uploadsOn(web2, 'files'), await postsOnReplica('all-posts'), uploadsOn(web2, 'site')], [4, '0', 40])
})

test('a site that is whole again needs no confirmation, and its replica goes on', async () => {
  const site = sites.find(({ name }) => name === 'site')!
  mkdirSync(join(site.folder, 'SITE/uploads'))
  writeFileSync(join(site.folder, 'SITE/wp-config.php'), readFileSync(join(web2.vhosts, 'site/SITE/wp-config.php')))
  for (let index = 0; index < 40; index++) writeFileSync(join(site.folder, 'SITE/uploads', `new-${index}`), 'back')
  // that all of it was gone is for a person to clear, who is shown what there is now
  assert.equal((await runTask(stage, 'status', web1, ['--site', 'site', '--clear', 'site'])).code, 1)
  for (const host of [web1, web2]) {
    const told = await stage.told(host, ['--site', 'site'])
    assert.deepEqual([told.code, verdicts(told)], [0, []])
  }
  assert.ok(existsSync(join(web2.vhosts, 'site/SITE/uploads/new-1')))
})

test('a set that somebody else put there, with less than half, is refused by the replica itself, and taken when a person says so there', async () => {
  const archive = join(stage.archive, 'same')
  const tree = join(folder, 'forged')
  mkdirSync(join(tree, 'SITE'), { recursive: true })
  writeFileSync(join(tree, 'SITE/index.php'), '<?php // mine now\n')
  writeFileSync(join(tree, 'PRIMARY_IS_web1'), '')
  await craftSet(tree, archive)
  for (const lie of [undefined, { files: 4000, rows: { wp_posts: 2, wp_options: 9, wp_users: 3 } }]) {
    const [name] = /\d{8}T\d{6}Z/.exec(readdirSync(archive).find(file => file.includes('.manifest'))!)!
    const set = name.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5')
    if (lie) writeFileSync(join(archive, '.holdfast-sets'), `${JSON.stringify({ set, ...lie })}\n`)
    const told = await stage.told(web2, ['--site', 'same'])
    assert.equal(told.code, 1)
    assert.match(
      verdicts(told).join(),
      /^same failed: its archive is not as it was sealed, .*Compare with the current replica: .*stays behind the backup of .*: it has far less than this replica: files: \d of \d\d left/,
    )
    assert.equal(uploadsOn(web2, 'same'), 40)
  }
  await runTask(stage, 'status', web2, ['--clear', 'same'])
  const refused = verdicts(await stage.told(web2, ['--site', 'same'])).join()
  const accepted = await typeCommand(commandIn(refused, 'nightly'))
  assert.deepEqual([accepted.code, uploadsOn(web2, 'same')], [0, 0], accepted.said)
})

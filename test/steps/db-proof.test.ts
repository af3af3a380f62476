import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Outcome } from '../../lib/core/outcome.ts'
import { type Proof, stands } from '../../lib/restore/proven-database.ts'
import { dump, dumpFileOf, dumping } from '../support/dumping.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

const stage = dumping('db-proof')

/** What a night did to know that a database is the site's. */
const askedFor = ({ commands }: Outcome): string[] =>
  commands.flatMap(({ line }) => (/ php /.test(line) ? ['PHP'] : / --user=/.test(line) ? ['login'] : []))
const BOTH = ['PHP', 'login']

/** A configuration that has been as it is for a while. */
async function settled(site: TinyWordpress): Promise<void> {
  while (Date.now() - statSync(site.config).ctimeMs <= 2000) await setTimeout(100)
}

const night = async (site: TinyWordpress): Promise<string[]> => {
  const outcome = await dump(stage, site)
  assert.equal(outcome.status, 'done', outcome.reason)
  return askedFor(outcome)
}

test('a configuration and an account that have not changed are not asked again; whatever changes of them is', async () => {
  const site = await tinyWordpress(stage.host.vhosts, 'proof', 'proof', stage.mariadb)
  await settled(site)
  assert.deepEqual(await night(site), BOTH)
  assert.deepEqual(await night(site), [], 'nothing has changed')
  assert.ok(!readFileSync(join(stage.host.paths.state, 'database-proofs', 'proof.json'), 'utf8').includes(site.password))

  const text = readFileSync(site.config, 'utf8')
  const { atime, mtime } = statSync(site.config)
  writeFileSync(site.config, text)
  utimesSync(site.config, atime, mtime)
  assert.deepEqual(await night(site), BOTH, 'written again, with its former time')
  assert.deepEqual(await night(site), BOTH, 'a file that was written this moment is not remembered')
  await settled(site)
  assert.deepEqual([await night(site), await night(site)], [BOTH, []])

  const content = join(site.folder, 'SITE', 'wp-content')
  mkdirSync(content)
  writeFileSync(join(content, 'db.php'), '')
  assert.deepEqual([await night(site), await night(site)], [BOTH, BOTH], 'a drop-in may keep the data elsewhere')
  rmSync(content, { recursive: true })
  assert.deepEqual(await night(site), [], 'its file is the one that was proven')

  renameSync(site.config, join(site.folder, 'SITE', 'real.php'))
  symlinkSync('real.php', site.config)
  assert.deepEqual(await night(site), BOTH, 'a link')
  rmSync(site.config)
  renameSync(join(site.folder, 'SITE', 'real.php'), site.config)
  await settled(site)
  assert.deepEqual([await night(site), await night(site)], [BOTH, []])

  await stage.mariadb.query("ALTER USER 'proof'@'localhost' IDENTIFIED BY 'another'")
  assert.match((await dump(stage, site)).reason!, /its account cannot log in to its database: Access denied/)
  await stage.mariadb.query(
    `ALTER USER 'proof'@'localhost' IDENTIFIED BY '${site.password}'; REVOKE ALL ON proof.* FROM 'proof'@'localhost'`,
  )
  assert.match((await dump(stage, site)).reason!, /its account cannot log in to its database/)
  await stage.mariadb.query("GRANT ALL ON proof.* TO 'proof'@'localhost'; CREATE USER 'proof'@'127.0.0.1' IDENTIFIED BY 'x'")
  assert.deepEqual(await night(site), BOTH, 'another account of the name')
  assert.deepEqual(await night(site), [])
})

test('a configuration that asks for more than is written in it is run each night', async () => {
  const site = await tinyWordpress(stage.host.vhosts, 'asks', 'asks', stage.mariadb)
  writeFileSync(site.config, readFileSync(site.config, 'utf8').replace("'asks');", "getenv('X') ?: 'asks');"))
  await settled(site)
  assert.deepEqual([await night(site), await night(site)], [BOTH, BOTH])
})

test("a site that was proven gets no other site's database dumped, whatever its folder says", async () => {
  const owner = await tinyWordpress(stage.host.vhosts, 'owner', 'owner', stage.mariadb)
  const thief = await tinyWordpress(stage.host.vhosts, 'thief', 'thief', stage.mariadb)
  await settled(thief)
  assert.deepEqual([await night(thief), await night(thief)], [BOTH, []])
  const text = readFileSync(thief.config, 'utf8')
  for (const [wanted, found] of [
    ["'DB_NAME', 'thief'", "'DB_NAME', 'owner'"],
    [/thief/g, 'owner'],
  ] as const) {
    const { atime, mtime } = statSync(thief.config)
    writeFileSync(thief.config, text.replace(wanted, found))
    utimesSync(thief.config, atime, mtime)
    await settled(thief)
    const { status, reason } = await dump(stage, thief)
    // with the owner's password it is who it says it is, until the owner's night has recorded the database
    if (status === 'done') assert.match(text.replace(wanted, found), /known-password-of-owner/)
    else assert.match(reason!, /cannot log in|recorded/)
  }
  assert.match((await dump(stage, owner)).reason ?? '', /recorded as that of site "thief"|^$/)
})

const PROOF: Proof = {
  at: 1_000_000,
  config: 'c',
  account: 'a',
  access: { database: 'd', user: 'u', tablePrefix: 'wp_', address: { kind: 'default' } },
}
const DAY = 86_400_000
const cases: [name: string, now: Parameters<typeof stands>[1], wanted: boolean][] = [
  ['the same', { config: 'c', account: 'a', now: 1_000_000 + DAY }, true],
  ['another file', { config: 'd', account: 'a', now: 1_000_000 + DAY }, false],
  ['another account', { config: 'c', account: 'b', now: 1_000_000 + DAY }, false],
  ['a week later', { config: 'c', account: 'a', now: 1_000_000 + 7 * DAY }, false],
  ['a clock that was set back', { config: 'c', account: 'a', now: 999_999 }, false],
]
for (const [name, now, wanted] of cases) test(`stands() of ${name} is ${wanted}`, () => assert.equal(stands(PROOF, now), wanted))

test('of a site that names no database any more, no former dump is made', async () => {
  const site = await tinyWordpress(stage.host.vhosts, 'emptied', 'emptied', stage.mariadb)
  await settled(site)
  assert.deepEqual([await night(site), await night(site)], [BOTH, []])
  writeFileSync(site.config, '<?php exit;')
  assert.equal((await dump(stage, site)).status, 'failed')
  assert.ok(statSync(dumpFileOf(site)).isFile(), 'the last good one stays')
})

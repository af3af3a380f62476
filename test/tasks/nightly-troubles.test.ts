import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Outcome } from '../../lib/core/outcome.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { ownFolder } from '../support/host.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, isUnlocked, Stage, type StageHost, troubles, verdicts } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'

const folder = ownFolder('troubles')
const bin = join(folder, 'bin')
const calls = join(folder, 'calls')
let mariadb: Mariadb

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
  fakeProgram(bin, 'duplicity', `echo "$*" >> ${calls}; PATH=$REAL exec duplicity "$@"`)
})
after(() => mariadb.stop())

/** A PATH on which duplicity writes down that it was called. */
const recorded = () => ({ PATH: pathWith(bin) })
const noCalls = () => rmSync(calls, { force: true })

async function stageWith(
  name: string,
  fields: object = {},
  sites: string[] = ['plain'],
): Promise<{ stage: Stage; host: StageHost }> {
  const stage = new Stage(join(folder, name))
  const host = stage.addHost('web1', { database: { socket: mariadb.socket }, ...fields })
  for (const site of sites) claim((await createStatic({ vhosts: host.vhosts, name: site })).folder, host)
  return { stage, host }
}
const backedUp = (stage: Stage): string[] =>
  (existsSync(stage.archive) ? readdirSync(stage.archive) : []).filter(
    name => !name.startsWith('.') && readdirSync(join(stage.archive, name)).some(file => /manifest/.test(file)),
  )
const about = (outcomes: readonly Outcome[], site: string) => outcomes.filter(outcome => outcome.subject === site)

test("nightly says of each site what is wrong with it, and backs up the others: a dead database, a wp-config.php that does not parse, a dead server's socket", async () => {
  const { stage, host } = await stageWith('sick')
  const make = (name: string) => tinyWordpress(host.vhosts, name, name, mariadb)
  const [gone, broken, elsewhere, well] = [await make('gone'), await make('broken'), await make('elsewhere'), await make('well')]
  for (const site of [gone, broken, elsewhere, well]) claim(site.folder, host)
  await mariadb.query('DROP DATABASE gone')
  writeFileSync(broken.config, "<?php\ndefine('DB_NAME', 'broken'\n")
  writeFileSync(elsewhere.config, readFileSync(elsewhere.config, 'utf8').replace("'localhost'", `'localhost:/nowhere/no.sock'`))

  const told = await stage.told(host)
  assert.deepEqual([told.code, told.exitCode], [1, 1])
  assert.deepEqual(backedUp(stage), ['broken', 'elsewhere', 'gone', 'plain', 'well'], 'the files of all of them')
  const [first, second, third, ...more] = troubles(told)
  assert.match(first!, /^broken db-dump: .*wp-config\.php/)
  assert.match(second!, /^elsewhere db-dump: the database server does not answer: .*\/nowhere\/no\.sock/)
  assert.match(third!, /^gone db-dump: its account cannot log in to its database: Unknown database/)
  assert.deepEqual(more, [])
  const last = about(told.outcomes, 'gone').find(({ step }) => step === 'backup')!
  assert.equal(last.status, 'done')
  assert.ok(isUnlocked(host))
})

test('nightly uses the default for a max_NAS_space of `lots`, warns, and ends well', async () => {
  const { stage, host } = await stageWith('lots', {}, ['plain', 'other'])
  writeFileSync(join(host.vhosts, 'plain', 'max_NAS_space'), 'lots\n')
  writeFileSync(join(host.vhosts, 'other', 'full_backup_freq'), 'often\n')
  const told = await stage.told(host)
  assert.equal(told.code, 0)
  const warnings = told.outcomes.flatMap(({ subject, notes }) =>
    notes.filter(note => note.kind === 'warning').map(note => `${subject}: ${note.text}`),
  )
  assert.deepEqual(warnings.length, 2)
  assert.match(warnings.join('\n'), /max_NAS_space says "lots", wanted a number of MB such as 1000; 1000 is used/)
  assert.match(warnings.join('\n'), /full_backup_freq says "often", wanted an interval/)
  assert.deepEqual(backedUp(stage), ['other', 'plain'])
})

test('nightly refuses a mount point without its mount before any call of duplicity, for every site, with exit code 1', async () => {
  noCalls()
  const mountPoint = join(folder, 'bare')
  mkdirSync(mountPoint)
  const by = { kind: 'commands', up: ['true'], down: ['true'] }
  const { stage, host } = await stageWith('bare-host', { archive: { kind: 'mount', mountPoint, by } })
  const told = await stage.told(host, [], recorded())
  assert.equal(told.code, 1)
  assert.match(troubles(told).join(), /^run check-mount: .*bare is not the archive: nothing is mounted there/)
  assert.deepEqual(readdirSync(mountPoint), [])
  assert.ok(!existsSync(calls))
  const skipped = told.outcomes.filter(({ status }) => status === 'skipped').map(({ step }) => step)
  for (const block of ['Primary sites', 'Replica sites']) assert.ok(skipped.includes(block), block)
})

test('nightly begins no full backup without room for one, and says so', async () => {
  noCalls()
  const { stage, host } = await stageWith('narrow', { freeSpaceFactor: 10 })
  writeFileSync(join(host.vhosts, 'plain', 'max_NAS_space'), '900000000000')
  const told = await stage.told(host, [], recorded())
  assert.equal(told.code, 1)
  assert.match(troubles(told).join('\n'), /no full backup will start: [\d.]+ [GT]B free, 9000 PB required/)
  assert.match(
    troubles(told).join('\n'),
    /plain backup: a full backup is needed \(there is no full backup yet\), but [\d.]+ [GT]B free/,
  )
  assert.ok(!existsSync(calls))
})

test('nightly --site does only what is asked for', async () => {
  const { stage, host } = await stageWith('some', {}, ['a', 'b', 'c'])
  const told = await stage.told(host, ['--site', 'a', '--site', 'c'])
  assert.equal(told.code, 0)
  assert.deepEqual(backedUp(stage), ['a', 'c'])
  assert.deepEqual(new Set(told.outcomes.map(outcome => outcome.subject)), new Set([undefined, 'a', 'c']))
})

test('nightly refuses bad input with exit code 2 and one clear message, and touches nothing', async () => {
  const { stage, host } = await stageWith('bad')
  const before = snapshot(host.vhosts)
  const cases: [string[], RegExp][] = [
    [['--frequently'], /Unknown option '--frequently'/],
    [['--site'], /'--site <value>' argument missing/],
    [['--site', ''], /--site: found nothing, wanted NAME/],
    [['plain'], /Unexpected argument 'plain'/],
    [['--host', 'nobody'], /no inventory for host "nobody": wanted .*nobody\.ts/],
  ]
  for (const [words, message] of cases) {
    const { code, stdout, stderr } = await stage.nightly(host, words)
    assert.deepEqual([code, stdout], [2, ''], words.join(' '))
    assert.match(stderr, message)
    assert.ok(stderr.trim().split('\n').length === 1, stderr)
  }
  assert.ok(!existsSync(join(host.folder, 'state')))
  const unknown = await stage.told(host, ['--site', 'plane'])
  assert.equal(unknown.code, 2)
  assert.match(troubles(unknown).join(), /--site: no site "plane": neither in .*vhosts nor in the archive/)
  assert.deepEqual(snapshot(host.vhosts), before)
  assert.deepEqual(backedUp(stage), [])
})

test('nightly --dry-run describes a whole night and changes nothing, on either host', async () => {
  const encryption = { kind: 'passphrase', secret: 'PP', generated: true }
  const stage = new Stage(join(folder, 'dry'))
  const webServer = { kind: 'apache', folder: join(folder, 'apache'), test: ['true'], reload: ['true'] }
  const fields = { encryption, webServer, database: { socket: mariadb.socket } } as object
  const [web1, web2] = [stage.addHost('web1', fields), stage.addHost('web2', fields)]
  claim((await tinyWordpress(web1.vhosts, 'dry', 'dry', mariadb)).folder, web1)
  claim((await createStatic({ vhosts: web1.vhosts, name: 'plain' })).folder, web1)
  for (const host of [web1, web2]) for (const name of ['logs', 'state', 'cache', 'run']) mkdirSync(join(host.folder, name))
  /** Logs and the lock may be written, and folders of Holdfast's own made; the access test touches the archive's folder. */
  const quiet = (path: string) => /^web\d\/(logs|state|cache|run|vhosts\/\.holdfast)$/.test(path)
  const look = () => {
    const { nas: _nas, 'web2/vhosts': _vhosts, ...rest } = snapshot(stage.folder, quiet)
    return rest
  }
  const without = async (host: StageHost, wanted: RegExp[]) => {
    const before = look()
    const databases = await mariadb.query('SHOW DATABASES; CHECKSUM TABLE dry.wp_posts')
    const { code, stdout, stderr } = await stage.nightly(host, ['--dry-run'])
    assert.equal(code, 0, stdout + stderr)
    for (const each of wanted) assert.match(stdout, each)
    assert.deepEqual(look(), before)
    assert.equal(await mariadb.query('SHOW DATABASES; CHECKSUM TABLE dry.wp_posts'), databases)
    const left = ['state', 'cache', 'run', 'vhosts/.holdfast'].flatMap(name => filesBelow(join(host.folder, name)))
    assert.deepEqual(
      left.filter(file => !/\/(lock|vpn)$/.test(file)),
      [],
    )
    assert.ok(!stdout.includes('known-password') && !stdout.includes('0123456789abcdef0123'))
  }
  await without(web1, [
    /would run: bwrap … -- duplicity full .*\/plain/,
    /would run: bwrap … -- mariadb-dump/,
    /dry run: nothing was changed/,
  ])
  assert.equal((await stage.nightly(web1)).code, 0)
  await without(web2, [/would run: .*duplicity restore/, /dry run: nothing was changed/])
})

function filesBelow(path: string): string[] {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true, recursive: true }).flatMap(entry =>
    entry.isDirectory() ? [] : [join(entry.parentPath, entry.name)],
  )
}

test('nightly leaves the sites of a host alone that was renamed, and says what to type; that done, it is their primary', async () => {
  const { stage, host } = await stageWith('renamed')
  assert.equal((await stage.nightly(host)).code, 0)
  const page = join(host.vhosts, 'plain', 'SITE', 'index.html')
  writeFileSync(page, 'newer than any backup')
  renameSync(join(stage.folder, 'hosts', 'web1.json'), join(stage.folder, 'hosts', 'www1.json'))
  const www1 = { ...host, name: 'www1' }

  const told = await stage.told(www1)
  assert.equal(told.code, 1)
  const [conflict, ...more] = verdicts(told)
  assert.deepEqual([...more, ...troubles(told)], [])
  assert.match(conflict!, /this host backed it up as web1, but is called www1 now/)
  assert.equal(readFileSync(page, 'utf8'), 'newer than any backup')

  const [, command] = /www1 is the new name of web1: (.*)/.exec(conflict!)!
  execFileSync('sh', ['-c', `${command!} --yes`])
  assert.equal((await stage.nightly(www1)).code, 0)
  const restored = stage.addHost('web2', { database: { socket: mariadb.socket } })
  assert.equal((await stage.nightly(restored)).code, 0)
  assert.equal(readFileSync(join(restored.vhosts, 'plain', 'SITE', 'index.html'), 'utf8'), 'newer than any backup')
})

test('nightly replays a site of a former name of this host when it is told that this is another host', async () => {
  const { stage, host } = await stageWith('copied')
  assert.equal((await stage.nightly(host)).code, 0)
  renameSync(join(stage.folder, 'hosts', 'web1.json'), join(stage.folder, 'hosts', 'copy.json'))
  const copy = { ...host, name: 'copy' }
  const [, command] = /it becomes a replica here: (.*)/.exec(verdicts(await stage.told(copy))[0]!)!
  execFileSync('sh', ['-c', `${command!} --yes`])
  const { code, stdout } = await stage.nightly(copy)
  assert.equal(code, 0)
  assert.match(stdout, /plain was not put here by a replay; kept as a safety copy/)
})

test('nightly --json prints outcomes that agree with what was done and with the exit code', async () => {
  const { stage, host } = await stageWith('json')
  const told = await stage.told(host)
  assert.equal(told.stderr, '')
  assert.deepEqual([told.code, told.exitCode, told.dryRun], [0, 0, false])
  const steps = told.outcomes.map(({ step, phase, subject, status }) => [subject, step, phase, status].filter(Boolean).join(' '))
  for (const line of ['lock up done', 'check-mount do done', 'plain status do done', 'plain backup do done', 'lock down done'])
    assert.ok(steps.includes(line), `${line} in ${steps.join('\n')}`)
  const { commands } = about(told.outcomes, 'plain').find(({ step }) => step === 'backup')!
  assert.ok(commands.some(({ line, ran, exitCode }) => line.startsWith('bwrap … -- duplicity full ') && ran && exitCode === 0))
})

test('nightly refuses secrets that others can read', async () => {
  const { stage, host } = await stageWith('open', { encryption: { kind: 'passphrase', secret: 'PP' } })
  rmSync(join(stage.folder, '.env'))
  const missing = await stage.nightly(host)
  assert.equal(missing.code, 2)
  assert.match(missing.stderr, /has no PP, which encryption\.secret of host "web1" names/)
  writeFileSync(join(stage.folder, '.env'), 'PP=x\n', { mode: 0o644 })
  const open = await stage.nightly(host)
  assert.equal(open.code, 2)
  assert.match(open.stderr, /has mode 644: others can read the secrets in it; wanted 600/)
})

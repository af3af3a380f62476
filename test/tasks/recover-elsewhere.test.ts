import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { until } from '../support/processes.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { blogFor } from '../support/recover-blog.ts'
import { dumpOf, runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'

const DAY = 86_400_000
const { folder, mariadb, blog } = await blogFor('recover-elsewhere')

test('recover --into restores elsewhere, into a new or an empty folder, and touches nothing live', async () => {
  const was = blog.look()
  for (const into of ['new', 'deep/new', 'empty']) {
    if (into === 'empty') mkdirSync(join(folder, into))
    const { code, stdout, stderr } = await blog.recover('--into', join(folder, into))
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    assert.deepEqual(snapshot(join(folder, into)), blog.second.files)
    assert.match(stdout, /blog as of 2026-01-06 03:00:00 UTC: restored into /)
  }
  const { code, stderr, stdout } = await blog.recover('--into', join(folder, 'new'))
  assert.equal(code, 2)
  assert.match(stdout + stderr, /wanted a folder that is empty or not there yet/)
  assert.equal((await blog.recover('--into', join(folder, 'part'), '--path', 'SITE/uploads')).code, 0)
  assert.deepEqual(readdirSync(join(folder, 'part'), { recursive: true }).toSorted(), [
    'SITE',
    'SITE/uploads',
    'SITE/uploads/a.txt',
  ])
  assert.deepEqual(blog.look(), was)
})

test('recover --into refuses a folder among the sites, by whatever way it is named', async () => {
  symlinkSync(blog.host.vhosts, join(folder, 'way'))
  const was = blog.look()
  for (const into of [
    join(blog.host.vhosts, 'newsite'),
    join(blog.folder, 'SITE/in'),
    blog.host.vhosts,
    join(folder, 'way/new/deep'),
  ]) {
    const { code, stdout } = await blog.recover('--into', into)
    assert.equal(code, 2, stdout)
    assert.match(stdout, /--into .*: that is among the sites of this host/)
  }
  assert.deepEqual(blog.look(), was)
  assert.deepEqual(readdirSync(blog.host.vhosts), ['blog'])
})

test('recover --into ends where it began, whatever the way there leads to meanwhile', async () => {
  const [way, bin] = [join(folder, 'walked'), join(folder, 'bin-fetch')]
  mkdirSync(way)
  const exchange = `case "$*" in *" restore "*) mv ${way} ${way}.was && ln -s ${blog.host.vhosts} ${way};; esac`
  fakeProgram(bin, 'bwrap', `PATH=$REAL; bwrap "$@"; ended=$?; ${exchange}; exit $ended`)
  const words = ['--site', 'blog', '--into', join(way, 'new')]
  const { code, stdout } = await runTask(blog.stage, 'recover', blog.host, words, { PATH: pathWith(bin) })
  assert.equal(code, 0, stdout)
  assert.deepEqual(snapshot(join(`${way}.was`, 'new')), blog.second.files)
  assert.deepEqual([readdirSync(`${way}.was`), readdirSync(blog.host.vhosts)], [['new'], ['blog']])
})

test('recover --into --dry-run does not say that anything was restored', async () => {
  const { code, stdout } = await blog.recover('--into', join(folder, 'dry'), '--dry-run')
  assert.equal(code, 0)
  assert.match(stdout, /duplicity restore/)
  assert.doesNotMatch(stdout, /restored into|is in /)
  assert.ok(!existsSync(join(folder, 'dry')))
})

test('recover --dry-run of a site that is broken or lost goes well, and says what it cannot foretell', async () => {
  const config = join(blog.folder, 'SITE/wp-config.php')
  const was = readFileSync(config)
  writeFileSync(config, "<?php define('DB_NAME', ")
  const broken = await blog.recover('--dry-run')
  writeFileSync(config, was)
  renameSync(blog.folder, join(folder, 'lost'))
  const lost = await blog.recover('--dry-run')
  renameSync(join(folder, 'lost'), blog.folder)
  for (const { code, stdout } of [broken, lost]) {
    assert.equal(code, 0, stdout)
    assert.match(stdout, /: which database it has is read from the backup once that is restored; a dry run cannot show/)
    assert.match(stdout, /duplicity restore/)
  }
})

test('recover --db-only of a site whose wp-config.php is gone is a failure, not a success without a database', async () => {
  renameSync(join(blog.folder, 'SITE/wp-config.php'), join(folder, 'aside'))
  const { code, stdout } = await blog.recover('--db-only', '--yes')
  renameSync(join(folder, 'aside'), join(blog.folder, 'SITE/wp-config.php'))
  assert.equal(code, 1)
  assert.match(stdout, /has no wp-config\.php that says which database to bring back/)
})

test('recover brings back a site whose folder is lost, when its archive says that it is this host’s', async () => {
  rmSync(blog.folder, { recursive: true })
  await mariadb.query('DROP DATABASE rc_blog; DROP USER rc_blog@localhost')
  await blog.well()
  assert.deepEqual(snapshot(join(blog.folder, 'SITE')), Object.fromEntries(inSite(blog.second.files)))
  assert.equal(dumpOf(mariadb, 'rc_blog'), blog.second.database)
  assert.ok(existsSync(join(blog.folder, 'PRIMARY_IS_web1')))
})

const inSite = (files: Record<string, string>) =>
  Object.entries(files).flatMap(([path, what]) => (/^SITE(\/|$)/.test(path) ? [[path.slice(5), what] as const] : []))

test('what a recovery replaced is removed by the first night after keepPrevious days, and then there is nothing to undo', async () => {
  await blog.well()
  const journal = globSync(join(blog.host.folder, 'state/restores/*.json'))[0]!
  writeFileSync(
    journal,
    readFileSync(journal, 'utf8').replace(/"startedAt": (\d+)/g, (_, time) => `"startedAt": ${time - 8 * DAY}`),
  )
  assert.match(await mariadb.query('SHOW DATABASES'), /^hf_/m)
  assert.equal((await runTask(blog.stage, 'nightly', blog.host)).code, 0)
  assert.doesNotMatch(await mariadb.query('SHOW DATABASES'), /^hf_/m)
  assert.ok(!existsSync(join(blog.host.vhosts, '.holdfast')))
  assert.equal((await blog.recover('--undo', '--yes')).code, 2)
})

test('recover ends with 75 while another run holds the lock', async () => {
  const holder = spawn('flock', [join(blog.host.folder, 'state/lock'), 'sh', '-c', `touch '${folder}/held'; exec sleep 60`], {
    stdio: 'ignore',
  })
  await until(() => existsSync(join(folder, 'held')))
  assert.equal((await blog.recover('--yes')).code, 75)
  const ended = once(holder, 'exit')
  execFileSync('sh', ['-c', 'kill $(ps -o pid= --ppid "$1"); exit 0', 'sh', String(holder.pid)])
  await ended
})

test('tasks/recover.ts runs by itself from any folder and any name, and its help says what a tired person needs', async () => {
  const task = join(import.meta.dirname, '../../tasks/recover.ts')
  execFileSync('ln', ['-s', task, join(folder, 'recover.ts')])
  for (const program of [task, join(folder, 'recover.ts')]) {
    const { stdout } = await promisify(execFile)(program, ['--help'], {
      cwd: folder,
      env: { ...process.env, PATH: '/usr/bin:/bin' },
    })
    for (const word of ['--site NAME', '--age 40D', '--at WHEN', '--path REL', '--into DIR', '--undo', '--dry-run', 'Exit codes'])
      assert.ok(stdout.includes(word), word)
    assert.ok(stdout.split('\n').every(line => line.length <= 200))
  }
})

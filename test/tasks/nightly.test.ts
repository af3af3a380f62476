import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { ownFolder } from '../support/host.ts'
import { startTask } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, isUnlocked, Stage, type StageHost, troubles } from '../support/stage.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

const folder = ownFolder('nightly')
const ODD = "a b'$(x);é"
let servers: Mariadb[]

before(async () => {
  servers = await Promise.all(['one', 'two'].map(name => startMariadb(join(folder, name))))
})
after(async () => {
  for (const server of servers) await server.stop()
})

/** Everything that a careless backup would lose, besides what the static site has. */
function addOddities(site: string): void {
  const inSite = (name: string) => join(site, 'SITE', name)
  if (process.getuid?.() === 0) execFileSync('chown', ['33:44', join(site, 'SITE')])
  for (const mode of ['1777', '000', '600']) {
    writeFileSync(inSite(`mode ${mode}`), mode)
    if (process.getuid?.() === 0) execFileSync('chown', ['33:44', inSite(`mode ${mode}`)])
    execFileSync('chmod', [mode, inSite(`mode ${mode}`)])
  }
  execFileSync('truncate', ['--size=3M', inSite('sparse')])
  appendFileSync(inSite('sparse'), 'end')
  writeFileSync(inSite('line\nbreak [1]*?'), 'odd')
  writeFileSync(inSite('-rf'), 'odd')
  if (process.getuid?.() === 0) execFileSync('chown', ['-h', '33:44', inSite('-rf'), inSite('latest.html')])
  execFileSync('touch', ['--date=1999-12-31 23:59:59', inSite('sparse'), inSite('empty')])
}

/** A dump of a site's database, for comparing. */
const dumpOf = (server: Mariadb, database: string): string =>
  execFileSync(
    'mariadb-dump',
    ['--no-defaults', `--socket=${server.socket}`, '--skip-dump-date', '--routines', '--hex-blob', database],
    {
      encoding: 'utf8',
      env: { ...process.env, USER: undefined },
    },
  )

interface Version {
  readonly name: string
  readonly env: NodeJS.ProcessEnv
  readonly encryption: object
}

async function nights({ name, env, encryption }: Version): Promise<void> {
  const stage = new Stage(join(folder, name))
  const database = `${name}_odd`
  const [web1, web2] = ['web1', 'web2'].map((each, index) => {
    return stage.addHost(each, { encryption, database: { socket: servers[index]!.socket } } as object)
  }) as [StageHost, StageHost]
  const odd = await tinyWordpress(web1.vhosts, ODD, database, servers[0]!)
  const plain = await createStatic({ vhosts: web1.vhosts, name: 'plain' })
  addOddities(plain.folder)
  for (const site of [odd, plain]) claim(site.folder, web1)
  await createStatic({ vhosts: web1.vhosts, name: 'unmanaged' })

  const well = async (host: StageHost, kind: RegExp) => {
    const { code, stdout, stderr } = await stage.nightly(host, [], env)
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    assert.match(stdout, kind)
    assert.ok(isUnlocked(host))
  }
  const isReplica = () => {
    for (const site of [odd, plain]) {
      const there = snapshot(join(web2.vhosts, site.name), path => path.startsWith('.holdfast'))
      assert.deepEqual(
        there,
        snapshot(site.folder, path => path.startsWith('.holdfast')),
        site.name,
      )
    }
    assert.equal(dumpOf(servers[1]!, database), dumpOf(servers[0]!, database))
  }

  await well(web1, /full backup/)
  await well(web2, /plain +restored to .* replica of web1, \d restore points?\n/)
  isReplica()
  assert.ok(!existsSync(join(stage.archive, 'unmanaged')))
  assert.ok(!existsSync(join(web2.vhosts, 'unmanaged')))

  change(odd, plain.folder)
  await servers[0]!.query("INSERT INTO wp_posts (title) VALUES ('A post of today')", database)
  await well(web1, /plain +incremental [\d.]+ \w+ in [\d.]+ s +2 restore points/)
  await well(web2, /plain +restored to .* replica of web1, \d restore points?\n/)
  isReplica()
  const sets = readdirSync(join(stage.archive, ODD)).filter(file => /manifest/.test(file))
  assert.equal(sets.length, 2)
  assert.equal(
    sets.every(file => file.endsWith('.gpg')),
    'kind' in encryption && encryption.kind === 'passphrase',
  )

  const third = await stage.told(web2, [], env)
  assert.equal(third.exitCode, 0)
  assert.ok(
    third.outcomes.filter(({ status, reason }) => status === 'skipped' && /is here already/.test(reason ?? '')).length === 2,
  )
}

/** A night's changes: one file more, one less, one changed, one replaced by a folder, one link turned. */
function change(odd: TinyWordpress, plain: string): void {
  const inSite = (name: string) => join(plain, 'SITE', name)
  writeFileSync(inSite('new'), 'new')
  rmSync(inSite('style.css'))
  appendFileSync(inSite('index.html'), 'more')
  rmSync(inSite('empty.txt'))
  mkdirSync(inSite('empty.txt'))
  rmSync(inSite('dangling'))
  execFileSync('ln', ['-s', 'somewhere else', inSite('dangling')])
  writeFileSync(join(odd.folder, 'SITE', 'upload'), 'x'.repeat(1000))
}

test('nightly with duplicity 0.8.22, encrypted: the replica is the primary by content, mode, owner, time, links and database, for two nights', () =>
  nights({ name: 'd0', env: {}, encryption: { kind: 'passphrase', secret: 'PP', generated: true } }))

test('nightly with duplicity 3.0.4, not encrypted: the same', async () => {
  await nights({ name: 'd3', env: await withDuplicity3(), encryption: { kind: 'none' } })
})

test('owner and replica tell what they wrote to the archive and read from it; status has it of each night', async () => {
  const stage = new Stage(join(folder, 'transferred'))
  const [web1, web2] = [stage.addHost('web1'), stage.addHost('web2')]
  claim((await createStatic({ vhosts: web1.vhosts, name: 'plain' })).folder, web1)
  const movedBy = async (host: StageHost, step: string) => {
    const { outcomes } = await stage.told(host)
    return outcomes.find(outcome => outcome.step === step && outcome.subject === 'plain')?.transferred
  }
  const sets = join(stage.archive, 'plain')
  const bytesOf = (form: RegExp): number =>
    readdirSync(sets)
      .filter(name => form.test(name))
      .reduce((sum, name) => sum + statSync(join(sets, name)).size, 0)
  assert.equal((await movedBy(web1, 'backup'))?.written, bytesOf(/^duplicity-/))
  assert.equal((await movedBy(web2, 'restore-files'))?.read, bytesOf(/\.difftar/))
  const status = JSON.parse((await startTask(stage, web1, 'status', ['--json']).ended).stdout)
  const [night] = status.sites[0].nights
  assert.ok(night.writtenBytes >= bytesOf(/^duplicity-/) && night.readBytes > 0 && night.seconds > 0, JSON.stringify(night))
})

test('nightly shows what it did, and keeps it in a log of mode 600', async () => {
  const stage = new Stage(join(folder, 'log'))
  const host = stage.addHost('web1')
  claim((await createStatic({ vhosts: host.vhosts, name: 'plain' })).folder, host)
  const { code, stdout } = await stage.nightly(host)
  assert.equal(code, 0)
  assert.match(stdout, /^all well; \d+ s, [\d.]+ kB written, [\d.]+ k?B read$/m)
  const logs = join(host.folder, 'logs')
  const path = join(logs, readdirSync(logs).find(name => name.startsWith('nightly-'))!)
  const log = readFileSync(path, 'utf8')
  assert.equal(execFileSync('stat', ['--format=%a', path], { encoding: 'utf8' }), '600\n')
  assert.match(log, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[plain\] {3}\$ bwrap … -- duplicity full /m)
  assert.match(log, /\[plain\] Back up plain: done in /)
  assert.deepEqual(troubles(await stage.told(host)), [])
})

test('nightly --quiet prints nothing when all is well, and else only what somebody has to see to', async () => {
  const stage = new Stage(join(folder, 'quiet'))
  const host = stage.addHost('web1')
  for (const name of ['plain', 'other']) claim((await createStatic({ vhosts: host.vhosts, name })).folder, host)
  assert.deepEqual(await stage.nightly(host, ['--quiet']), { code: 0, signal: null, stdout: '', stderr: '' })
  rmSync(join(host.vhosts, 'plain/SITE'), { recursive: true })
  const { code, stdout } = await stage.nightly(host, ['--quiet'])
  assert.equal(code, 1)
  assert.match(stdout, /^PROBLEM plain: it has shrunk .*\n1 site needs attention — plain; [^\n]*\nlog: \S*\n$/)
})

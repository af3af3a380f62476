import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isMountPoint } from '../../lib/core/path.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { ownFolder } from '../support/host.ts'
import { makeLineage } from '../support/lineage.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { processesWith, until } from '../support/processes.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, isUnlocked, readJson, Stage, type StageHost, troubles } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('stops')
  const data = ownFolder('stops-db')
  const [bin, rule, blocked, vpnOn] = ['bin', 'rule', 'blocked', 'vpn'].map(name => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  const [share, mountPoint] = [join(folder, 'share'), join(folder, 'mnt')]
  const isMounted = () => isMountPoint(readFileSync('/proc/self/mountinfo', 'utf8'), mountPoint)
  let stage: Stage
  let web1: StageHost
  let web2: StageHost
  let servers: Mariadb[]

  before(async () => {
    for (const path of [share, mountPoint]) mkdirSync(path)
    // a device of its own, whose content stays when it is unmounted from the mount point
    execFileSync('mount', ['-t', 'tmpfs', 'share', share])
    servers = [await startMariadb(join(data, 'one')), await startMariadb(join(data, 'two'))]
    stage = new Stage(folder)
    const by = { kind: 'commands', up: ['mount', '--bind', share, mountPoint], down: ['umount', mountPoint] }
    const fields = {
      archive: { kind: 'mount', mountPoint, by, timeout: 20 },
      vpn: {
        kind: 'commands',
        name: 'home',
        up: ['touch', vpnOn],
        down: ['rm', '-f', vpnOn],
        isUp: ['test', '-e', vpnOn],
        timeout: 20,
      },
      duplicity: { volumeSize: 1 },
      sites: { shop: { domains: ['shop.example'] } },
    } as object
    web1 = stage.addHost('web1', { ...fields, database: { socket: servers[0]!.socket } })
    web2 = stage.addHost('web2', { ...fields, database: { socket: servers[1]!.socket } })
    makeLineage(join(web1.folder, 'letsencrypt'), 'shop.example', ['shop.example'])
    claim((await tinyWordpress(web1.vhosts, 'shop', 'shop', servers[0]!)).folder, web1)
    claim((await createStatic({ vhosts: web1.vhosts, name: 'plain' })).folder, web1)
    for (const name of ['flock', 'touch', 'mount', 'setpriv', 'cp', 'duplicity', 'bwrap']) {
      const block = `if [ -e '${rule}' ] && { read -r program pattern < '${rule}'; [[ ${name} == "$program" && "$*" == *$pattern* ]]; }`
      fakeProgram(
        bin,
        name,
        `${block}; then PATH=$REAL; rm -f '${rule}'; echo here > '${blocked}'; exec sleep 300; fi
        exec "$(PATH=$REAL command -v ${name})" "$@"`,
      )
    }
  })
  after(async () => {
    for (const server of servers) await server.stop()
    if (isMounted()) execFileSync('umount', [mountPoint])
    execFileSync('umount', [share])
  })

  /** Starts a run that stops at a command and waits there. */
  async function standing(host: StageHost, at: string) {
    rmSync(blocked, { force: true })
    writeFileSync(rule, `${at}\n`)
    const run = stage.start(host, ['--json'], { PATH: pathWith(bin) })
    let over = false
    void run.ended.then(() => {
      over = true
    })
    await until(() => existsSync(blocked) || over)
    assert.ok(!over, `it never came to ${at}: ${JSON.stringify(over && troubles(readJson(await run.ended)))}`)
    return run
  }
  const left = (): string[] => processesWith(folder).filter(line => !/\bgpg-agent\b/.test(line))
  const isReleased = (host: StageHost) => {
    assert.ok(isUnlocked(host), 'the lock file is empty')
    assert.ok(!existsSync(vpnOn), 'the VPN is off')
    assert.ok(!isMounted(), 'the share is unmounted')
    assert.deepEqual(processesWith(folder), [], 'no process is left, no agent of gpg either')
  }
  const next = async (host: StageHost, words: string[] = []): Promise<string> => {
    const told = await stage.told(host, words)
    assert.deepEqual(troubles(told), [])
    assert.equal(told.code, 0)
    isReleased(host)
    return told.outcomes[0]!.notes.map(note => note.text).join()
  }

  /** SIGTERM and then, in a second run, SIGKILL at one command of a host's run. */
  async function stops(host: StageHost, at: string, mend: string[] = []): Promise<void> {
    const asked = await standing(host, at)
    asked.child.kill('SIGTERM')
    const ended = await asked.ended
    const told = readJson(ended)
    assert.deepEqual([ended.code, told.exitCode], [143, 143])
    assert.ok(told.outcomes.some(({ status }) => status === 'stopped'))
    isReleased(host)

    const killed = await standing(host, at)
    killed.child.kill('SIGKILL')
    await killed.ended
    await until(() => left().length === 0).catch(() => assert.deepEqual(left(), [], 'what the killed run left'))
    const said = await next(host, mend)
    if (!at.startsWith('flock'))
      assert.match(said, new RegExp(`the last run was interrupted: ${host.name}, process ${killed.child.pid}, `))
  }

  const commands: [string, string][] = [
    ['lock', 'flock --nonblock'],
    ['vpn', `touch ${vpnOn}`],
    ['mount', 'mount --bind'],
    ['db-dump', 'bwrap mariadb-dump --no-defaults'],
    ['certificates', 'cp live/shop.example'],
    ['backup', 'bwrap vhosts/shop file://'],
  ]
  for (const [step, command] of commands) {
    test(`SIGTERM at ${step} releases everything and exits 143; after SIGKILL nothing runs on, and the next run mends it and ends 0`, () =>
      stops(web1, command, /shop|mariadb/.test(command) ? [] : ['--site', 'plain']))
  }

  test('SIGKILL and SIGTERM in the middle of a full backup: the next run goes on, and what is restored is whole', async () => {
    const site = join(web1.vhosts, 'large')
    mkdirSync(join(site, 'SITE'), { recursive: true })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) writeFileSync(join(site, 'SITE', name), randomBytes(2_000_000))
    claim(site, web1)
    const volumes = (): string[] =>
      readdirSync(share).includes('large') ? readdirSync(join(share, 'large')).filter(name => /vol\d+\.difftar/.test(name)) : []
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const many = volumes().length + 2
      const run = stage.start(web1, ['--site', 'large'])
      await until(() => volumes().length >= many)
      run.child.kill(signal)
      await run.ended
      await until(() => left().length === 0)
      assert.ok(!readdirSync(join(share, 'large')).some(name => /manifest/.test(name)), 'it was cut short')
    }
    await next(web1)
    await next(web2)
    const skip = (path: string) => path === '.holdfast'
    assert.deepEqual(snapshot(join(web2.vhosts, 'large'), skip), snapshot(site, skip))
  })

  test('SIGHUP and SIGINT end a run with 129 and 130', async () => {
    for (const [signal, code] of [
      ['SIGHUP', 129],
      ['SIGINT', 130],
    ] as const) {
      const run = await standing(web1, 'mount --bind')
      run.child.kill(signal)
      assert.equal((await run.ended).code, code)
      isReleased(web1)
    }
  })

  for (const [step, command] of [
    ['restore-files', 'bwrap apply-set.ts'], // of the newest set; what runs in a sandbox could not say itself that it came
    ['import-database', 'bwrap --database=hf_'],
  ]) {
    test(`SIGTERM and SIGKILL at ${step} of a replica leave it as it was, and the next run replays it`, async () => {
      writeFileSync(join(web1.vhosts, 'shop', 'SITE', 'news'), `before ${step}`)
      await servers[0]!.query(`INSERT INTO wp_posts (title) VALUES ('before ${step}')`, 'shop')
      await next(web1)
      await stops(web2, command!)
      assert.equal(readFileSync(join(web2.vhosts, 'shop', 'SITE', 'news'), 'utf8'), `before ${step}`)
      assert.match(await servers[1]!.query('SELECT title FROM wp_posts', 'shop'), new RegExp(`before ${step}`))
    })
  }
}

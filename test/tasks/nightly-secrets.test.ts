import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { ownFolder } from '../support/host.ts'
import { commandLines, processesWith, until } from '../support/processes.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { claim, type Ended, PASSPHRASE, Stage, type StageHost } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'

const folder = ownFolder('secrets')
const data = ownFolder('secrets-db')
const PASSWORD = 'known-password-of-shop'
let servers: Mariadb[]
let stage: Stage
let hosts: [StageHost, StageHost]

before(async () => {
  servers = [await startMariadb(join(data, 'one')), await startMariadb(join(data, 'two'))]
  stage = new Stage(folder)
  const encryption = { kind: 'passphrase', secret: 'PP' } as const
  hosts = ['web1', 'web2'].map((name, index) =>
    stage.addHost(name, { encryption, database: { socket: servers[index]!.socket } } as object),
  ) as [StageHost, StageHost]
  claim((await tinyWordpress(hosts[0].vhosts, 'shop', 'shop', servers[0]!)).folder, hosts[0])
})
after(async () => {
  for (const server of servers) await server.stop()
})

const showsSecret = (text: string): boolean => text.includes(PASSPHRASE) || text.includes(PASSWORD)

/** The real programs, each after a wait in which its command line is there to be seen: some are done between two looks. */
const bin = ownFolder('secrets-bin')
for (const program of ['mariadb-dump', 'duplicity']) fakeProgram(bin, program, `sleep 0.5; PATH=$REAL exec ${program} "$@"`)

/** Runs a night and looks at every command line of the machine every 20 ms meanwhile. */
async function watched(host: StageHost, words: string[] = []): Promise<{ ended: Ended; seen: Set<string>; looks: number }> {
  const seen = new Set<string>()
  const run = stage.start(host, words, { PATH: pathWith(bin) })
  let looks = 0
  const timer = setInterval(() => {
    looks += 1
    for (const line of commandLines().values()) seen.add(line)
  }, 20)
  const ended = await run.ended
  clearInterval(timer)
  return { ended, seen, looks }
}

/** Every file that Holdfast keeps for itself on a host. */
const ownFiles = (host: StageHost): string[] =>
  ['state', 'cache', 'logs', 'run']
    .filter(name => existsSync(join(host.folder, name)))
    .flatMap(name =>
      readdirSync(join(host.folder, name), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name)),
    )

for (const [title, words] of [
  ['a dry run', ['--dry-run', '--verbose']],
  ['a full backup', ['--verbose']],
  ['an incremental backup as JSON', ['--json']],
] as const) {
  test(`no secret is on a command line, in the output or in a file of ${title} and its replay`, async () => {
    // else its tables are not dumped
    await servers[0]!.query(`ALTER TABLE wp_posts COMMENT '${title}'`, 'shop')
    for (const host of hosts) {
      const { ended, seen, looks } = await watched(host, [...words])
      assert.equal(ended.code, 0, ended.stdout + ended.stderr)
      assert.ok(looks > 5)
      assert.deepEqual([...seen].filter(showsSecret), [])
      assert.ok(!showsSecret(ended.stdout + ended.stderr))
      assert.deepEqual(
        ownFiles(host).filter(file => showsSecret(readFileSync(file, 'latin1'))),
        [],
      )
      if (!words.includes('--dry-run' as never)) {
        const programs = host === hosts[0] ? ['mariadb-dump', 'duplicity'] : ['duplicity']
        for (const program of programs)
          assert.ok(
            [...seen].some(line => line.includes(program)),
            `${program} was seen`,
          )
      }
    }
  })
}

test('what holds a secret or a site is for its owner only', () => {
  const open = hosts.flatMap(host => ['state', 'cache', 'logs'].map(name => join(host.folder, name)))
  assert.deepEqual(
    open.filter(path => (modeOf(path) & 0o077) !== 0),
    [],
  )
  assert.equal(modeOf(join(hosts[0].vhosts, 'shop', '.holdfast')) & 0o077, 0)
  assert.equal(modeOf(join(hosts[0].vhosts, 'shop', '.holdfast', 'database.tables', '9-complete.sql')) & 0o077, 0)
})
const modeOf = (path: string): number => statSync(path).mode

test("a run's gpg agent ends with it, also after SIGTERM", async () => {
  assert.deepEqual(processesWith(folder), [])
  const run = stage.start(hosts[0])
  await until(() => processesWith(folder).some(line => line.includes('gpg-agent')))
  run.child.kill('SIGTERM')
  assert.equal((await run.ended).code, 143)
  await until(() => processesWith(folder).length === 0)
})

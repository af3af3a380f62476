import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadHost } from '../../lib/inventory/load.ts'
import { HOME } from '../../lib/program/command-line.ts'
import { WEB_SERVER } from './machine.ts'
import { stage } from './stage.ts'

test('setup writes an inventory that loads, type-checks and says what was found', { timeout: 120_000 }, async () => {
  const { folder, inventory, setup } = stage(WEB_SERVER)
  const { stdout } = setup()
  const host = await loadHost(inventory, 'web1')
  assert.deepEqual(host.archive, {
    kind: 'mount',
    mountPoint: '/mnt/my nas',
    by: { kind: 'unit', unit: 'mnt-my\\x20nas.mount' },
    folder: 'holdfast',
    timeout: 60,
  })
  assert.deepEqual(host.vpn, {
    kind: 'unit',
    unit: 'openvpn-client@home.service',
    probe: { host: 'nas.home', port: 2049 },
    timeout: 60,
  })
  assert.deepEqual(host.encryption, { kind: 'passphrase', secret: 'HOLDFAST_PASSPHRASE', generated: true })
  assert.deepEqual([host.webServer?.kind, Object.keys(host.sites)], ['apache', ['blog', 'copy', "it's é", 'owned']])
  assert.match(stdout, /Inventory written: .*web1\.ts/)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}') // as beside every inventory: the project's own
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(HOME, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(HOME, 'node_modules/@types')] },
      include: ['hosts'],
    }),
  )
  const checked = spawnSync(join(HOME, 'node_modules/.bin/tsc'), ['--project', folder], { encoding: 'utf8' })
  assert.equal(`${checked.stdout}${checked.status}`, '0')
})

test('setup makes a passphrase of 256 bits in a .env of mode 600, and never prints it', () => {
  const { env, setup } = stage(WEB_SERVER)
  const { stdout, stderr } = setup()
  const passphrase = /^HOLDFAST_PASSPHRASE=([0-9a-f]{64})\n$/.exec(readFileSync(env, 'utf8'))?.[1]
  assert.ok(passphrase)
  assert.equal(statSync(env).mode & 0o777, 0o600)
  assert.ok(!`${stdout}${stderr}`.includes(passphrase))
  assert.match(stdout, /Keep a copy of it away from this machine/)
})

test("setup names each site without a marker with the command that makes it this host's, and the line for cron", () => {
  const { stdout } = stage(WEB_SERVER).setup()
  assert.deepEqual(stdout.match(/^ {2}touch .*$/gm), [
    '  touch /srv/www/vhosts/blog/PRIMARY_IS_web1',
    "  touch '/srv/www/vhosts/it'\\''s é/PRIMARY_IS_web1'",
  ])
  assert.match(stdout, /owned: static, .*owned by this host\n/)
  assert.match(stdout, /copy: static, .*a replica of web9's\n/)
  assert.match(stdout, /not sites, without a folder SITE: stray/)
  assert.match(
    stdout,
    /^ {2}1?\d 3 \* \* \* \/\S+\/node_modules\/\.bin\/node --min-semi-space-size=4 --max-semi-space-size=4 --heap-growing-percent=50 --no-incremental-marking --single-threaded-gc \/\S+\/lib\/start\.ts \/\S+\/tasks\/nightly\.ts --host web1/m,
  )
})

test('setup writes a unit that rolls interrupted restores back at boot, before the web server, and systemd accepts it', () => {
  const { folder, setup } = stage(WEB_SERVER)
  const { stdout } = setup()
  const unit = join(folder, 'root/etc/systemd/system/holdfast-boot.service')
  assert.match(readFileSync(unit, 'utf8'), /^After=local-fs\.target network-online\.target mariadb\.service mysql\.service$/m)
  assert.match(readFileSync(unit, 'utf8'), /^Before=apache2\.service nginx\.service /m)
  assert.match(stdout, /as root: systemctl enable holdfast-boot\.service/)
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
  assert.deepEqual([verified.status, verified.stderr.split('\n').filter(line => line.includes('holdfast'))], [0, []])
})

test('setup run again overwrites nothing: neither inventory nor secret', () => {
  const { inventory, env, setup } = stage(WEB_SERVER)
  setup()
  const text = readFileSync(join(inventory, 'web1.ts'), 'utf8')
  const secret = readFileSync(env, 'utf8')
  assert.match(setup().stdout, /is there already, and has all that was found/)
  assert.deepEqual(readdirSync(inventory), ['web1.ts'])
  const changed = text.replace('export default', '// mine\nexport default')
  writeFileSync(join(inventory, 'web1.ts'), changed)
  assert.match(setup().stdout, /stays as it is; what was found now is in web1\.ts\.found/)
  assert.equal(readFileSync(join(inventory, 'web1.ts'), 'utf8'), changed)
  assert.equal(readFileSync(join(inventory, 'web1.ts.found'), 'utf8'), text)
  assert.equal(readFileSync(env, 'utf8'), secret)
})

test('setup of a host that has no site yet wants what its sites may need, makes their folder, and says what comes next', () => {
  const { folder, setup } = stage({}, { 'mariadb-dump': 'true' })
  const ready = setup()
  assert.equal(ready.status, 0, ready.stdout)
  assert.match(ready.stdout, /The folder of the sites was made: \/srv\/www\/vhosts/)
  assert.match(ready.stdout, /web1 is ready\. It has no site yet: sites of other hosts come with its first night/)
  assert.ok(existsSync(join(folder, 'root/srv/www/vhosts')))
  const file = join(folder, 'hosts/web1.ts')
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replace('export default host({', "export default host({\n  database: { dumpProgram: '/nowhere/mariadb-dump' },"),
  )
  const missing = setup()
  assert.equal(missing.status, 1)
  assert.match(missing.stdout, /MISSING {2}\/nowhere\/mariadb-dump .*\n[\s\S]*web1 is not ready: something is missing, see above/)
})

test('setup keeps the other lines of a .env, and a passphrase that a person chose', async () => {
  const { inventory, env, setup } = stage(WEB_SERVER)
  writeFileSync(env, 'SMTP_PASSWORD=x', { mode: 0o600 })
  setup()
  assert.match(readFileSync(env, 'utf8'), /^SMTP_PASSWORD=x\nHOLDFAST_PASSPHRASE=[0-9a-f]{64}\n$/)
  rmSync(inventory, { recursive: true })
  writeFileSync(env, 'HOLDFAST_PASSPHRASE=my own words\n')
  assert.match(setup().stdout, /Passphrase: there already/)
  assert.equal(readFileSync(env, 'utf8'), 'HOLDFAST_PASSPHRASE=my own words\n')
  assert.deepEqual((await loadHost(inventory, 'web1')).encryption, {
    kind: 'passphrase',
    secret: 'HOLDFAST_PASSPHRASE',
    generated: false,
  })
})

test('setup makes no passphrase where the inventory that is there wants none', () => {
  const { inventory, env, setup } = stage({})
  mkdirSync(inventory)
  writeFileSync(join(inventory, 'web1.yaml'), 'archive: { kind: folder, path: /backup }\n')
  assert.equal(setup().status, 0)
  assert.ok(!existsSync(env))
})

/** Whoever cannot be worked with: what it is, how it is made, what is said. */
const REFUSED: [string, (folder: string) => void, string[], RegExp][] = [
  ['an unknown option', () => {}, ['--bogus'], /Unknown option '--bogus'; npm run setup -- --help lists the options/],
  ['a word that is no option', () => {}, ['web1'], /Unexpected argument 'web1'/],
  ['a host that cannot be one', () => {}, ['--host', '../x'], /--host: found "\.\.\/x", wanted a host name/],
  [
    'a .env that others can read',
    folder => {
      writeFileSync(join(folder, '.env'), 'A=1\n')
      chmodSync(join(folder, '.env'), 0o644)
    },
    [],
    /has mode 644: .*wanted 600/,
  ],
  [
    'an inventory with a wrong field',
    folder => {
      mkdirSync(join(folder, 'hosts'))
      writeFileSync(join(folder, 'hosts/web1.json'), '{"archiv":1}')
    },
    [],
    /web1\.json: 2 fields are wrong/,
  ],
]

for (const [what, prepare, args, message] of REFUSED) {
  test(`setup refuses ${what} with exit code 2 and one message`, () => {
    const { folder, setup } = stage({})
    prepare(folder)
    const before = readdirSync(folder)
    const { status, stderr } = setup(...args)
    assert.equal(status, 2)
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /\n {4}at /)
    assert.deepEqual(readdirSync(folder), before)
  })
}

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readWpConfig } from '../../lib/wordpress/config.ts'
import { readConfigured } from '../support/config-site.ts'
import { RACES, startExchanger } from '../support/exchanger.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { hearingShell } from '../support/shell.ts'

const place = quickFolder('config-hostile')
const outside = join(place, 'outside')
let connections = 0
const server = createServer(socket => {
  connections += 1
  socket.end('hello')
})
before(async () => {
  chmodSync(place, 0o755)
  mkdirSync(join(outside, 'd'), { recursive: true })
  for (const path of ['secret', 'd/password.php']) writeFileSync(join(outside, path), `<?php return 'stolen';`, { mode: 0o644 })
  await new Promise<void>(resolve => server.listen({ path: join(outside, 'socket') }, resolve))
  chmodSync(join(outside, 'socket'), 0o777)
})
after(() => server.close())

const REST = `define('DB_USER', 'u'); define('DB_PASSWORD', 'p'); define('DB_HOST', 'h'); $table_prefix = 'wp_';`

/** What a configuration may try: PHP that gives something when it succeeded, and nothing when not. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  'read /etc/shadow': `file_get_contents('/etc/shadow')`,
  'read a file of another site': `file_get_contents('${outside}/secret')`,
  'read it by a link': `file_get_contents(__DIR__ . '/link/secret')`,
  'read by a chain of ..': `file_get_contents(__DIR__ . '/../../../../../../../../../../..${outside}/secret')`,
  'list /root, /home and /srv': `array_merge(glob('/root/*'), glob('/home/*'), glob('/srv/*'))`,
  "read a file of its site that is root's own": `file_get_contents(__DIR__ . '/../.holdfast/database.sql')`,
  'see the processes of others': `count(glob('/proc/[0-9]*')) > 4`,
  'connect to the network': `fsockopen('127.0.0.1', 22) ?: stream_socket_client('udp://192.0.2.1:53') && file_get_contents('http://127.0.0.1/')`,
  'connect to a socket of the machine': `stream_socket_client('unix://${outside}/socket')`,
  'write beside itself': `file_put_contents(__DIR__ . '/written', 'x')`,
  'write into the system': `file_put_contents('/etc/written', 'x') || file_put_contents('/usr/written', 'x')`,
  'fill the disk': `file_put_contents('/tmp/large', str_repeat('x', 20 << 20)) > (1 << 20)`,
  'fork without end': `(function () { for ($n = 0; $n < 300; $n++) { $pid = pcntl_fork(); if ($pid === 0) { sleep(2); posix_kill(getmypid(), 9); } if ($pid < 0) return false; } return true; })()`,
  'become root': `posix_setuid(0) || posix_getuid() === 0 || posix_getgid() === 0`,
  'run a program with more rights': `trim(shell_exec('setpriv --reuid 0 id -u 2>/dev/null; sudo -n id -u 2>/dev/null; su -c "id -u" 2>/dev/null') ?? '')`,
  "see Holdfast's environment": `implode(preg_grep('/HOLDFAST|PASS|SSH|GNUPG/', array_keys(getenv())))`,
}

describe('a wp-config.php cannot', { concurrency: 2, skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  for (const [what, php] of Object.entries(ATTEMPTS))
    test(what, async () => {
      const body = `$got = @(${php}); define('DB_NAME', $got ? 'got it' : 'nothing'); ${REST}`
      const prepare = (folder: string): void => {
        symlinkSync(outside, join(folder, 'SITE', 'link'))
        mkdirSync(join(folder, '.holdfast'), { mode: 0o700 })
        writeFileSync(join(folder, '.holdfast', 'database.sql'), 'dump', { mode: 0o600 })
        // the owner may write where the sandbox does not let it
        chownSync(join(folder, 'SITE'), 33, 33)
      }
      assert.equal((await readConfigured({ body, prepare })).database, 'nothing')
      for (const path of ['/etc/written', '/usr/written']) assert.ok(!existsSync(path))
      assert.equal(connections, 0)
    })
})

test('a wp-config.php that is a pipe, a link out of its site or a folder is refused at once', async () => {
  const odd: [string, (path: string) => void][] = [
    ['a pipe', path => execFileSync('mkfifo', [path])],
    ['a link to another', path => symlinkSync(join(outside, 'secret'), path)],
    ['a link to nothing', path => symlinkSync('nowhere', path)],
    ['a folder', path => mkdirSync(path)],
  ]
  for (const [what, make] of odd) {
    const prepare = (folder: string): void => {
      rmSync(join(folder, 'SITE', 'wp-config.php'))
      make(join(folder, 'SITE', 'wp-config.php'))
    }
    await assert.rejects(readConfigured({ body: '', prepare }), /cannot be read with the rights of its owner, or leads out/, what)
  }
})

test('a folder that is exchanged for a link while a configuration is read never leads out of the site', async () => {
  const folder = join(place, 'site')
  const root = join(folder, 'SITE')
  mkdirSync(join(root, 'd'), { recursive: true })
  writeFileSync(join(root, 'd', 'password.php'), `<?php return 'own';`)
  symlinkSync(join(outside, 'd'), join(root, 'd.false'))
  const body = `<?php define('DB_NAME', @include __DIR__ . '/d/password.php'); ${REST}`
  for (const path of ['wp-config.php', 'd/wp-config.php'])
    writeFileSync(join(root, path), body.replace('/d/', path.startsWith('d') ? '/' : '/d/'))
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534:65534', folder])
  const found = new Set<string>()
  {
    await using _ = await startExchanger(root, 'd')
    // most of them are refused: it goes on until one is read
    for (let race = 0; race < RACES / 4 || (!found.has('own') && race < RACES * 4); race++) {
      const config = join(root, race % 2 === 0 ? 'wp-config.php' : 'd/wp-config.php')
      const view = { config, folder, liveFolder: folder, domains: [], environment: {} }
      await readWpConfig(view, hearingShell().shell).then(
        ([own]) => found.add(own && 'database' in own.data ? own.data.database : 'none'),
        () => found.add('refused'),
      )
    }
  }
  assert.ok(!found.has('stolen'), [...found].join())
  assert.ok(found.has('own'), [...found].join())
})

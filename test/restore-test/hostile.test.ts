import assert from 'node:assert/strict'
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DatedNights } from '../support/dated-nights.ts'
import { ownFolder } from '../support/host.ts'
import { processesWith, until } from '../support/processes.ts'
import { Stage } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'
import { testRestores } from '../support/test-restores.ts'

const folder = ownFolder('restore-test-hostile')
const fields = { deadlines: { request: 4 } } as object
const stage = new Stage(join(folder, 'stage'))
const host = stage.addHost('web1', fields)

/** A neighbour's server, whom nobody may reach from inside. */
let reached = 0
const neighbour = createServer(socket => {
  reached++
  socket.destroy()
})
await new Promise<void>(resolve => neighbour.listen(0, '127.0.0.1', resolve))
after(() => neighbour.close())
const { port } = neighbour.address() as { port: number }
const socketPath = join(folder, 'neighbour.sock')
const other = createServer(socket => {
  reached++
  socket.destroy()
})
await new Promise<void>(resolve => other.listen(socketPath, resolve))
after(() => other.close())

/** Tries all that a site could want of the world, and shows what it came by. */
const GREEDY = `<?php
error_reporting(0);
$found = [];
foreach (['/etc/shadow', '/root', '${folder}/stage/.env', '${folder}/stage/nas', '${host.vhosts}/other', '${host.folder}/state', '/var/log', '/home', '/proc/sys/kernel/core_pattern', __DIR__ . '/../.holdfast'] as $path)
  if (is_dir($path) ? count(scandir($path)) > 2 : is_readable($path) && !str_starts_with($path, '/proc')) $found[] = "read $path";
foreach (['/etc/x', '/usr/x', '/x', '${folder}/x', '/proc/sys/kernel/core_pattern'] as $path)
  if (file_put_contents($path, 'x')) $found[] = "wrote $path";
foreach (['tcp://127.0.0.1:${port}', 'unix://${socketPath}', 'tcp://1.1.1.1:80', 'udp://8.8.8.8:53'] as $address)
  if (($to = stream_socket_client($address, $code, $why, 1)) && fwrite($to, 'x')) if (!str_starts_with($address, 'udp')) $found[] = "reached $address";
if (gethostbyname('example.org') !== 'example.org') $found[] = 'a name';
mail('owner@example.org', 'subject', 'text');
foreach (glob('/proc/[0-9]*/cmdline') as $each) if (str_contains(file_get_contents($each), '.test.ts')) $found[] = "a process outside";
foreach (['id -u' => '/^0$/', 'cat /proc/self/status | grep CapEff' => '/[1-9a-f]/', 'unshare --user --map-root-user id -u' => '/^0$/'] as $command => $wrong)
  if (preg_match($wrong, trim(preg_replace('/^CapEff:/', '', shell_exec($command))))) $found[] = $command;
echo $found ? implode(', ', $found) : 'it came by nothing';
`

/** Forks without end, holds on to what it forked, and answers nothing. */
const ENDLESS = `<?php
shell_exec("kill -STOP \\$PPID; sh -c ': ${folder}; bomb() { bomb | bomb & }; bomb' >/dev/null 2>&1 & setsid sh -c ': ${folder}; sleep 1000' >/dev/null 2>&1 & sleep 1000");
`

test('a restored site reaches no network, no mail, no file and no process but its own', async () => {
  const site = await createStaticSite(host, 'greedy')
  mkdirSync(join(host.vhosts, 'other'))
  writeFileSync(join(host.vhosts, 'other', 'secret'), 'secret')
  writeFileSync(join(site, 'SITE', 'index.php'), GREEDY)
  writeFileSync(join(site, 'SITE', 'index.html'), '')
  mkdirSync(join(site, '.holdfast/letsencrypt'), { recursive: true, mode: 0o700 })
  writeFileSync(join(site, '.holdfast/letsencrypt/privkey.pem'), 'key')
  await new DatedNights(stage, host, 'greedy', fields).backUp(Date.parse('2026-01-05T03:00:00Z'))
  const { points, test: tested } = await testRestores(stage, host, 'greedy', fields)
  const urls = ['http://127.0.0.1/index.php']
  const { said } = await tested(points[0]!, { urls, expect: 'it came by nothing' })
  assert.equal(said, 'HTTP 200')
  assert.equal(reached, 0)
  assert.ok(!existsSync(join(folder, 'x')))
})

test('a restored site that forks without end ends in its time, with all that it started', async () => {
  const site = await createStaticSite(host, 'endless')
  writeFileSync(join(site, 'SITE', 'index.php'), ENDLESS)
  await new DatedNights(stage, host, 'endless', fields).backUp(Date.parse('2026-01-05T03:00:00Z'))
  const { points, test: tested, cache } = await testRestores(stage, host, 'endless', fields)
  const { works, said } = await tested(points[0]!, { urls: ['http://127.0.0.1/index.php'] })
  assert.deepEqual([works, said], [false, 'no whole answer within 4 s'])
  await until(() => processesWith(folder).length === 0)
  assert.deepEqual(globSync(join(cache, 'duplicity/tmp/*')), [])
})

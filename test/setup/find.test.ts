import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeLineage } from '../../lib/demo/stage.ts'
import { lookAround, sharesIn } from '../../lib/setup/find.ts'
import { makeMachine, WEB_SERVER } from './machine.ts'

const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true })
})

function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-machine-'))
  made.push(root)
  makeMachine(root, files)
  return root
}

/** A line of fstab and the share that it names: mount point and server; undefined when it is none for an archive. */
const LINES: [string, string | undefined][] = [
  ['nas:/data /mnt/nas nfs noauto,defaults 0 0', '/mnt/nas nas:2049'],
  ['nas:/data /mnt/nas nfs4 defaults,noauto 0 0', '/mnt/nas nas:2049'],
  ['\tnas:/d\t/mnt/my\\040nas\tnfs\tnoauto', '/mnt/my nas nas:2049'],
  ['//nas.home/web /mnt/w cifs noauto,credentials=/root/c 0 0', '/mnt/w nas.home:445'],
  ['fred@nas:/data /mnt/s fuse.sshfs noauto 0 0', '/mnt/s nas:22'],
  ['sshfs#fred@nas:/data /mnt/s fuse.sshfs noauto 0 0', '/mnt/s nas:22'],
  ['[fe80::1]:/data /mnt/6 nfs noauto 0 0', '/mnt/6 none'],
  ['nas:/data /mnt/nas nfs defaults 0 0', undefined],
  ['nas:/data /mnt/nas nfs noautofs 0 0', undefined],
  ['#nas:/data /mnt/nas nfs noauto 0 0', undefined],
  ['/dev/sdb1 /mnt/usb ext4 noauto 0 0', undefined],
  ['swap none swap noauto 0 0', undefined],
  ['nas:/data /mnt/nas constructor noauto 0 0', undefined],
  ['', undefined],
]

for (const [line, wanted] of LINES) {
  test(`sharesIn() of ${JSON.stringify(line)} gives ${wanted ?? 'nothing'}`, () => {
    const [share] = sharesIn(line)
    const server = share?.server ? `${share.server.host}:${share.server.port}` : 'none'
    assert.equal(share && `${share.mountPoint} ${server}`, wanted)
  })
}

test('lookAround() finds sites with their kinds and domains, shares, VPNs and the web server', () => {
  const found = lookAround(machine(WEB_SERVER))
  const sites = found.sites.map(({ name, kind, domains, claims }) => [name, kind, domains.join(' '), claims.join(' ')])
  assert.deepEqual(sites, [
    ['blog', 'WordPress', 'blog.example www.blog.example', ''],
    ['copy', 'static', '', 'web9'],
    ["it's é", 'static', '', ''],
    ['owned', 'static', '', 'web1'],
  ])
  assert.deepEqual(found.notSites, ['stray'])
  assert.deepEqual([found.vhosts, found.webServer, found.systemd], ['/srv/www/vhosts', 'apache', true])
  assert.deepEqual(
    found.shares.map(share => share.mountPoint),
    ['/mnt/my nas', '/mnt/other'],
  )
  assert.deepEqual(found.vpns, [
    { kind: 'openvpn', name: 'home' },
    { kind: 'wireguard', name: 'wg0' },
  ])
})

test('lookAround() tells a WordPress whose database is a file of SQLite, and one that has another beside it', () => {
  const vhosts = '/srv/www/vhosts'
  const files = (site: string) => ({
    [`${vhosts}/${site}/SITE/wp-config.php`]: '<?php',
    [`${vhosts}/${site}/SITE/wp-content/db.php`]: "<?php define('SQLITE_DB_DROPIN_VERSION', '1.8.0');",
  })
  const blog = `${vhosts}/both/SITE/blog`
  const both = { ...files('both'), [`${blog}/wp-config.php`]: '<?php', [`${blog}/wp-settings.php`]: '<?php' }
  const { sites } = lookAround(machine({ ...files('lite'), ...both }))
  assert.deepEqual(
    sites.map(({ name, kind }) => [name, kind]),
    [
      ['both', 'WordPress'],
      ['lite', 'WordPress with SQLite'],
    ],
  )
})

test("lookAround() finds the Let's Encrypt lineages of a site's domains", async () => {
  const root = machine(WEB_SERVER)
  await makeLineage(join(root, '/etc/letsencrypt'), 'www.blog.example')
  await makeLineage(join(root, '/etc/letsencrypt'), 'other.example')
  const [blog] = lookAround(root).sites
  assert.deepEqual(blog?.certificates, ['www.blog.example'])
})

test('lookAround() takes the vhosts root from the web server where the usual one is not there', () => {
  const server = (name: string): string => `server { server_name ${name}; root /var/www/sites/${name}/SITE; }\n`
  const found = lookAround(
    machine({ '/etc/nginx/sites-enabled/all': server('a.example') + server('b.example'), '/var/www/sites/a.example/SITE/': '' }),
  )
  assert.deepEqual([found.vhosts, found.webServer], ['/var/www/sites', 'nginx'])
  assert.deepEqual(
    found.sites.map(site => [site.name, site.domains]),
    [['a.example', ['a.example']]],
  )
})

test('lookAround() finds nothing on an empty machine, and says so without failing', () => {
  const found = lookAround(machine({}))
  assert.deepEqual(found, {
    vhosts: '/srv/www/vhosts',
    sites: [],
    notSites: [],
    webServer: undefined,
    shares: [],
    vpns: [],
    systemd: false,
  })
})

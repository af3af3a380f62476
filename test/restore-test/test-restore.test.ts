import assert from 'node:assert/strict'
import { globSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { ownFolder } from '../support/host.ts'
import { createProofSite, setVersion } from '../support/proof-site.ts'
import { claim, Stage } from '../support/stage.ts'
import { testRestores } from '../support/test-restores.ts'

const folder = ownFolder('restore-test')
const mariadb = await startMariadb(join(folder, 'db'))
after(() => mariadb.stop())
const fields = { database: { socket: mariadb.socket } } as object
const stage = new Stage(join(folder, 'stage'))
const host = stage.addHost('web1', fields)

test('a set is restored, its dump imported and its page asked, while the live site is untouched; nothing is left', async () => {
  const shop = await createProofSite(host.vhosts, 'shop', 'rt_shop', mariadb)
  claim(shop.folder, host)
  const nights = new DatedNights(stage, host, 'shop', fields)
  await setVersion(shop, 'first')
  await nights.backUp(Date.parse('2026-01-05T03:00:00Z'))
  await setVersion(shop, 'second')
  const [dump, time] = [join(shop.folder, '.holdfast/database.tables/2-table-wp_posts.sql'), Date.parse('2026-01-06T03:00:00Z')]
  writeFileSync(dump, readFileSync(dump, 'utf8').replace('CREATE TABLE `wp_posts`', 'CREATE TABEL `wp_posts`'))
  utimesSync(dump, time / 1000, time / 1000)
  await nights.backUp(time, 'files only')
  const { points, test: tested, cache } = await testRestores(stage, host, 'shop', fields)
  const well = await tested(points[0]!, { expect: 'file=first database=first' })
  assert.deepEqual([well.works, well.said], [true, 'HTTP 200'])
  assert.ok(well.restored! > 0 && well.imported! > 0)
  const broken = await tested(points[1]!)
  assert.match(`${broken.works} ${broken.said}`, /^false its dump cannot be imported: ERROR 1064 \(42000\) at line \d+$/)
  assert.equal(broken.importFailed, true)
  assert.deepEqual(globSync(join(cache, 'duplicity/tmp/*')), [])
})

/** A page by HTTPS only, at its second name, of a site that asks for its database where the configuration says. */
const PAGE = `<?php
if (empty($_SERVER['HTTPS'])) { header('Location: https://www.shop.example/'); exit; }
require __DIR__ . '/wp-config.php';
[$host, $where] = explode(':', DB_HOST) + [1 => ''];
$link = mysqli_connect($host, DB_USER, DB_PASSWORD, DB_NAME, (int) $where, $where[0] === '/' ? $where : null);
echo $_SERVER['HTTP_HOST'], mysqli_fetch_row(mysqli_query($link, 'SELECT COUNT(*) FROM wp_users'))[0];
`

test('a site is served by HTTPS under its names, with its database where its configuration looks for it', async () => {
  const shop = await createProofSite(host.vhosts, 'moved', 'rt_moved', mariadb)
  claim(shop.folder, host)
  const nights = new DatedNights(stage, host, 'moved', fields)
  await nights.backUp(Date.parse('2026-01-05T03:00:00Z'))
  // the dump is made by now: what the configuration says from here on is for the sandbox alone
  const config = join(shop.root, 'wp-config.php')
  for (const [day, place] of [
    [6, 'localhost:/srv/database/mysqld.sock'],
    [7, 'db.internal:13306'],
  ] as const) {
    const time = Date.parse(`2026-01-0${day}T03:00:00Z`)
    writeFileSync(config, readFileSync(config, 'utf8').replace(/'DB_HOST', '[^']*'/, `'DB_HOST', '${place}'`))
    writeFileSync(join(shop.root, 'index.php'), PAGE)
    for (const path of [config, join(shop.root, 'index.php')]) utimesSync(path, time / 1000, time / 1000)
    await nights.backUp(time, 'files only')
  }
  const { points, test: tested } = await testRestores(stage, host, 'moved', fields)
  const question = { host: 'shop.example', domains: ['shop.example', 'www.shop.example'], expect: 'www.shop.example1' }
  const said = []
  for (const point of points.slice(1)) said.push((await tested(point, question)).said)
  assert.deepEqual(said, ['HTTP 200', 'HTTP 200'])
})

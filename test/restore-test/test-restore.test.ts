import assert from 'node:assert/strict'
import { globSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { ownFolder } from '../support/host.ts'
import { createProofSite, setVersion } from '../support/proof-site.ts'
import { smallWordpress } from '../support/recovering.ts'
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
  const [dump, time] = [join(shop.folder, '.holdfast/database.sql'), Date.parse('2026-01-06T03:00:00Z')]
  writeFileSync(dump, readFileSync(dump, 'utf8').replace('CREATE TABLE `wp_posts`', 'CREATE TABEL `wp_posts`'))
  utimesSync(dump, time / 1000, time / 1000)
  await nights.backUp(time, 'files only')
  const { points, test: tested, cache } = await testRestores(stage, host, 'shop', fields)
  const well = await tested(points[0]!, { expect: 'file=first database=first' })
  assert.deepEqual([well.works, well.said], [true, 'HTTP 200'])
  assert.ok(well.restored! > 0 && well.imported! > 0)
  const other = await tested(points[0]!, { expect: 'file=second' })
  assert.deepEqual([other.works, other.said], [false, 'HTTP 200, without the expected text'])
  const broken = await tested(points[1]!)
  assert.match(`${broken.works} ${broken.said}`, /^false its dump cannot be imported: ERROR 1064 \(42000\) at line \d+$/)
  assert.deepEqual(globSync(join(cache, 'duplicity/tmp/*')), [])
})

test('a real WordPress is served as its visitors see it: by HTTPS, with its database where its configuration looks for it', async () => {
  const blog = await smallWordpress({
    vhosts: host.vhosts,
    name: 'blog',
    title: 'Tried in a sandbox',
    mariadb,
    domain: 'blog.example',
  })
  claim(blog.folder, host)
  const nights = new DatedNights(stage, host, 'blog', fields)
  await nights.backUp(Date.parse('2026-01-05T03:00:00Z'))
  // the dump is made by now: what the configuration says from here on is for the sandbox alone
  const config = join(blog.root, 'wp-config.php')
  const text = readFileSync(config, 'utf8')
  const secure = "if (empty($_SERVER['HTTPS'])) { header('Location: https://www.blog.example/'); exit; }"
  const time = Date.parse('2026-01-06T03:00:00Z')
  writeFileSync(config, text.replace(/'DB_HOST', '[^']*'/, "'DB_HOST', 'db.internal:13306'").replace('<?php', `<?php ${secure}`))
  utimesSync(config, time / 1000, time / 1000)
  await nights.backUp(time, 'files only')
  const { points, test: tested } = await testRestores(stage, host, 'blog', fields)
  const question = { host: 'blog.example', domains: ['blog.example', 'www.blog.example'], expect: 'Tried in a sandbox' }
  const said = []
  for (const point of points) said.push((await tested(point, question)).said)
  assert.deepEqual(said, ['HTTP 200', 'HTTP 200'])
})

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { LocalSite } from '../../lib/host/site.ts'
import { dumpDatabase, isWordPress } from '../../lib/steps/save.ts'
import { findSites } from '../../lib/steps/sites.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { dumpTextIn } from '../support/dump-text.ts'
import { dumping, dumpTextOf } from '../support/dumping.ts'
import { siteOf } from '../support/host.ts'
import { outcomeOf, perform } from '../support/perform.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

const stage = dumping('recognition')

/** Finds the sites of the stage as a night does. */
async function find(): Promise<readonly LocalSite[]> {
  const found: LocalSite[] = []
  const look = { name: 'look', title: 'look', run: async ({ localSites }: Needs<'localSites'>) => void found.push(...localSites) }
  await perform(recipe<Needs<'host'>>().do(findSites).do(look), { host: stage.host })
  return found
}

/** Dumps a site as it is found, with these domains; gives its outcome and its warnings. */
async function dumpFound(name: string, domains: string[] = []) {
  const local = (await find()).find(site => site.name === name)!
  const chain = recipe<Needs<'host' | 'secrets' | 'site'>>().only('WordPress', isWordPress, only => only.do(dumpDatabase))
  const site = { ...siteOf(stage.host, name), local, settings: { domains, env: [], exclude: [] } }
  const outcome = outcomeOf(await perform(chain, { host: stage.host, secrets: new Map(), site }), 'db-dump')
  const said = (kind: string): string[] => outcome.notes.filter(note => note.kind === kind).map(({ text }) => text)
  return { status: outcome.status, reason: outcome.reason, warnings: said('warning'), local }
}

/** Moves a site's configuration, with WordPress beside it or in a folder below. */
function move(site: TinyWordpress, to: string, beginsAt: string): void {
  for (const path of [to, beginsAt]) mkdirSync(dirname(join(site.folder, path)), { recursive: true })
  cpSync(site.config, join(site.folder, to))
  rmSync(site.config)
  writeFileSync(join(site.folder, beginsAt), '<?php\n')
}

describe('a WordPress is recognised', () => {
  for (const [name, to, beginsAt] of [
    ['bedrock', 'SITE/web/wp-config.php', 'SITE/web/wp/wp-settings.php'],
    ['below', 'SITE/blog/wp-config.php', 'SITE/blog/wp-settings.php'],
  ] as const) {
    test(`at ${to}`, async () => {
      const site = await tinyWordpress(stage.host.vhosts, name, name, stage.mariadb)
      move(site, to, beginsAt)
      const { status, reason, warnings, local } = await dumpFound(name)
      assert.equal(local.wpConfig, join(site.folder, to))
      assert.equal(status, 'done', reason)
      assert.deepEqual(warnings, [])
      assert.match(dumpTextOf(site), /INSERT INTO `wp_posts`/)
    })
  }

  test('and not a configuration that somebody kept', async () => {
    const folder = join(stage.host.vhosts, 'pages', 'SITE', 'old')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'wp-config.php'), '<?php\n')
    assert.equal((await find()).find(({ name }) => name === 'pages')!.wpConfig, undefined)
  })
})

describe('all databases of a folder are dumped', () => {
  const config = (database: string, name = `'${database}'`): string =>
    `<?php define('DB_NAME', ${name}); define('DB_USER', ${name}); define('DB_PASSWORD', 'known-password-of-' . DB_NAME); define('DB_HOST', 'localhost'); $table_prefix = 'wp_';`
  const furtherOf = (folder: string): string[] =>
    readdirSync(join(folder, '.holdfast')).filter(name => name.startsWith('database-'))

  test('of further WordPresses in it, each once; one that is not known is told', async () => {
    const site = await tinyWordpress(stage.host.vhosts, 'main', 'main', stage.mariadb)
    await tinyWordpress(stage.host.vhosts, 'elsewhere', 'shop_db', stage.mariadb)
    rmSync(join(stage.host.vhosts, 'elsewhere'), { recursive: true })
    for (const [folder, text] of [
      ['copy', config('main')],
      ['shop', config('shop_db')],
      ['torn', "<?php define('DB_NAME', "],
    ] as const) {
      mkdirSync(join(site.folder, 'SITE', folder))
      writeFileSync(join(site.folder, 'SITE', folder, 'wp-config.php'), text)
      writeFileSync(join(site.folder, 'SITE', folder, 'wp-settings.php'), '<?php\n')
    }
    const told = await dumpFound('main')
    assert.equal(told.status, 'failed')
    assert.match(told.reason!, /^the database of the WordPress in SITE\/torn: it is not known, and not saved: .*syntax error/)
    assert.match(dumpTextOf(site), /Database: main\n/)
    assert.deepEqual(furtherOf(site.folder), ['database-shop_db.tables'])
    assert.match(dumpTextIn(site.folder, 'database-shop_db.tables'), /Database: shop_db\n/)

    for (const folder of ['shop', 'torn']) rmSync(join(site.folder, 'SITE', folder), { recursive: true })
    assert.equal((await dumpFound('main')).status, 'done')
    assert.deepEqual(furtherOf(site.folder), [])
  })

  test('of other host names; no other site can claim them', async () => {
    const site = await tinyWordpress(stage.host.vhosts, 'many', 'many', stage.mariadb)
    await tinyWordpress(stage.host.vhosts, 'thief', 'many_b', stage.mariadb)
    const names =
      "['a.example' => 'many', 'b.example' => 'many_b', 'www.b.example' => 'many_b', 'd.example' => 'gone'][$_SERVER['HTTP_HOST']] ?? ''"
    writeFileSync(site.config, config('many', names))
    const told = await dumpFound('many', ['a.example', 'b.example', 'www.b.example', 'c.example', 'd.example'])
    assert.match(told.reason!, /^the database of d\.example: its account cannot log in to its database: /)
    assert.match(dumpTextOf(site), /Database: many\n/)
    assert.deepEqual(furtherOf(site.folder), ['database-many_b.tables'])
    const thief = await dumpFound('thief')
    assert.match(thief.reason!, /its database "many_b" is recorded as that of site "many"/)
  })
})

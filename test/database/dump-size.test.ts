import assert from 'node:assert/strict'
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DumpSize } from '../../lib/core/set-record.ts'
import { dumpContentsOf, dumpSizeOf } from '../../lib/database/dump-size.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import { ownFolder } from '../support/host.ts'
import { perform } from '../support/perform.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('dump-size')

const sizeOf = (text: string | undefined): Promise<DumpSize | undefined> => lookAt(text, dumpSizeOf)

async function lookAt<Found>(text: string | undefined, look: (site: string, shell: Shell) => Promise<Found>): Promise<Found> {
  const site = join(folder, text === undefined ? 'none' : 'site')
  mkdirSync(join(site, '.holdfast'), { recursive: true })
  if (text !== undefined) writeFileSync(join(site, '.holdfast', 'database.sql'), text, 'latin1')
  const found: Found[] = []
  const { outcomes } = await perform(
    recipe<object>().do({ name: 'look', title: 'look', run: async (_, shell) => void found.push(await look(site, shell)) }),
    {},
  )
  assert.equal(found.length, 1, outcomes[0]?.reason)
  return found[0]!
}

const table = (end: string, column = '`id` int(11)'): string => `CREATE TABLE \`t\` (\n  ${column}\n) ENGINE=${end};\n`
const USUAL = table('InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci') + table('InnoDB')

/** [what, the dump, whether it is packed] */
const cases: [string, string, boolean][] = [
  ['usual tables', USUAL, false],
  ['nothing', '', false],
  ['a row that speaks of it', `${USUAL}INSERT INTO \`t\` VALUES ('\xff COMPRESSED) ENGINE=ARCHIVE');\n`, false],
  ['a compressed table', USUAL + table('InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=COMPRESSED'), true],
  ['a table with compressed pages', USUAL + table('InnoDB DEFAULT CHARSET=utf8mb4 `PAGE_COMPRESSED`=1'), true],
  ['a compressed column', USUAL + table('InnoDB', '`body` text /*M!100301 COMPRESSED*/'), true],
  ['compressed pages in small letters', USUAL + table('InnoDB `page_compressed`=1'), true],
  ['pages that MySQL compresses', USUAL + table("InnoDB DEFAULT CHARSET=utf8mb4 COMPRESSION='zlib'"), true],
  ['a table in a folder of its own', USUAL + table("InnoDB DATA DIRECTORY='/other/'"), true],
  ['a table in a tablespace that there is', USUAL + table('InnoDB /*!50100 TABLESPACE `ts` */'), true],
  ['MyISAM', USUAL + table('MyISAM'), true],
  ['Aria', table('Aria PAGE_CHECKSUM=1') + USUAL, true],
  ['another engine', table('ARCHIVE') + USUAL, true],
  ['tables whose engine is not said', USUAL + table('InnoDB').replace(/ ENGINE.*;/, ';'), true],
  ['more odd lines than a pipe holds', table('ARCHIVE').repeat(20_000), true],
]
for (const [what, text, packed] of cases) {
  test(`dumpSizeOf() a dump of ${what}: ${packed ? 'packed' : 'not packed'}`, async () => {
    assert.deepEqual(await sizeOf(text), { bytes: text.length, packed })
  })
}

test('dumpSizeOf() no dump is nothing', async () => {
  assert.equal(await sizeOf(undefined), undefined)
})

const ROWS = `-- MariaDB dump
${table('InnoDB').replace('`t`', '`wp_posts`')}INSERT INTO \`wp_posts\` VALUES (1,'INSERT INTO \`wp_users\` VALUES (9)','\xff\\nINSERT INTO \`wp_users\`');
INSERT INTO \`wp_posts\` VALUES (2,NULL);
${table('InnoDB').replace('`t`', '`wp_options`')}INSERT INTO \`wp_options\` VALUES (1,'siteurl','x','yes');
INSERT INTO \`wp_options\` VALUES (2,'_transient_feed','x','no');
INSERT INTO \`wp_options\` VALUES (31,'_site_transient_timeout_feed','1','no');
INSERT INTO \`wp_options\` VALUES (4,'about_transient_things','1','no');
${table('InnoDB').replace('`t`', '`no rows`')}`

test('dumpContentsOf() counts the rows of each table, without those that come and go, and knows the tables without any', async () => {
  const found = await lookAt(ROWS, dumpContentsOf)
  assert.deepEqual([...found!.rows].toSorted(), [
    ['no rows', 0],
    ['wp_options', 2],
    ['wp_posts', 2],
  ])
  assert.deepEqual([...(await lookAt('-- an empty database\n', dumpContentsOf))!.rows], [])
  assert.equal(await lookAt(undefined, dumpContentsOf), undefined)
})

test('dumpContentsOf() reads again what has changed of a dump, and knows the rest', async () => {
  const site = join(folder, 'parts')
  const parts = join(site, '.holdfast/database.tables')
  mkdirSync(parts, { recursive: true, mode: 0o700 })
  const write = (table: string, rows: number): void =>
    writeFileSync(join(parts, `2-table-${table}.sql`), `INSERT INTO \`${table}\` VALUES (1,'siteurl','${table}');\n`.repeat(rows))
  write('wp_options', 1)
  write('wp_posts', 2)
  const { shell } = hearingShell()
  const first = { before: {}, now: {} }
  assert.deepEqual(
    [...(await dumpContentsOf(site, shell, first))!.rows],
    [
      ['wp_options', 1],
      ['wp_posts', 2],
    ],
  )
  write('wp_posts', 3)
  const untouched = Object.fromEntries(
    Object.entries(first.now).map(([name, part]) => [name, { ...(part as object), rows: [['known', 9]] }]),
  )
  const second = { before: untouched as typeof first.before, now: {} }
  const { rows, settings } = (await dumpContentsOf(site, shell, second))!
  assert.deepEqual(
    [...rows],
    [
      ['known', 9],
      ['wp_posts', 3],
    ],
  )
  assert.deepEqual(settings.siteUrls, ['wp_options'])
  unlinkSync(join(parts, '2-table-wp_options.sql'))
  const third = { before: second.now, now: {} }
  await dumpContentsOf(site, shell, third)
  assert.deepEqual(Object.keys(third.now), ['database.tables/2-table-wp_posts.sql'])
})

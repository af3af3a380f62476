import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DumpSize } from '../../lib/core/tree-size.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { dumpSizeOf } from '../../lib/steps/dump-size.ts'
import { ownFolder } from '../support/host.ts'
import { perform } from '../support/perform.ts'

const folder = ownFolder('dump-size')

async function sizeOf(text: string | undefined): Promise<DumpSize | undefined> {
  const dump = join(folder, text === undefined ? 'none' : 'dump.sql')
  if (text !== undefined) writeFileSync(dump, text, 'latin1')
  const found: (DumpSize | undefined)[] = []
  await perform(
    recipe<object>().do({ name: 'look', title: 'look', run: async (_, shell) => void found.push(await dumpSizeOf(dump, shell)) }),
    {},
  )
  assert.equal(found.length, 1)
  return found[0]
}

const table = (end: string, column = '`id` int(11)'): string => `CREATE TABLE \`t\` (\n  ${column}\n) ENGINE=${end};\n`
const USUAL = table('InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci') + table('MyISAM') + table('Aria PAGE_CHECKSUM=1')

/** [what, the dump, whether it is packed] */
const cases: [string, string, boolean][] = [
  ['usual tables', USUAL, false],
  ['nothing', '', false],
  ['a row that speaks of it', `${USUAL}INSERT INTO \`t\` VALUES ('\xff COMPRESSED) ENGINE=ARCHIVE');\n`, false],
  ['a compressed table', USUAL + table('InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=COMPRESSED'), true],
  ['a table with compressed pages', USUAL + table('InnoDB DEFAULT CHARSET=utf8mb4 `PAGE_COMPRESSED`=1'), true],
  ['a compressed column', USUAL + table('InnoDB', '`body` text /*M!100301 COMPRESSED*/'), true],
  ['another engine', table('ARCHIVE') + USUAL, true],
]
for (const [what, text, packed] of cases) {
  test(`dumpSizeOf() a dump of ${what}: ${packed ? 'packed' : 'not packed'}`, async () => {
    assert.deepEqual(await sizeOf(text), { bytes: text.length, packed })
  })
}

test('dumpSizeOf() no dump is nothing', async () => {
  assert.equal(await sizeOf(undefined), undefined)
})

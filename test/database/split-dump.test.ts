import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { partName } from '../../lib/database/dump-parts.ts'
import { beginsTable, splitDump } from '../../lib/database/split-dump.ts'

/** A dump taken apart, however its bytes come in pieces. */
async function partsOf(text: string, pieces: number): Promise<{ parts: Map<string, string>; last: string | undefined }> {
  const bytes = Buffer.from(text)
  const chunks = Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, at) =>
    bytes.subarray(at * pieces, (at + 1) * pieces),
  )
  const parts = new Map<string, string>()
  const take = (part: string, some: Buffer): void => {
    parts.set(part, (parts.get(part) ?? '') + some.toString('latin1'))
  }
  const last = await splitDump(Readable.from(chunks), { first: partName('begin'), begins: beginsTable, take })
  const texts = [...parts].map(([name, latin1]) => [name, Buffer.from(latin1, 'latin1').toString()] as const)
  return { parts: new Map(texts), last: last?.toString() }
}

const HEAD = '-- MariaDB dump\n\n/*!40101 SET NAMES utf8mb4 */;\n'
const END = '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n\n-- Dump completed\n'
const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``
/** What mariadb-dump writes of a table. */
const table = (name: string, values: readonly string[]): string =>
  `\n--\n-- Table structure for table ${quoted(name).replaceAll('\n', '\n-- ')}\n--\n\nDROP TABLE IF EXISTS ${quoted(name)};\nCREATE TABLE ${quoted(name)} (\n  \`t\` text\n);\n${values.map(value => `INSERT INTO ${quoted(name)} VALUES ('${value}');\n`).join('')}`

const hostile = [
  ...[
    'x',
    "it''s",
    '-- Table structure for table `q`',
    ';',
    'DROP TABLE IF EXISTS `u`;',
    '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;',
  ],
  ...['\\n', '\\\\', '`', '-- Dump completed'],
]
const names = fc.array(fc.constantFrom('a', '`', '\n', ');\n', 'DROP TABLE IF EXISTS `', ';', '-- ', "'", ' ', 'é', '/*'), {
  minLength: 1,
})
const dump = fc.uniqueArray(
  fc.record({
    name: names.map(parts => parts.join('')),
    values: fc.array(fc.array(fc.constantFrom(...hostile)).map(parts => parts.join(''))),
  }),
  { selector: ({ name }) => name, maxLength: 5 },
)

test('splitDump() takes each table apart whatever its name and rows are, and loses nothing, by property', async () => {
  await fc.assert(
    fc.asyncProperty(dump, fc.integer({ min: 1, max: 500 }), async (all, pieces) => {
      const texts = all.map(({ name, values }) => [partName('table', name), table(name, values)] as const)
      const { parts, last } = await partsOf(HEAD + texts.map(([, text]) => text).join('') + END, pieces)
      assert.deepEqual([...parts], [[partName('begin'), HEAD], ...texts, [partName('end'), END]])
      assert.equal(last, '-- Dump completed\n')
    }),
    { numRuns: 300 },
  )
})

test('splitDump() gives a sequence, and what was added of an earlier dump, parts of their own', async () => {
  const kept = 'SET @holdfast_sql_mode = @@sql_mode;\n'
  const text = `${HEAD}DROP SEQUENCE IF EXISTS \`s\`;\nCREATE SEQUENCE \`s\`;\n${table('a', ['1'])}${kept}${table('b', ['2'])}SET sql_mode = @holdfast_sql_mode;\n`
  const { parts } = await partsOf(text, 7)
  assert.deepEqual([...parts.keys()], ['0-begin.sql', '1-sequence-s.sql', '2-table-a.sql', '3-end.sql', '2-table-b.sql'])
  assert.equal(parts.get('2-table-b.sql'), table('b', ['2']))
})

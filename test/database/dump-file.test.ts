import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { isComplete, isSandboxLine, linesIn, piecesOf } from '../../lib/database/dump-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-dump-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'dump.sql')
const SANDBOX = '/*M!999999\\- enable the sandbox mode */ \n'

const ends: [string, string, boolean][] = [
  ['a finished dump', 'CREATE TABLE x;\n-- Dump completed\n', true],
  ['one with a date', 'x\n-- Dump completed on 2026-01-01  3:00:00\n', true],
  ['nothing', '', false],
  ['one that was cut short', 'CREATE TABLE x;\nINSERT INTO', false],
  ['one cut in its last line', 'x\n-- Dump compl', false],
  ['one without its last newline', 'x\n-- Dump completed', false],
  ['a row that says so', "INSERT INTO x VALUES ('\\n-- Dump completed\\n');\n", false],
  ['the line in the middle', `x\n-- Dump completed\n${'INSERT\n'.repeat(50)}`, false],
  ['a long one', `${'x'.repeat(100_000)}\n-- Dump completed\n`, true],
]
for (const [name, text, is] of ends) {
  test(`isComplete() says ${is} of ${name}`, async () => {
    writeFileSync(file, text)
    assert.equal(await isComplete(file), is)
  })
}

test('isComplete() fails for a file that is not there', () => assert.rejects(isComplete(join(folder, 'no')), { code: 'ENOENT' }))

const heads: [string, string, boolean][] = [
  ["MariaDB's sandbox line", SANDBOX, true],
  ['its older form', '/*!999999\\- enable the sandbox mode */ \n', true],
  ['its form without an end', '/*M!999999\\- enable the sandbox mode */', true],
  ['a header', '-- MariaDB dump 10.19\n', false],
  ['a comment for some version', '/*!40101 SET NAMES utf8mb4 */;\n', false],
  ['a row that says so', `INSERT INTO x VALUES ('${SANDBOX.trim()}');\n`, false],
  ['nothing', '', false],
]
for (const [name, text, is] of heads) {
  test(`isSandboxLine() says ${is} of ${name}`, () => assert.equal(isSandboxLine(Buffer.from(text)), is))
}

test('piecesOf() are the same bytes as lines, and none is copied, by property', async () => {
  const chunks = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', 'b\n'), maxLength: 9 }), { maxLength: 9 })
  await fc.assert(
    fc.asyncProperty(chunks, async texts => {
      async function* output(): AsyncGenerator<Buffer> {
        for (const text of texts) yield Buffer.from(text)
      }
      const found: Buffer[] = []
      for await (const lines of linesIn(output())) {
        const pieces = [...piecesOf(lines)]
        assert.ok(pieces.length <= 2, 'a line that a chunk cuts is by itself')
        for (const piece of pieces) assert.ok(lines.some(({ buffer }) => buffer === piece.buffer))
        found.push(...pieces)
      }
      assert.equal(Buffer.concat(found).toString(), texts.join(''))
    }),
  )
})

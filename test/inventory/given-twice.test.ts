import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldsGivenTwice } from '../../lib/inventory/evaluate.ts'

const ROOT = join(import.meta.dirname, '../..')

/** [code, the fields that are given twice, with their lines] */
const table: [string, string[]][] = [
  ['export default host({ allowance: 1, // allowance: 2\n sites: { a: {}, "a": {} },\n allowance: 2 })', ['a 2', 'allowance 3']],
  ['const x = { a: "{ a: 1, a: 2", b: /[{"]a: 1/, c: [{ a: 1 }, { a: 2 }], ...{ a: 1 } }', []],
  ['interface T { a: string; b: { a: number } }\nconst g = (a: { x: 1 }) => (a ? { b: 1 } : { b: 2 })', []],
  ["const s = { a: 'it\\'s, a: 1', /* a: 2, */ b: `a: ${1}, a: 2` }", []],
  ['const s = {\n  $a: 1,\n  b: () => { return { $a: 2 } },\n  $a: 3,\n}', ['$a 4']],
]
for (const [code, twice] of table)
  test(`fieldsGivenTwice() of ${code.replaceAll('\n', ' ')}`, () =>
    assert.deepEqual(
      fieldsGivenTwice(code).map(({ name, line }) => `${name} ${line}`),
      twice,
    ))

test('fieldsGivenTwice() finds none in any data that was written down, and in no file of this program', () => {
  fc.assert(
    fc.property(fc.object({ withNullPrototype: false }), data =>
      assert.deepEqual(fieldsGivenTwice(`export default ${JSON.stringify(data)}`), []),
    ),
  )
  for (const file of globSync('{lib,hosts,tasks}/**/*.ts', { cwd: ROOT }))
    assert.deepEqual(fieldsGivenTwice(readFileSync(join(ROOT, file), 'utf8')), [], file)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'dotenv'
import fc from 'fast-check'
import { problemsOfEnv } from '../../lib/inventory/env-file.ts'

const GOOD = [
  'PP=abc',
  "PP='a#b c'",
  'PP="a#b"',
  'PP=`it\'s "it"`',
  'export PP=abc',
  'PP=',
  '# PP=a#b\nQQ=1',
  "PP='a\nb#c'\nQQ=2",
  "PP='x' # a comment",
  'PP=a"b',
  'PP=a=b',
]
for (const text of GOOD)
  test(`problemsOfEnv() has nothing to say of ${JSON.stringify(text)}`, () => assert.deepEqual(problemsOfEnv(text), []))

const BAD: [string, number, RegExp][] = [
  ['PP=abc#def', 1, /^a # begins a comment, so the value ends before it; write PP='…'$/],
  ['A=1\nPP=abc # def', 2, /^a # begins a comment/],
  ["PP=it's#1", 1, /write PP=`…`$/],
  ['PP="a\\nb"', 1, /^between " a \\n or \\r is read as the end of a line; write PP='…'$/],
  ["PP='abc", 1, /^the ' at its beginning is never closed/],
  ["PP='abc'def", 1, /^something stands after its closing '/],
  ['PP=1\nPP=2', 2, /^it is there twice/],
]
for (const [text, line, problem] of BAD) {
  test(`problemsOfEnv() refuses ${JSON.stringify(text)}`, () => {
    const found = problemsOfEnv(text)
    assert.deepEqual([found.length, found[0]?.line], [1, line])
    assert.match(found[0]!.problem, problem)
    assert.doesNotMatch(found[0]!.problem, /abc|def/, 'the value is not told')
  })
}

test('a value that problemsOfEnv() lets pass is read by dotenv as it stands between its quotes, or as the rest of its line', () => {
  const value = fc.string({ unit: fc.constantFrom(...'ab#"\'`\\ n=\t$\u00e9'), maxLength: 12 })
  fc.assert(
    fc.property(value, fc.constantFrom('', "'", '"', '`'), (text, quote) => {
      const line = `PP=${quote}${text}${quote}`
      if (problemsOfEnv(line).length > 0) return
      const rest = line.slice(3).trim()
      const opened = ["'", '"', '`'].find(each => rest.startsWith(each))
      const meant = opened === undefined ? rest : rest.slice(1, rest.indexOf(opened, 1))
      assert.equal(parse(line).PP, meant)
    }),
    { numRuns: 2000 },
  )
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../../lib/core/secret.ts'
import { lineOf, type Word, wordsOf } from '../../lib/engine/command.ts'
import { runProcess } from '../../lib/engine/process.ts'

const words = (pieces: TemplateStringsArray, ...values: Word[]): string[] => wordsOf(pieces, values)
const never = new AbortController().signal
/** Any text that a program can be given: no NUL, no half of a surrogate pair. */
const anyWord = fc.string({ unit: 'binary', maxLength: 40 }).filter(text => !text.includes('\0') && text.isWellFormed())
const nasty = fc.constantFrom(
  '',
  ' ',
  '$(id)',
  '`id`',
  "it's",
  '"',
  '\\',
  '\n',
  '-n',
  '*',
  '~',
  '!',
  '${x}',
  'é',
  '--',
  "$'",
  '#',
  '&',
)
const anyWords = fc.array(fc.oneof(anyWord, nasty), { minLength: 1, maxLength: 12 })

test('wordsOf() splits its own text at spaces and keeps values whole', () => {
  const odd = "a b'$(x);é"
  assert.deepEqual(words`tar  --create ${odd} --file=${odd}.tar ${7}`, ['tar', '--create', odd, `--file=${odd}.tar`, '7'])
  assert.deepEqual(
    words`${'program'}
    one   two
  `,
    ['program', 'one', 'two'],
  )
})

test('wordsOf() takes a list as so many words, and an empty text as a word', () => {
  assert.deepEqual(words`a ${['b c', ['d', 1]]} ${''} e`, ['a', 'b c', 'd', '1', '', 'e'])
  assert.deepEqual(words`a ${[]} e`, ['a', 'e'])
  assert.deepEqual(words`--x=${['one']}`, ['--x=one'])
  assert.deepEqual(words`${'a'}${'b'} ${''}${'c'}`, ['ab', 'c'])
})

test('wordsOf() refuses a list as a part of a word', () => {
  for (const list of [[], ['a', 'b']]) {
    assert.throws(() => words`--x=${list}`, /a list cannot be part of one word/)
    assert.throws(() => words`${list}.txt`, /a list cannot be part of one word/)
    assert.throws(() => words`${list}${'x'}`, /a list cannot be part of one word/)
  }
})

test('wordsOf() refuses a secret, however deep', () => {
  const secret = new Secret('hunter2') as unknown as Word
  assert.throws(() => words`a ${secret}`, /a secret must never be a word/)
  assert.throws(() => words`a ${['b', [secret]]}`, /a secret must never be a word/)
})

test('runProcess() hands any words to a real program unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(anyWords, async list => {
      const { stdout } = await runProcess(['printf', '%s\\0', ...list], {}, never)
      assert.deepEqual(stdout.split('\0').slice(0, -1), list)
    }),
    { numRuns: 40, examples: [[['-v', '--', '%s', "a b'$(x);é", '']]] },
  )
})

test('lineOf() gives what a person can paste into a shell', () => {
  fc.assert(
    fc.property(anyWords, list => {
      const printed = execFileSync('bash', ['-c', lineOf(['printf', '%s\\0', ...list])], { encoding: 'utf8' })
      assert.deepEqual(printed.split('\0').slice(0, -1), list)
    }),
    { numRuns: 40 },
  )
})

test('lineOf() gives what every sh understands, but for control characters', () => {
  const plain = fc.array(fc.oneof(anyWord, nasty), { maxLength: 12 }).map(list => list.map(word => word.replace(/\p{Cc}/gu, '')))
  fc.assert(
    fc.property(plain, list => {
      const printed = execFileSync('sh', ['-c', lineOf(['printf', '%s\\0', 'first', ...list])], { encoding: 'utf8' })
      assert.deepEqual(printed.split('\0').slice(1, -1), list)
    }),
    { numRuns: 40, examples: [[["it's", "'", "''", '$HOME `id`', '\\', '!', '']]] },
  )
  assert.equal(lineOf(['rm', "/x/it's.json", 'a\nb']), "rm '/x/it'\\''s.json' $'a\\nb'")
})

test('lineOf() leaves plain words bare', () => {
  assert.equal(lineOf(['cp', '--archive', '/srv/www/a.html', '']), "cp --archive /srv/www/a.html ''")
})

test('lineOf() tells of a sandbox only that there is one', () => {
  assert.equal(
    lineOf(['bwrap', '--dir', '/x', '--', 'prlimit', '--core=0', '--', 'stdbuf', '--', 'rm', '--', '-x']),
    'bwrap … -- rm -- -x',
  )
  assert.equal(lineOf(['setpriv', '--reuid=1', '--', 'true']), 'setpriv --reuid=1 -- true')
  assert.equal(lineOf(['bwrap', '--version']), 'bwrap --version')
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  compareHistories,
  type Histories,
  lackingFiles,
  nextLine,
  readHistory,
  type Seal,
  sealAlarms,
  sealedFiles,
} from '../../lib/core/seal.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
type Written = Partial<Omit<Seal, 'before'>>

/** The text of a history, a line of each of these. */
const historyOf = (...seals: Written[]): string => seals.reduce<string>((text, seal) => text + lineAfter(text, seal), '')
const lineAfter = (text: string, seal: Written): string =>
  nextLine(text, { time: 0, host: 'web1', add: {}, removed: [], ...seal }, hash)

const [A, B, C] = [
  { add: { a: { bytes: 1, sha1: 'a'.repeat(40) } } },
  { add: { b: {} } },
  { add: { c: { bytes: 3 } }, removed: ['a'] },
]
const WHOLE = historyOf(A, B, C)
const lines = WHOLE.split('\n').slice(0, -1)

const compare = (seen: string | undefined, there: string | undefined, more: Partial<Histories> = {}) =>
  compareHistories({ seen, there, pending: undefined, host: 'web2', isOwner: false, ...more }, hash)

test('readHistory() reads what nextLine() wrote; sealedFiles() are those that no later line removes, as the first line has them', () => {
  const { seals, wrong } = readHistory(WHOLE, hash)
  assert.deepEqual([seals.length, wrong], [3, undefined])
  assert.deepEqual(
    [...sealedFiles(seals)],
    [
      ['b', {}],
      ['c', { bytes: 3 }],
    ],
  )
  const again = historyOf(C, { add: { c: { bytes: 4 } } }, { add: JSON.parse('{"__proto__":{"bytes":1}}') })
  assert.deepEqual(
    [...sealedFiles(readHistory(again, hash).seals)].map(([name, { bytes }]) => [name, bytes]),
    [
      ['c', 3],
      ['__proto__', 1],
    ],
  )
})

test('readHistory() reads no line that is not as it should be, and none after it', () => {
  const before = hash(lines[0]!)
  const good = { before, time: new Date(0).toISOString(), host: 'web1', add: {}, removed: [] }
  const rows: [string, RegExp][] = [
    ['', /^line 2 cannot be read$/],
    ['null', /cannot be read/],
    ['[]', /cannot be read/],
    ['{"before":', /cannot be read/],
    ...[
      { before: 1 },
      { time: 'soon' },
      { host: [] },
      { removed: [1] },
      { removed: 'a' },
      { add: { a: null } },
      { add: [] },
      { add: { a: { bytes: -1 } } },
      { add: { a: { sha1: '../..' } } },
    ].map((field): [string, RegExp] => [JSON.stringify({ ...good, ...field }), /cannot be read/]),
    [JSON.stringify({ ...good, before: hash('other') }), /^line 2 does not follow from the one before$/],
  ]
  for (const [line, wrong] of rows) {
    const read = readHistory(`${lines[0]}\n${line}\n${lines[2]}\n`, hash)
    assert.match(read.wrong ?? '', wrong, line)
    assert.equal(read.seals.length, 1)
  }
  assert.equal(readHistory(`${lines[0]}\n${JSON.stringify({ ...good, later: 1 })}\n`, hash).wrong, undefined)
  assert.match(readHistory(WHOLE.slice(0, -1), hash).wrong!, /^line 3 is cut off$/)
  assert.deepEqual(readHistory('', hash), { seals: [] })
})

test('compareHistories() trusts what goes on from what was seen, and else what was seen', () => {
  const [one, two] = [historyOf(A), historyOf(A, B)]
  const rows: [string | undefined, string | undefined, string | undefined, RegExp | undefined][] = [
    [undefined, undefined, '', undefined],
    [undefined, WHOLE, WHOLE, undefined],
    [one, WHOLE, WHOLE, undefined],
    [WHOLE, WHOLE, WHOLE, undefined],
    [two, undefined, two, /^is gone$/],
    [WHOLE, two, WHOLE, /^was changed or cut back: this host saw 3 lines, and line 3 is another$/],
    [two, '', two, /line 1 is another/],
    [two, historyOf(A, C), two, /this host saw 2 lines, and line 2 is another/],
    [one, `${one}x\n`, one, /^line 2 cannot be read$/],
    [undefined, 'x\n', '', /^line 1 cannot be read$/],
    // what a person has accepted
    ['x\n', 'x\n', '', undefined],
    ['x\n', one, one, undefined],
    ['x\n', 'y\n', '', /^line 1 cannot be read$/],
  ]
  for (const [seen, there, history, wrong] of rows) {
    const found = compare(seen, there)
    assert.equal(found.history, history)
    assert.match(found.wrong ?? '', wrong ?? /^$/)
  }
})

test('compareHistories() on the owner: only what it wrote itself goes on from its own lines', () => {
  const own = historyOf(A)
  const line = lineAfter(own, B)
  const owner = { host: 'web1', isOwner: true }
  assert.match(
    compare(own, own + line, owner).wrong!,
    /^has a line of 1970-.*, in the name of web1, that this host did not write$/,
  )
  assert.equal(compare(own, own + line, { ...owner, pending: line }).wrong, undefined)
  assert.equal(compare(own, own, { ...owner, pending: line }).wrong, undefined)
  const others = own + lineAfter(own, { host: 'web2', removed: ['a'] })
  assert.match(compare(own, others, owner).wrong!, /in the name of web2/)
  // it was handed over, and came back
  assert.equal(compare(own, others, { host: 'web1' }).wrong, undefined)
  const back = others + lineAfter(others, { host: 'web3' })
  assert.equal(compare(others, back, owner).wrong, undefined)
  assert.equal(compare(undefined, own, owner).wrong, undefined)
})

test('lackingFiles() are those that are gone or have another size, but for those that are told as damage', () => {
  const sealed = new Map([
    ['a', { bytes: 1 }],
    ['b', {}],
    ['c', { bytes: 3 }],
    ['d', { bytes: 4 }],
  ])
  const files = [
    { name: 'a', bytes: 1 },
    { name: 'c', bytes: 4 },
    { name: 'more', bytes: 9 },
  ]
  const lacking = lackingFiles(sealed, { files, damages: [{ file: 'd' }] })
  assert.deepEqual(lacking, { gone: ['b'], changed: ['c'] })
  assert.deepEqual(sealAlarms('is gone', lacking), [
    'the history of its sets is gone',
    '1 file gone that nobody was to remove: b',
    '1 file of another size than was written: c',
  ])
  assert.deepEqual(sealAlarms(undefined, { gone: [], changed: [] }), [])
})

const NAMES = ['a', 'b', 'c', 'd', 'e']
const written = fc.record({
  add: fc.dictionary(fc.constantFrom(...NAMES), fc.record({ bytes: fc.nat(9) }), { minKeys: 1 }),
  removed: fc.subarray(NAMES, { maxLength: 2 }),
})

test('whoever saw a history notices any edit, cut or exchange of its lines, and the files that are gone', () => {
  const made = fc.record({ seals: fc.array(written, { minLength: 2, maxLength: 8 }), at: fc.nat(), to: fc.nat(), char: fc.nat() })
  fc.assert(
    fc.property(made, ({ seals, at, to, char }) => {
      const whole = historyOf(...seals.map((seal, time) => ({ ...seal, time })))
      const text = whole.split('\n').slice(0, -1)
      const [one, two] = [at % text.length, to % text.length]
      const textOf = (changed: readonly string[]): string => changed.map(line => `${line}\n`).join('')
      const edit = char % whole.length
      const attacks = [
        textOf(text.toSpliced(one, 1)),
        textOf(text.slice(0, one)),
        textOf(text.with(one, text[two]!).with(two, text[one]!)),
        textOf(text.toSpliced(one, 0, text[two]!)),
        whole.slice(0, edit),
        `${whole.slice(0, edit)}${whole[edit] === 'x' ? 'y' : 'x'}${whole.slice(edit + 1)}`,
        // a history made anew, each line following from the one before
        historyOf(...seals.toSpliced(one, 1, { add: {}, removed: NAMES })),
      ]
      for (const there of attacks.filter(each => each !== whole)) {
        const { history, wrong } = compare(whole, there)
        assert.ok(wrong !== undefined && history === whole)
      }
      const sealed = sealedFiles(readHistory(whole, hash).seals)
      const files = [...sealed].map(([name, { bytes }]) => ({ name, bytes }))
      for (const { name, bytes } of files) {
        const others = files.filter(file => file.name !== name)
        assert.deepEqual(lackingFiles(sealed, { files: others }).gone, [name])
        assert.deepEqual(lackingFiles(sealed, { files: [...others, { name, bytes: bytes! + 1 }] }).changed, [name])
      }
      // what its owner adds is no alarm
      const longer = whole + lineAfter(whole, { removed: NAMES })
      assert.deepEqual(compare(whole, longer), { history: longer })
    }),
    { numRuns: 100 },
  )
})

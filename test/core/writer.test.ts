import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  FORMER_WORDS,
  judgeWriter,
  remember,
  type WriterMark,
  type WriterMemory,
  type WriterVerdict,
} from '../../lib/core/writer.ts'

const ME = { host: 'web1', machine: 'aaaaaaaa1' }
const mine: WriterMemory = { machine: ME.machine, word: 'w3', next: 'w4', former: ['w2', 'w1'] }
const copied = { ...mine, machine: 'bbbbbbbb2' }
const mark = (word: string, machine = ME.machine): WriterMark => ({ word, machine })

const TABLE: readonly (readonly [
  what: string,
  WriterMark | undefined,
  WriterMemory | undefined,
  WriterVerdict['kind'],
  RegExp?,
])[] = [
  ['the first run', undefined, undefined, 'first'],
  ['an archive that lost its mark', undefined, mine, 'first'],
  ['the word that was left', mark('w3'), mine, 'known'],
  ['the word that was about to be left when the run was cut off', mark('w4'), mine, 'known'],
  ['a state that was lost', mark('w3'), undefined, 'state-lost'],
  ['an archive that was restored from a snapshot', mark('w1'), mine, 'archive-restored'],
  [
    'a clone wrote since',
    mark('other'),
    mine,
    'other-machine',
    /another machine \(aaaaaaaa\) has written to the archive as web1 since/,
  ],
  ['another machine wrote since', mark('other', 'cccccccc3'), mine, 'other-machine', /another machine \(cccccccc\)/],
  [
    'a new machine of a known name',
    mark('w3', 'cccccccc3'),
    undefined,
    'other-machine',
    /and this one \(aaaaaaaa\) remembers no run/,
  ],
  [
    'a clone with a machine-id of its own',
    mark('w3'),
    copied,
    'other-machine',
    /remembered by another \(bbbbbbbb\): it is a copy/,
  ],
  ['a clone, before the original ever wrote', undefined, copied, 'other-machine', /it is a copy/],
]
for (const [what, there, memory, kind, reason = /^$/] of TABLE) {
  test(`judgeWriter() calls ${what} ${kind}`, () => {
    const verdict = judgeWriter(ME, there, memory)
    assert.equal(verdict.kind, kind)
    assert.match(verdict.kind === 'other-machine' ? verdict.reason : '', reason)
  })
}

test('of two machines with one memory, whatever the order of their runs, only the first to write ever writes', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), order => {
      let there: WriterMark | undefined = mark('w3')
      const memories = [mine, mine]
      const wrote: number[] = []
      order.forEach((second, turn) => {
        const who = second ? 1 : 0
        if (judgeWriter(ME, there, memories[who]).kind === 'other-machine') return
        wrote.push(who)
        there = mark(`new${turn}`)
        memories[who] = remember(memories[who], ME.machine, there.word)
      })
      assert.deepEqual(new Set(wrote), new Set([order[0] ? 1 : 0]))
    }),
  )
})

test('remember() keeps what was left before, to a limit', () => {
  let memory = remember(undefined, 'm', 'first')
  assert.deepEqual(memory, { machine: 'm', word: 'first', former: [] })
  for (let turn = 0; turn < FORMER_WORDS + 5; turn++) memory = remember(memory, 'm', `w${turn}`)
  assert.deepEqual([memory.former.length, memory.former[0]], [FORMER_WORDS, `w${FORMER_WORDS + 3}`])
})

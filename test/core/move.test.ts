import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DAY } from '../../lib/core/age.ts'
import { BadInput } from '../../lib/core/bad-input.ts'
import {
  type BegunHandover,
  durationText,
  type MoveFacts,
  moveOf,
  nextOfHandover,
  nextOfTakeover,
  rehearsalText,
  signsOfLife,
} from '../../lib/core/move.ts'

const SET = 1_000
const release = (epoch: number, to: string) => ({ epoch, to, set: SET })
const begun = (epoch: number, phase: BegunHandover['phase'], to = 'web2'): BegunHandover =>
  phase === 'releasing' ? { epoch, to, phase, set: SET } : { epoch, to, phase }
const at = (number: number, owner: string) => ({ number, owner })

/** A handover from web1 to web2 in epoch 3, cut off at each step: what each of the two does when it is asked again. */
const CUTS: readonly [
  name: string,
  archive: Pick<MoveFacts, 'epoch' | 'release'>,
  of1: BegunHandover | undefined,
  expected: string[],
][] = [
  [
    'before the freeze',
    { epoch: at(3, 'web1'), release: undefined },
    undefined,
    ['owner', 'hand over', 'nothing', 'not here', 'refused'],
  ],
  [
    'frozen',
    { epoch: at(3, 'web1'), release: undefined },
    begun(3, 'freezing'),
    ['frozen', 'hand over', 'nothing', 'not here', 'refused'],
  ],
  [
    'releasing',
    { epoch: at(3, 'web1'), release: undefined },
    begun(3, 'releasing'),
    ['uncertain', 'release', 'take back', 'not here', 'refused'],
  ],
  [
    'released',
    { epoch: at(3, 'web1'), release: release(3, 'web2') },
    begun(3, 'releasing'),
    ['released', 'wait', 'take back', 'incoming', 'take over'],
  ],
  [
    'released, and forgotten',
    { epoch: at(3, 'web1'), release: release(3, 'web2') },
    undefined,
    ['released', 'wait', 'take back', 'incoming', 'take over'],
  ],
  [
    'taken',
    { epoch: at(4, 'web2'), release: release(3, 'web2') },
    begun(3, 'releasing'),
    ['handed over', 'step aside', 'refused', 'owner', 'finish'],
  ],
  [
    'taken back',
    { epoch: at(4, 'web1'), release: release(3, 'web2') },
    begun(3, 'releasing'),
    ['owner', 'hand over', 'nothing', 'not here', 'refused'],
  ],
  [
    'of an earlier move',
    { epoch: at(5, 'web1'), release: release(3, 'web2') },
    begun(3, 'releasing'),
    ['owner', 'hand over', 'nothing', 'not here', 'refused'],
  ],
]

const command = (task: string, ...options: readonly string[]): string => [task, ...options].join(' ')
const stepOf = (decide: () => string): string => {
  try {
    return decide()
  } catch (error) {
    assert.ok(error instanceof BadInput)
    return 'refused'
  }
}
const asked = (me: string) => ({ site: 'blog', me, command })

for (const [name, archive, of1, [kind1, again, cancel, kind2, take]] of CUTS)
  test(`moveOf() of a handover that was cut off: ${name}`, () => {
    const one = moveOf({ me: 'web1', ...archive, begun: of1 })
    const two = moveOf({ me: 'web2', ...archive, begun: undefined })
    assert.equal(one.kind, kind1)
    assert.equal(
      stepOf(() => nextOfHandover(one, { ...asked('web1'), to: 'web2', cancel: false })),
      again,
    )
    assert.equal(
      stepOf(() => nextOfHandover(one, { ...asked('web1'), to: undefined, cancel: true })),
      cancel,
    )
    assert.equal(two.kind, kind2)
    assert.equal(
      stepOf(() => nextOfTakeover(two, { ...asked('web2'), force: false })),
      take,
    )
  })

test('nextOfHandover() to a third host is refused while the site may be released, with the command that takes it back', () => {
  for (const kind of ['released', 'uncertain'] as const) {
    const decide = () => nextOfHandover({ kind, to: 'web2', set: SET }, { ...asked('web1'), to: 'web3', cancel: false })
    assert.throws(decide, /released to web2: take it back first: handover --site blog --cancel$/)
  }
})

test('nextOfTakeover() by force takes what is another host’s, and what is incoming as if nothing had been said', () => {
  const take = (kind: 'not here' | 'handed over') =>
    stepOf(() => nextOfTakeover({ kind, owner: 'web1' }, { ...asked('web2'), force: true }))
  assert.equal(take('not here'), 'take by force')
  assert.equal(take('handed over'), 'take by force')
  assert.equal(
    stepOf(() => nextOfTakeover({ kind: 'incoming', from: 'web1', set: SET }, { ...asked('web2'), force: true })),
    'take over',
  )
})

test('moveOf() takes a site for handed over that a person gave away by the marker of its archive', () => {
  const facts = { me: 'web2', epoch: at(0, 'web2'), release: undefined, begun: undefined }
  assert.deepEqual(moveOf({ ...facts, marked: 'web1' }), { kind: 'incoming', from: 'web1', set: undefined })
  for (const marked of ['web2', undefined]) assert.deepEqual(moveOf({ ...facts, marked }), { kind: 'owner' })
  assert.deepEqual(moveOf({ ...facts, epoch: at(4, 'web2'), marked: 'web1' }), { kind: 'owner' })
})

const host = fc.constantFrom('web1', 'web2', 'web3')
const archive = fc.record({
  epoch: fc.record({ number: fc.nat(3), owner: fc.option(host, { nil: undefined }) }),
  release: fc.option(fc.record({ epoch: fc.nat(3), to: host, set: fc.constant(SET) }), { nil: undefined }),
})
const memory = fc.option(
  fc.record({
    epoch: fc.nat(3),
    to: host,
    phase: fc.constantFrom('freezing', 'releasing'),
    set: fc.option(fc.constant(SET), { nil: undefined }),
  }),
  { nil: undefined },
)

test('moveOf() lets one host at most serve a site as its owner, and never while another may take it', () => {
  fc.assert(
    fc.property(archive, memory, memory, memory, (facts, ...memories) => {
      const moves = ['web1', 'web2', 'web3'].map(
        (me, index) => moveOf({ me, ...facts, begun: memories[index] as BegunHandover }).kind,
      )
      const serving = moves.filter(kind => kind === 'owner' || kind === 'frozen')
      assert.ok(serving.length <= 1)
      if (moves.includes('incoming')) assert.ok(moves.filter(kind => kind === 'released').length <= 1 && serving.length === 0)
    }),
  )
})

test('rehearsalText() says how long nobody can write, and how long the takeover takes', () => {
  const parts = { dumped: 12.2, backedUp: 24.3, restored: 80, imported: 26 }
  assert.equal(rehearsalText(parts), 'freeze 41 s, takeover 1 min 50 s')
})

test('durationText() rounds up', () => {
  const cases = [
    [0.1, '1 s'],
    [59.1, '1 min'],
    [60.5, '1 min 1 s'],
    [3600, '60 min'],
  ] as const
  for (const [seconds, text] of cases) assert.equal(durationText(seconds), text)
})

const NOW = Date.parse('2026-01-31T12:00:00Z')
const NOTHING = { card: undefined, backup: undefined, answersAt: undefined }

test('signsOfLife() tells what a host did lately, and that it answers', () => {
  assert.deepEqual(signsOfLife('web1', NOTHING, NOW), [])
  assert.deepEqual(signsOfLife('web1', { ...NOTHING, card: NOW - 2 * DAY, backup: NOW - 3 * DAY }, NOW), [])
  assert.deepEqual(signsOfLife('web1', { card: NOW - DAY / 24, backup: NOW - 2 * DAY, answersAt: '192.0.2.1' }, NOW), [
    'the site answers on web1 now, at 192.0.2.1',
    'web1 ended a night on 2026-01-31 11:00:00 UTC, 1 h ago',
  ])
})

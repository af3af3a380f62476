import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { recipe } from '../../lib/engine/recipe.ts'
import { Run } from '../../lib/engine/run.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import type { Hold, Many, Step } from '../../lib/engine/step.ts'
import { Stopped } from '../../lib/engine/stop.ts'
import { hold, step } from '../support/made-up.ts'
import { perform, story } from '../support/perform.ts'

type Wait = (shell: Shell) => Promise<unknown>

/** Ways to wait for ever. */
const WAITS = {
  program: shell => shell.ask(String)`sleep 600`,
  'program that ignores SIGTERM': shell => shell.ask(String)`sh -c ${"trap '' TERM; while :; do sleep 1; done"}`,
  'program in the background': shell => shell.begin`sleep 600`,
  'timer that hears of the stop': shell => sleep(600_000, undefined, { signal: shell.stop }),
  'nothing that hears of a stop': shell => shell.act('wait', () => sleep(600_000, undefined, { ref: false })),
} satisfies Record<string, Wait>

const waiting = (wait: Wait): Step<object, void> => ({
  name: 'wait',
  title: 'Wait',
  run: async (_, shell) => void (await wait(shell)),
})

/** A stop that comes once something waits. */
function stopSoon(): AbortSignal {
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Stopped('SIGTERM')), 200)
  return stop.signal
}

// they wait for nothing but the time
describe('deadlines', { concurrency: true }, () => {
  for (const [what, wait] of Object.entries(WAITS)) {
    test(`a stop ends a step that waits for a ${what}, and what is held goes down`, async () => {
      const { outcomes } = await perform(
        recipe<object>().hold(hold('one')).do(waiting(wait)).do(step('after')),
        {},
        { stop: stopSoon() },
      )
      assert.deepEqual(story(outcomes), [
        'one up done',
        'wait do stopped: stopped by SIGTERM',
        'after do stopped: the run was stopped',
        'one down done',
      ])
    })

    test(`a stop ends a release that waits for a ${what}, whether it comes before or meanwhile, and the others go down`, async () => {
      const stuck = { ...hold('stuck'), down: async (_: object, shell: Shell) => void (await wait(shell)) }
      const chain = recipe<object>().hold(hold('one')).hold(stuck)
      const chains = [chain.do(waiting(WAITS.program)), chain]
      for (const { outcomes } of await Promise.all(chains.map(each => perform(each, {}, { stop: stopSoon() })))) {
        assert.equal(story(outcomes).at(-2), 'stuck down failed: the run was stopped, and this took too long')
        assert.equal(story(outcomes).at(-1), 'one down done')
      }
    })
  }

  test('a release may say that it needs its time after a stop', async () => {
    const slow: Hold<object, { slow: true }> = {
      ...hold('slow'),
      patience: 600,
      down: (_, shell) => shell.act`sleep 5.5`,
    }
    const { outcomes } = await perform(recipe<object>().hold(slow).do(waiting(WAITS.program)), {}, { stop: stopSoon() })
    assert.equal(story(outcomes).at(-1), 'slow down done')
  })

  test('what tells of a run is not ended by a stop but has to hurry: each piece of it begins', async () => {
    const stop = AbortSignal.abort(new Stopped('SIGTERM'))
    const run = new Run({ dry: false, stop, tells: true, now: Date.now, onEvent: () => {} })
    const tell = (wait: Wait) =>
      run.do({ step: 'tell', title: 'Tell', phase: 'do', subject: undefined, run: waiting(wait).run }, {})
    const began = performance.now()
    for (const wait of Object.values(WAITS)) await tell(wait)
    await tell(shell => shell.ask(String)`true`)
    assert.ok(performance.now() - began < 20_000)
    assert.deepEqual(
      run.outcomes.map(({ status, reason }) => `${status} ${reason}`),
      [...Object.keys(WAITS).map(() => 'stopped the run was stopped, and this took too long'), 'done undefined'],
    )
  })

  /** Items that wait, each with a deadline. */
  const items = (deadlines: Record<string, number>): Many<object, { readonly item: string }> => ({
    list: () => Object.keys(deadlines).map(item => ({ item })),
    nameOf: ({ item }) => item,
    deadline: ({ item }) => ({ seconds: deadlines[item]!, setting: 'deadlines.site in the inventory' }),
  })

  test('an item of each that is not done by its deadline has failed and lets go of what it holds; its neighbours and what follows go on', async () => {
    const work: Step<{ readonly item: string }, void> = {
      name: 'work',
      title: ({ item }) => `Work on ${item}`,
      run: async ({ item }, shell) => {
        if (item in WAITS) await WAITS[item as keyof typeof WAITS](shell)
      },
    }
    const deadlines = { first: 600, ...Object.fromEntries(Object.keys(WAITS).map(name => [name, 0.2])), last: 1e12 }
    const chain = recipe<object>()
      .each('all', items(deadlines), each =>
        each
          .hold(hold('held'))
          .do(work)
          .only(
            'more',
            () => ({}),
            more => more.do(step('more')),
          ),
      )
      .do(step('after'))
    const { outcomes } = await perform(chain, {})
    const well = (item: string) => ['held up', 'work do', 'more do', 'held down'].map(what => `[${item}] ${what} done`)
    const late = (item: string) => [
      `[${item}] held up done`,
      `[${item}] work do failed: it was not done within 0 s (deadlines.site in the inventory)`,
      `[${item}] more do skipped: Work on ${item} failed`,
      `[${item}] held down done`,
    ]
    assert.deepEqual(story(outcomes), [...well('first'), ...Object.keys(WAITS).flatMap(late), ...well('last'), 'after do done'])
  })

  test('a deadline that passes between two steps ends the item there, and holds for what is inside it', async () => {
    const blocking = step('block', () => {
      const end = performance.now() + 120
      while (performance.now() < end);
    })
    const chain = recipe<object>().each('outer', items({ a: 0.1 }), outer =>
      outer
        .do(blocking)
        .do({ ...step('pause'), run: () => sleep(5).then(() => ({})) })
        .each('inner', items({ b: 600 }), inner => inner.do(step('in')))
        .do(step('after')),
    )
    const { outcomes } = await perform(chain, {})
    assert.deepEqual(
      outcomes.map(({ step: name, status }) => `${name} ${status}`),
      ['block done', 'pause done', 'inner failed', 'after skipped'],
    )
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Hold, Step } from '../../lib/engine/step.ts'
import { perform, story } from '../support/perform.ts'

const done: string[] = []
const step = (name: string, work: (facts: object) => object | void = () => {}): Step<object, object> => ({
  name,
  title: name,
  run: async facts => {
    done.push(name)
    return work(facts) ?? {}
  },
})
const hold = (name: string, up: () => void = () => {}, down: () => void = () => {}): Hold<object, object> => ({
  name,
  title: name,
  up: async () => {
    done.push(`${name} up`)
    up()
    return { [name]: true }
  },
  down: async facts => {
    done.push(`${name} down${name in facts ? '' : ' without its facts'}`)
    down()
  },
})
const fail = (): never => {
  throw new Error('it broke')
}
const items = (names: string[], atOnce = 1) => ({
  list: () => names.map(item => ({ item })),
  nameOf: ({ item }: { item: string }) => item,
  atOnce: () => atOnce,
})
async function order(chain: Parameters<typeof perform>[0], options = {}) {
  done.length = 0
  return await perform(chain, {}, options)
}

test('runTree() gives each step what came before it', async () => {
  const seen: object[] = []
  const chain = recipe<{ a: number }>()
    .do({ name: 'b', title: 'b', run: async ({ a }: { a: number }) => ({ b: a + 1 }) })
    .do({ name: 'c', title: ({ b }: { b: number }) => `c after ${b}`, run: async facts => void seen.push({ ...facts }) })
  const { outcomes } = await perform(chain, { a: 1 })
  assert.deepEqual(seen, [{ a: 1, b: 2 }])
  assert.equal(outcomes[1]!.title, 'c after 2')
})

test('runTree() releases holds in reverse order after success', async () => {
  await order(recipe<object>().hold(hold('one')).do(step('work')).hold(hold('two')).do(step('more')))
  assert.deepEqual(done, ['one up', 'work', 'two up', 'more', 'two down', 'one down'])
})

test('runTree() releases after a failure what went up before it, and skips the rest with the reason', async () => {
  const { outcomes } = await order(recipe<object>().hold(hold('one')).do(step('bad', fail)).hold(hold('two')).do(step('after')))
  assert.deepEqual(done, ['one up', 'bad', 'one down'])
  assert.deepEqual(story(outcomes), [
    'one up done',
    'bad do failed: it broke',
    'two up skipped: bad failed',
    'after do skipped: bad failed',
    'one down done',
  ])
})

test('runTree() releases a hold whose going up failed half-way, without its facts', async () => {
  await order(recipe<object>().hold(hold('one')).hold(hold('half', fail)).do(step('after')))
  assert.deepEqual(done, ['one up', 'half up', 'half down without its facts', 'one down'])
})

test('runTree() goes on releasing after a release that failed, and records it', async () => {
  const { outcomes } = await order(
    recipe<object>()
      .hold(hold('one'))
      .hold(hold('two', undefined, fail)),
  )
  assert.deepEqual(story(outcomes), ['one up done', 'two up done', 'two down failed: it broke', 'one down done'])
})

test('runTree() releases after a stop, and begins nothing more', async () => {
  const stop = new AbortController()
  const chain = recipe<object>()
    .hold(hold('one'))
    .do(step('stops', () => stop.abort(new Error('stopped by SIGTERM'))))
    .hold(hold('two'))
    .each('all', items(['a']), each => each.do(step('in')))
    .only(
      'maybe',
      () => ({}),
      only => only.do(step('in')),
    )
  const { outcomes } = await order(chain, { stop: stop.signal })
  assert.deepEqual(done, ['one up', 'stops', 'one down'])
  assert.deepEqual(
    outcomes.map(({ step: name, status }) => `${name} ${status}`),
    ['one done', 'stops done', 'two stopped', 'all stopped', 'maybe stopped', 'one done'],
  )
})

test('runTree() lets a release use the shell after a stop', async () => {
  const stop = new AbortController()
  let said = ''
  const talking: Hold<object, object> = {
    ...hold('talking'),
    down: async (_, shell) => {
      said = await shell.ask(String)`printf %s ${'still here'}`
    },
  }
  await order(
    recipe<object>()
      .hold(talking)
      .do(step('stops', () => stop.abort(new Error('now')))),
    { stop: stop.signal },
  )
  assert.equal(said, 'still here')
})

test('each() ends a failed item only, and the chain goes on', async () => {
  const chain = recipe<object>()
    .each('all', items(['a', 'b', 'c']), each =>
      each
        .hold(hold('held'))
        .do({ name: 'work', title: 'work', run: async ({ item }: { item: string }) => (item === 'b' ? fail() : undefined) })
        .do(step('last')),
    )
    .do(step('after'))
  const { outcomes } = await order(chain)
  assert.deepEqual(
    story(outcomes).filter(line => !line.includes('held')),
    [
      '[a] work do done',
      '[a] last do done',
      '[b] work do failed: it broke',
      '[b] last do skipped: work failed',
      '[c] work do done',
      '[c] last do done',
      'after do done',
    ],
  )
  assert.equal(done.filter(line => line === 'held down').length, 3)
})

test('each() keeps the facts of its items apart, also when they run at once', async () => {
  const seen: string[] = []
  let running = 0
  let most = 0
  const pause = () => new Promise(resolve => setTimeout(resolve, 20))
  const chain = recipe<object>().each('all', items(['a', 'b', 'c', 'd', 'e'], 2), each =>
    each
      .do({
        name: 'name',
        title: 'name',
        run: async ({ item }: { item: string }) => {
          running += 1
          most = Math.max(most, running)
          await pause()
          running -= 1
          return { own: `own ${item}` }
        },
      })
      .do({ name: 'look', title: 'look', run: async ({ item, own }) => void seen.push(`${item} ${own}`) }),
  )
  await order(chain)
  assert.equal(most, 2)
  assert.deepEqual(seen.toSorted(), ['a own a', 'b own b', 'c own c', 'd own d', 'e own e'])
})

test('each() holds what is around it until all its concurrent items have ended, though one failed early', async () => {
  const chain = recipe<object>()
    .hold(hold('shared'))
    .each('all', items(['bad', 'slow'], 2), each =>
      each.do({
        name: 'work',
        title: 'work',
        run: async ({ item }: { item: string }) => {
          if (item === 'bad') fail()
          await new Promise(resolve => setTimeout(resolve, 60))
          done.push('slow ended')
        },
      }),
    )
  await order(chain)
  assert.deepEqual(done, ['shared up', 'slow ended', 'shared down'])
})

test('each() records a list that could not be made as a failure of the chain', async () => {
  const many = [
    { ...items([]), list: fail },
    { ...items(['a']), nameOf: fail },
    { ...items(['a']), atOnce: fail },
  ]
  for (const each of many) {
    const { outcomes } = await order(
      recipe<object>()
        .hold(hold('one'))
        .each('all', each, inner => inner)
        .do(step('after')),
    )
    assert.deepEqual(story(outcomes), ['one up done', 'all do failed: it broke', 'after do skipped: all failed', 'one down done'])
  }
})

test('only() runs its steps when the condition gives facts, and they stay inside', async () => {
  let inside: object = {}
  let outside: object = {}
  const chain = recipe<object>()
    .only(
      'yes',
      () => ({ extra: 1 }),
      only =>
        only.hold(hold('inner')).do(
          step('in', facts => {
            inside = facts
          }),
        ),
    )
    .do(
      step('out', facts => {
        outside = facts
      }),
    )
  await order(chain)
  assert.deepEqual(done, ['inner up', 'in', 'inner down', 'out'])
  assert.deepEqual(inside, { extra: 1, inner: true })
  assert.deepEqual(outside, {})
})

test('only() says why it did not run', async () => {
  const { outcomes } = await order(
    recipe<object>()
      .only(
        'no',
        () => 'not today',
        only => only.do(step('in')),
      )
      .do(step('out')),
  )
  assert.deepEqual(story(outcomes), ['no do skipped: not today', 'out do done'])
})

test('only() ends the chain around it when it fails, inside or in its condition', async () => {
  const inside = recipe<object>()
    .hold(hold('one'))
    .only(
      'block',
      () => ({}),
      only => only.do(step('bad', fail)),
    )
  assert.deepEqual(story((await order(inside.do(step('after')))).outcomes), [
    'one up done',
    'bad do failed: it broke',
    'after do skipped: bad failed',
    'one down done',
  ])
  const condition = recipe<object>().only('block', fail, only => only.do(step('in')))
  assert.deepEqual(story((await order(condition.do(step('after')))).outcomes), [
    'block do failed: it broke',
    'after do skipped: block failed',
  ])
})

test('runTree() runs a step whose title cannot be made, under its name', async () => {
  const { outcomes } = await order(
    recipe<object>()
      .do({ ...step('odd'), title: fail })
      .do(step('after')),
  )
  assert.deepEqual(story(outcomes), ['odd do done', 'after do done'])
  assert.equal(outcomes[0]!.title, 'odd')
})

test('recipe() is immutable: a chain can be the beginning of two', async () => {
  const common = recipe<object>().do(step('common'))
  await order(common.do(step('left')))
  assert.deepEqual(done, ['common', 'left'])
  await order(common.do(step('right')))
  assert.deepEqual(done, ['common', 'right'])
})

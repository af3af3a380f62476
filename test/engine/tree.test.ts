import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Hold } from '../../lib/engine/step.ts'
import { done, fail, hold, order, step } from '../support/made-up.ts'
import { perform, story } from '../support/perform.ts'

const items = () => ({ list: () => [{ item: 'a' }], nameOf: ({ item }: { item: string }) => item })

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
    .each('all', items(), each => each.do(step('in')))
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
  const talking: Hold<object, { talking: true }> = {
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

test('runTree() gives the outcomes of items that are worked on at once in their order, and says when each is over', async () => {
  const names = ['slow', 'quick', 'last']
  const many = { list: () => names.map(item => ({ item })), nameOf: ({ item }: { item: string }) => item, atOnce: () => 2 }
  const quickIsDone = Promise.withResolvers<void>()
  const work = async ({ item }: { item: string }): Promise<void> => {
    if (item === 'slow') await quickIsDone.promise
    if (item === 'quick') quickIsDone.resolve()
  }
  const chain = recipe<object>().each('all', many, each => each.do({ name: 'work', title: 'work', run: work }).do(step('more')))
  const { outcomes, events } = await perform(chain.do(step('after')), {})
  const each = names.flatMap(name => [`[${name}] work do done`, `[${name}] more do done`])
  assert.deepEqual(story(outcomes), [...each, 'after do done'])
  const isOver = events.filter(({ kind }) => kind === 'over').map(({ subject }) => subject)
  assert.deepEqual(isOver.toSorted(), names.toSorted())
})

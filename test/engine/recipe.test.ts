import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { done, fail, hold, order, step } from '../support/made-up.ts'
import { story } from '../support/perform.ts'

const items = (names: string[], atOnce = 1) => ({
  list: () => names.map(item => ({ item })),
  nameOf: ({ item }: { item: string }) => item,
  atOnce: () => atOnce,
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

test('attempt() ends what is inside when that fails, and the chain goes on; a condition that breaks ends the chain', async () => {
  const failing = { name: 'work', title: 'work', run: async () => fail() }
  const chain = recipe<object>()
    .attempt(
      'perhaps',
      () => ({ now: true }),
      perhaps => perhaps.do(failing).do(step('inside')),
    )
    .attempt(
      'not now',
      () => 'not wanted',
      perhaps => perhaps.do(step('never')),
    )
    .do(step('after'))
  assert.deepEqual(story((await order(chain)).outcomes), [
    'work do failed: it broke',
    'inside do skipped: work failed',
    'not now do skipped: not wanted',
    'after do done',
  ])
  const broken = recipe<object>()
    .attempt('perhaps', fail, perhaps => perhaps.do(step('never')))
    .do(step('after'))
  assert.deepEqual(story((await order(broken)).outcomes), ['perhaps do failed: it broke', 'after do skipped: perhaps failed'])
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

test('only() and attempt() pass on what is there in any case: what the steps gave, or what was said to be so otherwise', async () => {
  const after = async (kind: 'only' | 'attempt', when: () => object | string, work: () => object | void) => {
    let seen: object = {}
    const chain = recipe<object>()
      [kind](
        'block',
        when as () => { inner: number } | string,
        block => block.do<{ saved: boolean; more: number }>(step('work', work) as never),
        { saved: false },
      )
      .do(
        step('after', facts => {
          seen = facts
        }),
      )
    await order(chain)
    return seen
  }
  const gives = () => ({ saved: true, more: 1 })
  assert.deepEqual(await after('only', () => ({ inner: 1 }), gives), { saved: true })
  assert.deepEqual(await after('attempt', () => ({ inner: 1 }), gives), { saved: true })
  assert.deepEqual(await after('only', () => 'not wanted', gives), { saved: false })
  assert.deepEqual(await after('attempt', () => ({ inner: 1 }), fail), { saved: false })
})

test('a block is written when it is opened: one that is not loads nothing, and one that cannot be loaded is a failure', async () => {
  const opened: string[] = []
  const chain = recipe<object>()
    .each('none', { list: () => [], nameOf: () => '' }, async each => {
      opened.push('none')
      return each.do(step('never'))
    })
    .only(
      'not now',
      () => 'no need',
      async only => {
        opened.push('not now')
        return only.do(step('never'))
      },
    )
    .each('some', { list: () => [{ item: 'a' }, { item: 'b' }], nameOf: ({ item }) => item }, async each => {
      opened.push('some')
      return each.do(step('work'))
    })
    .only(
      'broken',
      () => ({}),
      async only => {
        await Promise.reject(new Error('no such file'))
        return only
      },
    )
    .do(step('after'))
  const { outcomes } = await order(chain)
  assert.deepEqual(opened, ['some'])
  assert.deepEqual(done, ['work', 'work'])
  assert.deepEqual(story(outcomes).slice(-2), ['broken do failed: no such file', 'after do skipped: broken failed'])
})

test('a block for each that cannot be loaded fails for its items, and for nothing around them', async () => {
  const chain = recipe<object>()
    .each('broken', { list: () => [{ item: 'a' }, { item: 'b' }], nameOf: ({ item }) => item }, async each => {
      await Promise.reject(new Error('no such file'))
      return each.do(step('never'))
    })
    .do(step('after'))
  const { outcomes } = await order(chain)
  assert.deepEqual(done, ['after'])
  assert.deepEqual(
    outcomes.map(({ subject, status, reason }) => [subject, status, reason]),
    [
      ['a', 'failed', 'no such file'],
      ['b', 'failed', 'no such file'],
      [undefined, 'done', undefined],
    ],
  )
})

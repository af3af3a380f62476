import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Transaction } from '../../lib/core/restore-journal.ts'
import type { HostContext } from '../../lib/host/site.ts'
import { readJournal, writeJournal } from '../../lib/restore/journal.ts'
import { ABOUT, takeReplaced } from '../../lib/restore/replaced-tree.ts'
import { restoringOf } from '../../lib/restore/transaction.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

/** What the last refresh of a replica kept, and a restore that is under way. */
function journal(fields: Partial<Transaction> = {}, without: readonly string[] = []) {
  const host = hostIn(ownFolder('replaced'), { database: { socket: '/nowhere/no.sock' } })
  const context = { host, shell: hearingShell().shell } as unknown as HostContext
  const [last, next] = [1, 2].map(now => restoringOf(host, 'blog', now))
  const transaction = ({ id, holding, tree }: NonNullable<typeof last>): Transaction => ({
    ...{ id, site: 'blog', task: 'replica', phase: 'kept', startedAt: 0, point: 0, holdings: [holding], databases: [] },
    exchanges: [{ live: join(host.vhosts, 'blog'), held: tree, liveWas: '1', heldWas: '2' }],
    ...{ scratch: { databases: [], accounts: [] }, tidied: true, safety: undefined },
  })
  const pending: Transaction = { ...transaction(next!), phase: 'preparing', exchanges: [] }
  const kept = [{ ...transaction(last!), ...fields }]
  mkdirSync(last!.tree, { recursive: true })
  mkdirSync(next!.holding, { recursive: true })
  if (!without.includes(ABOUT)) writeFileSync(join(last!.holding, ABOUT), '{}')
  writeJournal(host, 'blog', { pending, kept })
  return { context, pending, last: last!, next: next! }
}

test('takeReplaced() takes the tree that the last refresh replaced, and what was kept with it goes', async () => {
  const { context, pending, last, next } = journal()
  const taken = await takeReplaced(context, 'blog', next)
  assert.ok(taken && existsSync(taken.about) && existsSync(next.tree))
  const holdings = () => readJournal(context.host, 'blog').pending?.holdings
  assert.deepEqual(holdings(), [...pending.holdings, last.holding], 'whatever ends it now, all of it is removed')
  await taken.clear()
  assert.ok(!existsSync(last.holding))
  const { pending: now, kept } = readJournal(context.host, 'blog')
  assert.deepEqual([now?.holdings, now?.scratch, kept], [pending.holdings, pending.scratch, []])
})

const left: [string, Partial<Transaction>, string[]][] = [
  ['a safety copy', { safety: 'changed by hand' }, []],
  ['what a recovery replaced', { task: 'recover' }, []],
  ['what an undo replaced', { task: 'undo' }, []],
  ['what has parts in force elsewhere', { holdings: ['/a', '/b'] }, []],
  ['what has a database, while no server answers', { scratch: { databases: ['former'], accounts: [] } }, []],
  ['a tree of which nothing is known', {}, [ABOUT]],
]
for (const [what, fields, without] of left)
  test(`takeReplaced() leaves alone ${what}`, async () => {
    const { context, last, next } = journal(fields, without)
    const before = readJournal(context.host, 'blog')
    assert.equal(await takeReplaced(context, 'blog', next), undefined)
    assert.ok(existsSync(last.tree))
    assert.deepEqual(readJournal(context.host, 'blog'), before)
  })

import assert from 'node:assert/strict'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Transaction } from '../../lib/core/restore-journal.ts'
import type { HostContext } from '../../lib/host/site.ts'
import { readJournal, updatePending, writeJournal } from '../../lib/restore/journal.ts'
import { putBackOrTell, restoringOf, tidy } from '../../lib/restore/transaction.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const sides = { live: 'blog', held: 'hf_1', marker: 'mark', liveDefinitions: '/none', heldDefinitions: '/none', madeLive: false }
const LEFT: readonly [string, Partial<Transaction>, RegExp][] = [
  [
    'where it may have been exchanged',
    { phase: 'swapping', databases: [sides] },
    /^blog may be exchanged in part, until a run puts it back, which each tries before anything else: the database server does not answer: /,
  ],
  [
    'before it was',
    { scratch: { databases: ['hf_1'], accounts: [] } },
    /^blog is as it was before; what was made beside it is removed by the next run that can: the database server does not answer: /,
  ],
]
const NEW = { task: 'replica', startedAt: 0, point: 0, holdings: [], exchanges: [], databases: [], tidied: false } as const
const NOTHING = { scratch: { databases: [], accounts: [] }, safety: undefined } as const

/** A restore of a site whose database server does not answer, and is waited for some seconds. */
function underWay(fields: Partial<Transaction>, stop?: AbortSignal) {
  const host = hostIn(ownFolder('take-back'), { database: { socket: '/nowhere/no.sock' }, deadlines: { look: 1 } } as object)
  const context = { host, shell: hearingShell(stop && { stop }).shell } as unknown as HostContext
  mkdirSync(host.vhosts)
  const { id, holding } = restoringOf(host, 'blog', 1)
  updatePending(host, { ...NEW, ...NOTHING, id, site: 'blog', phase: 'preparing', holdings: [holding], ...fields })
  return { context, isPending: () => readJournal(host, 'blog').pending?.id === id }
}

for (const [what, fields, said] of LEFT)
  test(`putBackOrTell() says how a site is left ${what} by a database server that does not come back`, async () => {
    const { context, isPending } = underWay(fields)
    await assert.rejects(putBackOrTell(context, 'blog'), { message: said })
    assert.ok(isPending(), 'the next run goes on')
  })

test('putBackOrTell() says how a site is left also when it is stopped while it waits for the server', async () => {
  const stop = new AbortController()
  const { context, isPending } = underWay({ phase: 'swapping', databases: [sides] }, stop.signal)
  const ended = assert.rejects(putBackOrTell(context, 'blog'), {
    message: /^blog may be exchanged in part, until a run puts it back/,
  })
  setTimeout(() => stop.abort(new Error('stopped by SIGTERM')), 300)
  await ended
  assert.ok(isPending())
})

test('tidy() writes no journal in which it changes nothing', async () => {
  const { context } = underWay({})
  const { host } = context
  const inode = (): number => statSync(join(host.paths.state, 'restores', 'blog.json')).ino
  const kept = [{ ...NEW, ...NOTHING, id: '1', site: 'blog', phase: 'kept', startedAt: Date.now() }] as const
  writeJournal(host, 'blog', { pending: undefined, kept })
  const inodes = [inode()]
  for (let time = 0; time < 2; time++) {
    await tidy(context, 'blog')
    inodes.push(inode())
  }
  assert.notEqual(inodes[0], inodes[1])
  assert.equal(inodes[1], inodes[2])
  assert.equal(readJournal(host, 'blog').kept[0]?.tidied, true)
})

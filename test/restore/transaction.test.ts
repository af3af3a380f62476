import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import type { Transaction } from '../../lib/core/restore-journal.ts'
import type { HostContext } from '../../lib/host/site.ts'
import { readJournal, updatePending } from '../../lib/restore/journal.ts'
import { restoringOf, takeBack } from '../../lib/restore/transaction.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const sides = { live: 'blog', held: 'hf_1', marker: 'mark', liveDefinitions: '/none', heldDefinitions: '/none', madeLive: false }
const LEFT: readonly [string, Partial<Transaction>, RegExp][] = [
  [
    'where it may have been exchanged',
    { phase: 'swapping', databases: [sides] },
    /^blog may be exchanged in part, until the next run puts it back before anything else: the database server does not answer: /,
  ],
  [
    'before it was',
    { scratch: { databases: ['hf_1'], accounts: [] } },
    /^blog is as it was before; what was made beside it is removed by the next run: the database server does not answer: /,
  ],
]
for (const [what, fields, said] of LEFT)
  test(`takeBack() says how a site is left ${what} by a database server that does not come back`, async () => {
    const host = hostIn(ownFolder('take-back'), { database: { socket: '/nowhere/no.sock' }, deadlines: { look: 1 } } as object)
    const context = { host, shell: hearingShell().shell } as unknown as HostContext
    mkdirSync(host.vhosts)
    const { id, holding } = restoringOf(host, 'blog', 1)
    updatePending(host, {
      ...{ id, site: 'blog', task: 'replica', phase: 'preparing', startedAt: 0, point: 0, holdings: [holding], exchanges: [] },
      ...{ databases: [], scratch: { databases: [], accounts: [] }, tidied: false, safety: undefined },
      ...fields,
    })
    await assert.rejects(takeBack(context, 'blog'), { message: said })
    assert.equal(readJournal(host, 'blog').pending?.id, id, 'the next run goes on')
  })

import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { writeJournal } from '../../lib/restore/journal.ts'
import { rollBackInterrupted } from '../../lib/steps/lock.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, NO_REQUEST, ownFolder } from '../support/host.ts'
import { notesOf, perform } from '../support/perform.ts'

test('what restores kept and nothing remembers is told with the command that removes it, and stays; what is known is not told', async () => {
  const host = hostIn(ownFolder('left-behind'), { database: { socket: '/nowhere/no.sock' } })
  const at = (name: string): string => join(host.vhosts, '.holdfast', name)
  for (const name of ['blog/known', 'blog/lost', "it's%20a/gone"]) mkdirSync(at(name), { recursive: true })
  symlinkSync('/etc', at('blog/link'))
  const kept = { id: 'known', site: 'blog', task: 'recover', phase: 'kept', startedAt: Date.now(), point: undefined } as const
  const rest = { holdings: [at('blog/known')], exchanges: [], databases: [], tidied: true, safety: undefined }
  writeJournal(host, 'blog', { pending: undefined, kept: [{ ...kept, ...rest, scratch: { databases: [], accounts: [] } }] })
  const chain = recipe<Needs<'host' | 'secrets' | 'request'>>().do(rollBackInterrupted)
  const notes = notesOf(await perform(chain, { host, secrets: new Map(), request: NO_REQUEST }))
  assert.deepEqual(
    notes.map(note => note.replaceAll(join(host.vhosts, '.holdfast'), '')),
    [
      'warning: blog: /blog/lost: kept by a restore that this host no longer knows of; look at what is there, then: rm -rf /blog/lost',
      "warning: it's a: /it's%20a/gone: kept by a restore that this host no longer knows of; look at what is there, then: rm -rf '/it'\\''s%20a/gone'",
    ],
  )
})

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { Stopped } from '../../lib/engine/stop.ts'
import { assertRoomToImport } from '../../lib/restore/disk-space.ts'
import type { RestoredDatabase } from '../../lib/restore/transaction.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'

const folder = ownFolder('room-to-import')
const host = hostIn(folder)
const restoring = { id: 'a', holding: folder, tree: join(folder, 'tree'), staged: 'hf_a' }
mkdirSync(join(restoring.tree, '.holdfast/database.sql'), { recursive: true })
chmodSync(join(restoring.tree, '.holdfast/database.sql'), 0o777)

/** The look, for a dump that others could change meanwhile: it is not read. */
const look = (before = (): void => {}, stop = new AbortController().signal) =>
  perform(
    recipe<object>().do({
      name: 'look',
      title: 'look',
      run: (_, shell) => {
        before()
        return assertRoomToImport(
          { host, secrets: new Map(), shell },
          restoring,
          [{ dump: 'database.sql' } as RestoredDatabase],
          undefined,
        )
      },
    }),
    {},
    { stop },
  )

test('assertRoomToImport() that fails is only told', async () => {
  const done = await look()
  assert.equal(outcomeOf(done, 'look').status, 'done')
  assert.match(notesOf(done).join(), /^warning: the disk space for the restore cannot be checked: .*database\.sql/)
})

test('assertRoomToImport() ends when the run is stopped', async () => {
  const controller = new AbortController()
  const done = await look(() => controller.abort(new Stopped('SIGTERM')), controller.signal)
  assert.equal(outcomeOf(done, 'look').status, 'stopped')
})

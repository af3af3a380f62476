import { mkdirSync } from 'node:fs'
import type { Transaction } from '../../core/restore-journal.ts'
import { printTime } from '../../core/restore-point.ts'
import type { Owes, Pays } from '../../engine/recipe.ts'
import type { Hold, Step } from '../../engine/step.ts'
import { updateRecord } from '../../host/site-record.ts'
import { removeFingerprint } from '../../restore/fingerprint.ts'
import { readJournal, updatePending, workFolder, writeJournal } from '../../restore/journal.ts'
import { type Scope, whatOf } from '../../restore/scope.ts'
import { type RestoreTask, type Restoring, restoringOf, rollBackPending, TO_PUT_BACK, tidy } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'
import type { Answered } from './ask-site.ts'

/** What is known of the live site before it is replaced. */
export interface Guarded {
  /** The live database is what the last replay made it, byte for byte as far as checksums tell; false as long as nobody looked. */
  readonly databaseUntouched: boolean
}

type Begins<Task> = Needs<'host' | 'secrets' | 'request' | 'site'> & {
  readonly point: { readonly time: number }
  /** The disks have room for such a restore. */
  readonly room: { readonly task: Task }
}

/**
 * One restore that is all or nothing (S24): it goes up with an entry in the journal, and unless it was committed it comes down by putting back
 * whatever it had moved and removing what it had made.
 */
export const restoreTransaction = <Task extends RestoreTask>(
  task: Task,
): Hold<Begins<Task>, { restoring: Restoring } & Guarded & Owes<'commit'>> => ({
  name: 'restore',
  title: ({ site }) => `Restore ${site.name} beside the live site`,
  up: async ({ host, request, site, point }, shell) => {
    const restoring = restoringOf(host, site.name, shell.now())
    const begun = { restoring, databaseUntouched: false }
    if (request.dryRun) return begun
    updatePending(host, {
      id: restoring.id,
      site: site.name,
      task,
      phase: 'preparing',
      startedAt: shell.now(),
      point: point.time,
      holdings: [restoring.holding],
      exchanges: [],
      database: undefined,
      scratch: { databases: [], accounts: [] },
      tidied: false,
      safety: undefined,
    })
    mkdirSync(workFolder(host), { recursive: true, mode: 0o700 })
    mkdirSync(restoring.holding, { recursive: true, mode: 0o700 })
    return begun
  },
  patience: TO_PUT_BACK,
  down: async ({ host, secrets, request, site }, shell) => {
    if (!request.dryRun && (await rollBackPending({ host, secrets, shell }, site.name))) {
      shell.note('info', `${site.name} is as it was before`)
    }
  },
})

type Commits = Needs<'host' | 'secrets' | 'site'> & Answered & { restoring: Restoring; scope: Scope }

/** The end of a restore that succeeded: what was live is now what is kept, and older keeps go. */
export const commit: Step<Commits, Pays<'commit'>> = {
  name: 'commit',
  title: 'Keep the previous version',
  run: async ({ host, secrets, site, restoring, scope }, shell) => {
    const isWhole = scope.files && scope.database
    await shell.act(
      `keep what was there in ${restoring.holding} until the next success, ${host.keepPrevious} days at most`,
      async () => {
        const { pending, kept } = readJournal(host, site.name)
        // an account that was made for the site belongs to it from here on
        const scratch = { ...pending!.scratch, accounts: [] }
        const done: Transaction = { ...pending!, scratch, phase: 'kept', startedAt: shell.now() }
        writeJournal(host, site.name, { pending: undefined, kept: [...kept.filter(one => one.id !== done.id), done] })
        // the fingerprint of what was there: after a kill before the new one is taken, it would call the restore a change by hand
        removeFingerprint({ host, secrets, shell }, site.name)
        // a part of a set is not that set: a replica must not take it for replayed
        if (done.point !== undefined && isWhole) updateRecord(host, site.name, { restoredFrom: done.point })
        if (done.task === 'replica') updateRecord(host, site.name, { backedUpAs: undefined })
        // a replica is brought to the newest point; a primary has no lag
        if (site.role.role !== 'primary') shell.tell({ site: site.name, lag: 0 })
        if (done.point !== undefined) shell.tell({ site: site.name, restoredTo: done.point })
        await tidy({ host, secrets, shell }, site.name)
        const what =
          done.point === undefined
            ? 'the last restore was undone'
            : `${isWhole ? '' : `${whatOf(scope)} `}now as of ${printTime(done.point)}`
        const kind = done.task === 'replica' ? 'info' : 'significant'
        shell.note(kind, `${site.name}: ${what}; what it replaced is kept in ${restoring.holding}`)
      },
    )
    return {}
  },
}

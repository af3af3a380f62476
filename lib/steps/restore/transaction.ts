import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expired, type Transaction } from '../../core/restore-journal.ts'
import { printTime } from '../../core/restore-point.ts'
import { adminOf } from '../../database/admin.ts'
import { quoteName } from '../../database/sql.ts'
import type { Owes, Pays } from '../../engine/recipe.ts'
import type { Hold, Step } from '../../engine/step.ts'
import type { Hands } from '../../host/hands.ts'
import type { Host } from '../../inventory/schema.ts'
import type { Needs } from '../facts.ts'
import { updateRecord } from '../site-record.ts'
import type { Answered } from './ask-site.ts'
import { forgetFingerprint } from './fingerprint.ts'
import { readJournal, updatePending, workFolder, writeJournal } from './journal.ts'
import { type Scope, whatOf } from './scope.ts'
import { forget, takeBack, takeBackAndKeep } from './take-back.ts'

/** A restore at work: where it keeps what, and its names on the database server. */
export interface Restoring {
  readonly id: string
  /** The folder of its own on the site's file system. */
  readonly holding: string
  /** Where the restored tree is made, and where the former one is afterwards. */
  readonly tree: string
  /** The database that it fills, and in which the former tables are afterwards; also the name of its account while it imports. */
  readonly shadow: string
}

/** Names a restore: short, unique on a host, and the site's by its hash. */
export function restoringOf(host: Host, site: string, now: number): Restoring {
  const id = now.toString(36)
  const holding = join(workFolder(host), encodeURIComponent(site), id)
  const hash = createHash('sha1').update(site).digest('hex').slice(0, 8)
  return { id, holding, tree: join(holding, 'tree'), shadow: `hf_${hash}_${id}` }
}

/** What a restore is for: a site that was recovered is this host's own, a replica follows another's. */
export type RestoreTask = 'recover' | 'replica'

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

/** Seconds that putting a site back may take once the run was stopped: more than the end of a run leaves, since whatever is left half-way waits for the next run. */
export const TO_PUT_BACK = 30

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
    if (!request.dryRun && (await takeBackPending({ host, secrets, shell }, site.name))) {
      shell.note('info', `${site.name} is as it was before`)
    }
  },
})

/** Takes back a site's restore that did not come to its end, if there is one. Gives whether there was. */
export async function takeBackPending(hands: Hands, site: string): Promise<boolean> {
  const { pending, kept } = readJournal(hands.host, site)
  if (!pending) return false
  await takeBack(hands, pending)
  writeJournal(hands.host, site, { pending: undefined, kept })
  return true
}

/**
 * Takes back what an earlier run left, if anything. Gives undefined for nothing, else the restore; its phase is `kept` where what had been live
 * meanwhile is kept.
 */
export async function takeBackInterrupted(hands: Hands, site: string): Promise<Transaction | undefined> {
  const { pending, kept } = readJournal(hands.host, site)
  if (pending?.task !== 'recover' || pending.phase !== 'swapping') {
    await takeBackPending(hands, site)
    return pending
  }
  const done = await takeBackAndKeep(hands, pending)
  writeJournal(hands.host, site, { pending: undefined, kept: [...kept, done] })
  return done
}

/** The restore that is under way. */
export function pendingOf(host: Host, site: string): Transaction {
  const { pending } = readJournal(host, site)
  if (!pending) throw new Error(`${site}: no restore is under way`)
  return pending
}

type Commits = Needs<'host' | 'secrets' | 'site'> & Answered & { restoring: Restoring; scope: Scope }

/** The end of a restore that succeeded: what was live is now what is kept, and older keeps go. */
export const commit: Step<Commits, Pays<'commit'>> = {
  name: 'commit',
  title: 'Keep what was there',
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
        forgetFingerprint({ host, secrets, shell }, site.name)
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

/** Removes the traces of finished restores and the keeps whose time is over. Done again by every run until it worked. */
export async function tidy(hands: Hands, site: string): Promise<void> {
  const { host, shell } = hands
  const { pending, kept } = readJournal(host, site)
  const last = kept.findLast(one => one.task !== 'configuration')
  if (last && !last.tidied && last.database) {
    const { live, marker } = last.database
    await adminOf({ host, shell }).run(`DROP TABLE IF EXISTS ${quoteName(live)}.${quoteName(marker)};`)
  }
  for (const one of expired(kept, shell.now(), host.keepPrevious)) await forget(hands, one)
  const left = kept.filter(one => !expired(kept, shell.now(), host.keepPrevious).includes(one))
  writeJournal(host, site, { pending, kept: left.map(one => (one === last ? { ...one, tidied: true } : one)) })
}

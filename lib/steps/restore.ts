import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { SiteAnswer } from '../core/page.ts'
import type { Transaction } from '../core/restore-journal.ts'
import { blameText, printTime, type RestorePoint } from '../core/restore-point.ts'
import { counted } from '../core/wording.ts'
import type { Owes, Pays } from '../engine/recipe.ts'
import type { Hold, Step } from '../engine/step.ts'
import { httpCheck } from '../host/http-check.ts'
import { updateRecord } from '../host/records.ts'
import { giveRoomBack, type Looked, type Looks, lookAt, roomOrRefusal, takeRoom, unlessItFails } from '../restore/disk-space.ts'
import { removeFingerprint } from '../restore/fingerprint.ts'
import { pendingOf, readJournal, updatePending, workFolder, writeJournal } from '../restore/journal.ts'
import { refuse } from '../restore/place.ts'
import type { Proposal } from '../restore/proposal.ts'
import { type Scope, whatOf } from '../restore/recovery.ts'
import { exchangeAll, placeOfPath, siteExchanges } from '../restore/swap.ts'
import {
  type Guarded,
  NOT_GUARDED,
  putBackOrTell,
  type Restored,
  type RestoreTask,
  type Restoring,
  restoringOf,
  type Swapped,
  TO_PUT_BACK,
  tidy,
} from '../restore/transaction.ts'
import type { Needs } from '../store/facts.ts'

type Begins<Task> = Needs<'host' | 'secrets' | 'request' | 'site'> & {
  readonly point: { readonly time: number }
  /** The disks have room for such a restore. */
  readonly room: { readonly task: Task }
}

/**
 * One restore that is all or nothing (S24): it goes up with an entry in the journal, and unless it was committed it
 * comes down by putting back whatever it had moved and removing what it had made.
 */
export const restoreTransaction = <Task extends RestoreTask>(
  task: Task,
): Hold<Begins<Task>, { restoring: Restoring } & Guarded & Owes<'exchange' | 'commit'>> => ({
  name: 'restore',
  title: ({ site }) => `Restore ${site.name} beside the live site`,
  up: async ({ host, request, site, point }, shell) => {
    const restoring = restoringOf(host, site.name, shell.now())
    const begun = { restoring, ...NOT_GUARDED }
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
      databases: [],
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
    if (!request.dryRun && (await putBackOrTell({ host, secrets, shell }, site.name))) {
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
      `keep what was there in ${restoring.holding} until the next restore, ${counted(host.keepPrevious, 'day')} at most`,
      async () => {
        const { pending, kept } = readJournal(host, site.name)
        // an account that was made for the site belongs to it from here on
        const scratch = { ...pending!.scratch, accounts: [] }
        const done: Transaction = { ...pending!, scratch, phase: 'kept', startedAt: shell.now() }
        // the fingerprint of what was there: after a kill before the new one is taken, it would call the restore a
        // change by hand
        removeFingerprint({ host, secrets, shell }, site.name)
        writeJournal(host, site.name, { pending: undefined, kept: [...kept.filter(one => one.id !== done.id), done] })
        // a part of a set is not that set: a replica must not take it for replayed
        const restored = done.point !== undefined && isWhole ? { restoredFrom: done.point } : {}
        updateRecord(host, site.name, { ...restored, ...(done.task === 'replica' ? { backedUpAs: undefined } : {}) })
        // a replica is brought to the newest point; a primary has no lag
        if (site.role.role !== 'primary') shell.report({ site: site.name, lag: 0 })
        if (done.point !== undefined) shell.report({ site: site.name, restoredTo: done.point })
        await tidy({ host, secrets, shell }, site.name)
        const part = isWhole ? '' : `${whatOf(scope)} `
        const what = done.point === undefined ? 'the last restore was undone' : `${part}now as of ${printTime(done.point)}`
        const kind = done.task === 'replica' ? 'info' : 'significant'
        shell.note(kind, `${site.name}: ${what}; what it replaced is kept in ${restoring.holding}`)
      },
    )
    return {}
  },
}

/**
 * What was restored is ready to go live: files and database were checked, its marker says whose the site is, and what
 * is the system's was read while nobody else could reach it.
 */
type Staged = {
  restoring: Restoring
  scope: Scope
  restored: Restored
  databaseChecked: boolean
  markerSet: true
  proposal: Proposal | undefined
}

/**
 * Phase (e): what was restored and what is live change places: files by exchange, tables by one statement. Before the
 * first of them the journal says so; until the end everything can be put back.
 */
export const swapIn: Step<Needs<'host' | 'secrets' | 'site'> & Staged & Asked, Swapped & Pays<'exchange'>> = {
  name: 'swap',
  title: ({ site }) => `Swap in ${site.name}`,
  run: async ({ host, secrets, site, restoring, restored, scope }, shell) => {
    await shell.act(`exchange the live ${whatOf(scope)} of ${site.name} with what was restored`, async () => {
      const exchanges = siteExchanges(host, site, restoring, scope)
      // of a restore of the whole files the configuration that is live then was read while they were checked
      const named = restored.proof?.isGiven ? [] : restored.named
      await exchangeAll({ host, secrets, shell }, { ...pendingOf(host, site.name), exchanges }, scope.files ? named : undefined)
    })
    return { swapped: true }
  },
}

/**
 * Refuses a restore of files where something is mounted in what would be replaced: a mount moves along with the folder
 * around it, and what is on it would be held, and one day deleted, as if it were the site's former files. So is a path
 * that has no place any more. Looked at before anything is restored.
 */
export const refuseMounts: Step<Needs<'host' | 'site'> & { scope: Scope }, void> = {
  name: 'no-mounts',
  title: 'Check for mounts',
  run: async ({ host, site, scope }) => {
    for (const path of scope.paths) refuse(host, site.folder, join(site.folder, placeOfPath(host, site.folder, path)))
    if (scope.files) refuse(host, host.vhosts, site.folder)
  },
}

/**
 * Looks whether the disks have room for the restore before anything is fetched: the tree that is restored beside the
 * live one, the copy of the dump that is imported, and the database beside the live one. Single files and folders are
 * not reckoned with: nobody knows how large they are. The room is kept for it until its end, so that two at once do not
 * count on the same.
 * @param task a replica's database is often the one that is live already, and then not imported: for it the look before
 * the import is the only one
 */
export const restoreSpace = <Task extends RestoreTask>(task: Task): Hold<Looks & Needs<'site'>, Looked<Task>> => ({
  name: 'restore-space',
  title: 'Check disk space',
  up: async ({ host, secrets, site, siteArchive, point, scope }, shell) => {
    const looks = { host, secrets, siteArchive, point, scope }
    const isRecovery = task === 'recover'
    const seen = await takeRoom(site.name, () => unlessItFails(shell, () => lookAt(looks, host.vhosts, isRecovery, shell)))
    return { room: { ...roomOrRefusal(seen, isRecovery, shell), task } }
  },
  down: async ({ site }) => giveRoomBack(site.name),
})

/** The same for a restore into another folder, which imports nothing. */
export const checkSpaceElsewhere: Step<Looks & { into: string }, void> = {
  name: 'space-elsewhere',
  title: 'Check disk space',
  run: async (facts, shell) => {
    const seen = await unlessItFails(shell, () => lookAt(facts, facts.into, false, shell))
    roomOrRefusal(seen, true, shell)
  },
}

/**
 * Milliseconds for which PHP may go on with the code that it has in its cache: whoever asks earlier asks the former
 * site. `opcache.revalidate_freq`, 2 s as PHP is shipped, counts whole seconds, so that code which was looked at in the
 * last moment of one is served to the end of the second after the next.
 */
const CACHED = 3_100

/** What the site answered before it was exchanged; undefined where no HTTP check: no domain or `check` configured. */
export type Asked = { before: SiteAnswer | undefined }
/** What it answers now, where it was asked, and since when: it works as before, or whoever restores it insists. */
export type Answered = { after: SiteAnswer | undefined; askedAt: number | undefined }
/**
 * What is put in place stays there though the site works no more: a person said so, or it is known to be of a site that
 * did not work.
 */
export type Insisting = { insists: boolean }

/** Asks the site before anything of it is exchanged. */
export const httpCheckBefore: Step<Needs<'host' | 'site'>, Asked> = {
  name: 'http-check-before',
  title: 'HTTP check before the swap',
  run: async ({ host, site }, shell) => {
    const before = await httpCheck(host, site, shell.stop)
    shell.note('info', before ? before.said : 'no HTTP check: no domain or `check` configured')
    return { before }
  },
}

/** The backup that was restored; none where a restore is undone. */
type Restores = { readonly point: RestorePoint | undefined }

/**
 * Phase (g): a site that worked before and does not now is not what was wanted, unless somebody insists: failing here
 * puts everything back.
 */
export const httpCheckAfter: Step<Needs<'host' | 'site'> & Asked & Insisting & Swapped & Restores, Answered> = {
  name: 'http-check-after',
  title: 'HTTP check after the swap',
  run: async ({ host, site, before, insists, point }, shell) => {
    let after: SiteAnswer | undefined
    let askedAt: number | undefined
    await shell.act('check over HTTP that the site answers as before', async () => {
      if (!before) return
      await setTimeout(CACHED, undefined, { signal: shell.stop })
      askedAt = shell.now()
      after = await httpCheck(host, site, shell.stop)
      if (!after) return
      if (before.works && !after.works && !insists)
        throw new Error(`it answered ${before.said} before and ${after.said} after the restore${blameText(point)}`)
      const blame = after.works ? '' : blameText(point)
      shell.note(after.works || before.status === undefined ? 'info' : 'warning', `${after.said} (${before.said} before)${blame}`)
    })
    return { after, askedAt }
  },
}

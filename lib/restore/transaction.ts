import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { DatabaseAccess } from '../core/database-access.ts'
import { expired, type Transaction } from '../core/restore-journal.ts'
import { messageOf } from '../core/wording.ts'
import { adminOf, QueryFailed } from '../database/admin.ts'
import { quoteName } from '../database/sql.ts'
import type { HostContext } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import type { SumsAsMade } from './database-look.ts'
import { readJournal, workFolder, writeJournal } from './journal.ts'
import { tidyChanges } from './kept-changes.ts'
import type { TreeProof } from './proven-database.ts'
import { deleteKept, rollBack, rollBackAndKeep } from './rollback.ts'

/** A database of which the restored files have a dump. */
export interface RestoredDatabase {
  readonly access: DatabaseAccess
  /** It is the site's own one, and no further one. */
  readonly isOwn: boolean
  /** The dump's name in the companion folder. */
  readonly dump: string
  /** The tables in which alone it differs from the dump beside the live site; undefined where more differs. */
  readonly differing: readonly string[] | undefined
  /** The tables of the dump in which a visit to the live site can change what nobody looks at. */
  readonly unseen: readonly string[]
  /** The only tables that are brought back; all of them when absent. */
  readonly tables?: readonly string[]
  /** The database that it fills, and in which the former tables are afterwards; also the account while it does. */
  readonly staged: string
}

/** What the restored files say of the site: none for a static site, or where the database is not restored. */
export interface Restored {
  readonly databases: readonly RestoredDatabase[]
  /** All that the site names, whether they can be brought back here or not. */
  readonly named: readonly DatabaseAccess[]
  /** A database of SQLite is another file than the set has, the copy that was made of it before. */
  readonly isCopied: boolean
  readonly proof?: TreeProof
}

/** What was restored and what was live have changed places. */
export type Swapped = { swapped: true }

/** A restore at work: where it keeps what, and its names on the database server. */
export interface Restoring {
  readonly id: string
  /** The folder of its own on the site's file system. */
  readonly holding: string
  /** Where the restored tree is made, and where the former one is afterwards. */
  readonly tree: string
  /** How the databases that it fills are named: this, and with a number behind it. */
  readonly staged: string
}

/** What is known of the live site before it is replaced. */
export interface Guarded {
  /**
   * Names of the live databases that are what the last replay made them, byte for byte as far as checksums tell; none
   * as long as nobody looked.
   */
  readonly untouched: readonly string[]
  /** What the last imports made of its tables. */
  readonly asMade: SumsAsMade
}

/** What is known of a site that nobody looked at, or that is not what the last replay made it. */
export const NOT_GUARDED: Guarded = { untouched: [], asMade: {} }

/** Names a restore: short, unique on a host, and the site's by its hash. */
export function restoringOf(host: Host, site: string, now: number): Restoring {
  const id = now.toString(36)
  const holding = join(workFolder(host), encodeURIComponent(site), id)
  const hash = createHash('sha1').update(site).digest('hex').slice(0, 8)
  return { id, holding, tree: join(holding, 'tree'), staged: `hf_${hash}_${id}` }
}

/** What a restore is for: a site that was recovered is this host's own, a replica follows another's. */
export type RestoreTask = 'recover' | 'replica'

/** Seconds that putting a site back may take after a stop: more than usual, since what is left half-way waits. */
export const TO_PUT_BACK = 30

/** Seconds in which a service manager has started a server again that died, and the server has repaired itself. */
const COMES_BACK = 20

/**
 * Takes back a restore at its end, unless it was committed. A database server that died in the middle of the exchange
 * is waited for: without it the site is half what it was. Gives whether there was something to take back.
 * @throws saying how the site was left, until the next run goes on
 */
export async function putBackOrTell(context: HostContext, site: string): Promise<boolean> {
  const { host, shell } = context
  const end = performance.now() + 1000 * Math.min(COMES_BACK, host.deadlines.look)
  for (;;) {
    try {
      return await rollBackPending(context, site)
    } catch (error) {
      const { pending } = readJournal(host, site)
      if (!pending) throw error
      const isHalf = pending.phase === 'swapping'
      const isAway = error instanceof QueryFailed && error.isUnanswered && performance.now() < end
      if (shell.stop.aborted || !isHalf || !isAway) throw leftAs(site, isHalf, error)
      await setTimeout(1000, undefined, { signal: shell.stop }).catch(() => {}) // the next try is the last then
    }
  }
}

const leftAs = (site: string, isHalf: boolean, error: unknown): Error =>
  new Error(
    isHalf
      ? `${site} may be exchanged in part, until a run puts it back, which each tries before anything else: ${messageOf(error)}`
      : `${site} is as it was before; what was made beside it is removed by the next run that can: ${messageOf(error)}`,
    { cause: error },
  )

/** Takes back a site's restore that did not come to its end, if there is one. Gives whether there was. */
export async function rollBackPending(context: HostContext, site: string): Promise<boolean> {
  const { pending, kept } = readJournal(context.host, site)
  if (!pending) return false
  await rollBack(context, pending)
  writeJournal(context.host, site, { pending: undefined, kept })
  return true
}

/**
 * Rolls back what an earlier run left, if anything, and gives that restore; its phase is `kept` where what had been
 * live
 * meanwhile is kept.
 */
export async function rollBackTransaction(context: HostContext, site: string): Promise<Transaction | undefined> {
  const { pending, kept } = readJournal(context.host, site)
  if (pending?.task !== 'recover' || pending.phase !== 'swapping') {
    await rollBackPending(context, site)
    return pending
  }
  const done = await rollBackAndKeep(context, pending)
  writeJournal(context.host, site, { pending: undefined, kept: [...kept, done] })
  return done
}

/** Removes the traces of finished restores, and those that are past their time. Each run does it until it worked. */
export async function tidy(context: HostContext, site: string): Promise<void> {
  const { host, shell } = context
  const { pending, kept } = readJournal(host, site)
  const last = kept.findLast(one => one.task !== 'configuration')
  if (last && !last.tidied && last.databases.length > 0) {
    const marks = last.databases.map(({ live, marker }) => `${quoteName(live)}.${quoteName(marker)}`)
    await adminOf({ host, shell }).run(`DROP TABLE IF EXISTS ${marks.join(', ')};`)
  }
  for (const one of expired(kept, shell.now(), host.keepPrevious)) await deleteKept(context, one)
  await tidyChanges(context, site)
  const left = kept.filter(one => !expired(kept, shell.now(), host.keepPrevious).includes(one))
  const after = left.map(one => (one === last ? { ...one, tidied: true } : one))
  if (!isDeepStrictEqual(after, kept)) writeJournal(host, site, { pending, kept: after })
}

import { basename, dirname, join } from 'node:path'
import type { Transaction } from '../core/restore-journal.ts'
import { adminOf } from '../database/admin.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { HostContext } from '../host/site.ts'
import { readJournal, updatePending, writeJournal } from './journal.ts'
import { mountsIn } from './place.ts'
import { deleteKept } from './rollback.ts'
import type { Restoring } from './transaction.ts'

/** Beside a tree that a refresh has replaced: what is known of it. */
export const ABOUT = 'replaced.json'
const TAKEN = 'taken.json'

/** A tree that was taken. */
export interface Taken {
  /** The file that tells of it. */
  readonly about: string
  /** Removes what was kept with it, its database among it. */
  readonly clear: () => Promise<void>
}

/**
 * Takes the tree that the last refresh of a replica has replaced, to make the next one of it: most of its files are in
 * that too. A safety copy, and what has parts in force elsewhere, is left alone.
 * @returns undefined where there is none to take
 */
export async function takeReplaced(context: HostContext, site: string, restoring: Restoring): Promise<Taken | undefined> {
  const { host } = context
  const { pending, kept } = readJournal(host, site)
  const last = kept.findLast(one => one.task !== 'configuration')
  if (!pending || !last || !isTakeable(last)) return undefined
  const [holding = ''] = last.holdings
  using from = OpenedFolder.openIfThere(holding)
  if (!from?.look('tree') || !from.look(ABOUT) || mountsIn(host, holding).length > 0) return undefined
  if (last.scratch.databases.length > 0 && !(await doesAnswer(context))) return undefined
  // whatever ends this now, all of it is removed with what this restore holds
  const { holdings, scratch } = pending
  const both = {
    ...pending,
    holdings: [...holdings, ...last.holdings],
    scratch: { ...scratch, databases: last.scratch.databases },
  }
  writeJournal(host, site, { pending: both, kept: kept.filter(one => one !== last) })
  using into = OpenedFolder.open(restoring.holding)
  from.rename('tree', 'tree', into)
  from.rename(ABOUT, TAKEN, into)
  const clear = async (): Promise<void> => {
    using around = OpenedFolder.open(dirname(holding))
    around.removeAll(basename(holding))
    await deleteKept(context, last)
    updatePending(host, pending)
  }
  return { about: join(restoring.holding, TAKEN), clear }
}

/** Whether the database server does, without which what was kept cannot be removed. */
async function doesAnswer(context: HostContext): Promise<boolean> {
  try {
    await adminOf(context).rows('SELECT 1;')
    return true
  } catch {
    return false
  }
}

const isTakeable = ({ task, safety, holdings, exchanges }: Transaction): boolean =>
  task === 'replica' && safety === undefined && holdings.length === 1 && exchanges.length === 1

import { join } from 'node:path'
import { printTime, type RestorePoint } from '../core/restore-point.ts'
import { type Contents, coreRows, heldText, refusalOf } from '../core/shrinkage.ts'
import { amountIn } from '../core/tree-lines.ts'
import { listed } from '../core/wording.ts'
import { dumpContentsOf } from '../database/dump-size.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { Restored, Restoring } from '../restore/transaction.ts'
import { isSiteEmpty } from '../site/contents.ts'
import type { Needs } from '../store/facts.ts'
import { type Followed, rememberHeld } from './followed-backup.ts'
import type { ListedTree } from './list-restored.ts'
import type { Guarded } from './restore.ts'

type Checks = Needs<'host' | 'request' | 'site'> & Followed & ListedTree & { restoring: Restoring; point: RestorePoint }

/**
 * Counts what was restored, before any of it is put in place: a set that has less than half of what the replica has is
 * refused, whatever is written down of it beside the archive, which whoever made the set could have written too.
 */
export const checkContents: Step<Checks, { contents: Contents }> = {
  name: 'check-contents',
  title: 'Compare with the current replica',
  run: async ({ host, request, site, followed, restoring, lines, point }, shell) => {
    if (request.dryRun) return { contents: {} }
    const { rows } = (await dumpContentsOf(restoring.tree, shell)) ?? {}
    const isEmpty = isSiteEmpty(restoring.tree, site.folder)
    const contents = { ...amountIn(lines), isEmpty, ...(rows && { rows: coreRows(rows) }) }
    const reasons = refusalOf(followed.facts, contents, point.time)
    if (reasons.length === 0) return { contents }
    const held = { time: point.time, reasons, byOwner: false }
    await rememberHeld({ host, site }, readRecord(host, site.name), held, shell)
    const accept = request.command('nightly', '--site', site.name, '--accept-shrinkage')
    throw new Error(`the backup of ${printTime(point.time)} is not put in place: the replica ${heldText(held)}: ${accept}`)
  },
}

/** Remembers what the replica consists of now. */
export const rememberContents: Step<Needs<'host' | 'site'> & { contents: Contents }, void> = {
  name: 'remember-contents',
  title: 'Record its contents',
  run: async ({ host, site, contents }, shell) => {
    await shell.act('remember how much it is', () => updateRecord(host, site.name, { contents, held: undefined }))
    shell.report({ site: site.name, shrinkage: null })
  },
}

/** Applies when a live database is not known to be what the set's dump would make it, and gives those. */
export const databaseDiffers: Condition<{ restored: Restored } & Guarded, Pick<Restored, 'databases'>> = ({
  restored,
  untouched,
}) => {
  if (restored.databases.length === 0) return 'there is no database to bring back'
  const databases = restored.databases.filter(({ access, sameDump }) => !(sameDump && untouched.includes(access.database)))
  return databases.length === 0 ? 'the dump is the one that was imported last' : { databases }
}

type Keeps = Needs<'site'> & { restoring: Restoring; point: RestorePoint }

/**
 * Takes from the replica what the owner could not read when it made the set: the set is without it, as if it were
 * deleted, and it is not.
 * @throws when it is not known file by file what that was: the replica stays as it is then
 */
export const keepUnread: Step<Keeps, void> = {
  name: 'keep-unread',
  title: 'Keep files that the primary could not read',
  run: async ({ site, restoring, point }, shell) => {
    const { unread = [] } = point.set
    if (unread.length === 0 || !site.local) return
    if (unread.some(path => !isPath(path)))
      throw new Error(
        `much of ${site.name} could not be read when the backup of ${printTime(point.time)} was made: the replica stays as it is`,
      )
    const kept: string[] = []
    for (const path of unread) if (await keep(site.folder, restoring.tree, path, shell)) kept.push(path)
    shell.note('warning', `could not be read by its owner, and stays as it is here: ${listed(kept)}`)
  },
}

/** The list may be a stranger's. */
const isPath = (path: string): boolean => path !== '' && path.split('/').every(part => !['', '.', '..'].includes(part))

/**
 * Copies what is at a path of the live site into the tree; no link of either leads out of it. Gives whether it was
 * there.
 */
async function keep(live: string, tree: string, path: string, shell: Shell): Promise<boolean> {
  if (!isThere(live, path)) return false
  const copy = ['cp', '--archive', '--remove-destination', '--no-target-directory', join(live, path), join(tree, path)]
  const capabilities = ['CAP_DAC_OVERRIDE', 'CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID'] as const
  await shell.act`${sandboxed(copy, { reads: [live], writes: [tree], capabilities, noLinks: live })}`
  return true
}

function isThere(live: string, path: string): boolean {
  using site = OpenedFolder.open(live)
  const parts = path.split('/')
  if (parts.length === 1) return site.look(path) !== undefined
  using folder = site.plainFolder(parts.slice(0, -1).join('/'))
  return folder?.look(parts.at(-1)!) !== undefined
}

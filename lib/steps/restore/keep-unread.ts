import { join } from 'node:path'
import { printTime, type RestorePoint } from '../../core/restore-point.ts'
import { listed } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Step } from '../../engine/step.ts'
import { OpenedFolder } from '../../host/opened-folder.ts'
import { sandboxed } from '../../host/sandbox.ts'
import type { Restoring } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'

type Keeps = Needs<'site'> & { restoring: Restoring; point: RestorePoint }

/**
 * Takes from the replica what the owner could not read when it made the set: the set is without it, as if it were deleted, and it is not.
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

/** Copies what is at a path of the live site into the tree; no link of either leads out of it. Gives whether it was there. */
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

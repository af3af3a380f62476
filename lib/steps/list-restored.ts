import type { RestorePoint } from '../core/restore-point.ts'
import { changedAt, type TreeLines } from '../core/tree-lines.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { lookAtTree } from '../host/tree-look.ts'
import type { RestoreTask, Restoring } from '../restore/transaction.ts'
import { clearSetuidBits, DANGERS } from '../restore/untrusted-set.ts'
import type { Needs } from '../store/facts.ts'

/** What a restored tree consists of, while nobody else can enter it: what changes once it is live is seen by it. */
export type ListedTree = { readonly lines: TreeLines }

type LooksAt = Needs<'request'> & { restoring: Restoring; point: RestorePoint; madeOfLast?: TreeLines | undefined }

/** Looks what was restored, and takes from it what no site may have. Of a recovery it lists nothing else. */
export const lookAtRestored = (task: RestoreTask): Step<LooksAt, ListedTree> => ({
  name: 'list-files',
  title: task === 'replica' ? 'List the files' : 'Check for devices and setuid files',
  run: async ({ request, restoring: { tree }, point, madeOfLast }, shell) => {
    if (request.dryRun) return { lines: [] }
    // since it was made, files that the owner could not read or another marker may have come into it
    const isAsMade = madeOfLast && (point.set.unread ?? []).length === 0 && changedAt(madeOfLast) === changedNow(tree)
    const only = task === 'replica' ? [] : DANGERS
    const lines = isAsMade ? madeOfLast : await lookAtTree(tree, shell, only)
    return { lines: (await clearSetuidBits(tree, lines, shell)) ? await lookAtTree(tree, shell, only) : lines }
  },
})

function changedNow(tree: string): bigint {
  using folder = OpenedFolder.open(tree)
  return folder.changedNs()
}

import type { RestorePoint } from '../core/restore-point.ts'
import { changedAt, type TreeLines } from '../core/tree-lines.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { lookAtTree } from '../host/tree-look.ts'
import type { Restoring } from '../restore/transaction.ts'
import { clearSetuidBits } from '../restore/untrusted-set.ts'
import type { Needs } from '../store/facts.ts'

/** What a restored tree consists of, while nobody else can enter it: what changes once it is live is seen by it. */
export type ListedTree = { readonly lines: TreeLines }

type LooksAt = Needs<'request'> & { restoring: Restoring; point: RestorePoint; madeOfLast?: TreeLines | undefined }

/** Looks what was restored, and takes from it what no site may have. */
export const lookAtRestored: Step<LooksAt, ListedTree> = {
  name: 'list-files',
  title: 'List the files',
  run: async ({ request, restoring: { tree }, point, madeOfLast }, shell) => {
    if (request.dryRun) return { lines: [] }
    // since it was made, files that the owner could not read or another marker may have come into it
    const isAsMade = madeOfLast && (point.set.unread ?? []).length === 0 && changedAt(madeOfLast) === changedNow(tree)
    return { lines: await clearSetuidBits(tree, isAsMade ? madeOfLast : await lookAtTree(tree, shell), shell) }
  },
}

function changedNow(tree: string): bigint {
  using folder = OpenedFolder.open(tree)
  return folder.changedNs()
}

import type { RestorePoint } from '../core/restore-point.ts'
import { changedAt, type TreeLines } from '../core/tree-lines.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { lookAtTree } from '../host/tree-look.ts'
import type { Restoring } from '../restore/transaction.ts'
import { clearSetuidBits, DANGERS } from '../restore/untrusted-set.ts'
import type { Needs } from '../store/facts.ts'

/** What a restored tree consists of, while nobody else can enter it: what changes once it is live is seen by it. */
export type ListedTree = { readonly lines: TreeLines }

/**
 * What the tree consisted of when it was made of the replica's last one, which nobody had changed; undefined when it
 * was restored whole.
 */
export type MadeOfLast = { readonly madeOfLast: TreeLines | undefined }

type Restored = Needs<'request'> & { restoring: Restoring; point: RestorePoint }

/** Takes from a recovered tree what no site may have; it lists nothing else. */
export const lookAtRecovered: Step<Restored, ListedTree> = {
  name: 'list-dangers',
  title: 'Check for devices and setuid files',
  run: async (facts, shell) => await lookAt(facts, undefined, DANGERS, shell),
}

/** The same of a replica's, and all that is in it. */
export const lookAtReplica: Step<Restored & MadeOfLast, ListedTree> = {
  name: 'list-files',
  title: 'List the files',
  run: async (facts, shell) => await lookAt(facts, facts.madeOfLast, [], shell),
}

async function lookAt(
  { request, restoring: { tree }, point }: Restored,
  madeOfLast: TreeLines | undefined,
  only: readonly string[],
  shell: Shell,
): Promise<ListedTree> {
  if (request.dryRun) return { lines: [] }
  // since it was made, files that the owner could not read or another marker may have come into it
  const isAsMade = madeOfLast && (point.set.unread ?? []).length === 0 && changedAt(madeOfLast) === changedNow(tree)
  const lines = isAsMade ? madeOfLast : await lookAtTree(tree, shell, only)
  return { lines: (await clearSetuidBits(tree, lines, shell)) ? await lookAtTree(tree, shell, only) : lines }
}

function changedNow(tree: string): bigint {
  using folder = OpenedFolder.open(tree)
  return folder.changedNs()
}

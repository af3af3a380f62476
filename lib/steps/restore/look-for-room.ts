import type { Step } from '../../engine/step.ts'
import { type Looked, type Looks, lookAt, tell, unlessItFails } from '../../restore/disk-space.ts'
import type { RestoreTask } from '../../restore/transaction.ts'

/**
 * Looks whether the disks have room for the restore before anything is fetched: the tree that is restored beside the live one, the copy of the dump that is imported, and the
 * database beside the live one. Single files and folders are not reckoned with: nobody knows how large they are.
 * @param task a replica's database is often the one that is live already, and then not imported: for it the look before the import is the only one
 */
export const checkRestoreSpace = <Task extends RestoreTask>(task: Task): Step<Looks, Looked<Task>> => ({
  name: 'restore-space',
  title: 'Check disk space',
  run: async ({ host, secrets, siteArchive, point, scope }, shell) => {
    const looks = { host, secrets, siteArchive, point, scope }
    const isRecovery = task === 'recover'
    const seen = await unlessItFails(shell, () => lookAt(looks, host.vhosts, isRecovery, shell))
    return { room: { ...tell(seen, isRecovery, shell), task } }
  },
})

/** The same for a restore into another folder, which imports nothing. */
export const checkSpaceElsewhere: Step<Looks & { into: string }, void> = {
  name: 'restore-space',
  title: 'Check disk space',
  run: async (facts, shell) => {
    const seen = await unlessItFails(shell, () => lookAt(facts, facts.into, false, shell))
    tell(seen, true, shell)
  },
}

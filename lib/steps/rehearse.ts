import { type Rehearsal, rehearsalText } from '../core/move.ts'
import { newestRestorePoint } from '../core/restore-point.ts'
import { administrator } from '../database/client.ts'
import { isOnOwnServer } from '../database/own-server.ts'
import { backupWords } from '../duplicity/args.ts'
import { duplicityCall, targetOf } from '../duplicity/io/call.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Hold } from '../engine/step.ts'
import { removeScratch } from '../host/scratch.ts'
import { type HostContext, type Site, siteDeadline } from '../host/site.ts'
import { accessesOf, databasesIn } from '../restore/database-access.ts'
import { questionInSandbox } from '../restore-test/question.ts'
import { testRestore } from '../restore-test/test-restore.ts'
import type { Needs } from '../store/facts.ts'

/** Applies to a dry run: all of the move is tried that changes nothing. */
export const isRehearsal: Condition<Needs<'request'>, object> = ({ request }) => (request.dryRun ? {} : 'it is no dry run')

type Rehearses = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'collection'>

/**
 * The whole move with the newest backup, in a sandbox. It dumps the databases into nothing, has duplicity look what
 * it would send, restores the newest backup into a sandbox and asks it there: so long as that takes, the move would. A
 * hold, since a dry run's steps only describe what they would do.
 */
export const rehearse: Hold<Rehearses, { rehearsed: true }> = {
  name: 'rehearse',
  title: ({ site }) => `Rehearse the move of ${site.name}`,
  up: async (facts, shell) => {
    const { host, secrets, site, collection } = facts
    const point = newestRestorePoint(collection)
    if (!point) throw new Error(`${site.name} has no backup yet that could be restored`)
    const dumped = await secondsOf(() => dumpIntoNothing({ host, secrets, shell }, site))
    const backedUp = await secondsOf(() => lookWhatToSend(facts, shell))
    const question = questionInSandbox(host, site)
    const test = await testRestore({ ...facts, point }, { question, judge: undefined }, siteDeadline(facts).seconds, shell)
    const { works, said, restored, imported = 0 } = test!
    if (restored === undefined) throw new Error(`the newest backup cannot be restored: ${said}`)
    if (!works) shell.note('warning', `in a sandbox of this host the newest backup does not work: ${said}`)
    tell({ dumped, backedUp, restored, imported }, shell)
    return { rehearsed: true }
  },
  down: async ({ host }) => removeScratch(host),
}

function tell(rehearsal: Rehearsal, shell: Shell): void {
  shell.note('significant', rehearsalText(rehearsal))
  shell.note('info', 'as measured on this host: a dump, a backup of nothing new, and a restore of all of the newest backup')
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** A database of another server is left out: how long that needs is not this host's to say. */
async function dumpIntoNothing(context: HostContext, site: Site): Promise<void> {
  const { host, shell } = context
  const { words } = administrator({ host, shell })
  for (const access of accessesOf(await databasesIn(context, site, site.folder))) {
    if (access.address.kind !== 'default' && !(await isOnOwnServer(context, access))) continue
    const dump = words(host.database.dumpProgram, [
      '--single-transaction',
      '--quick',
      '--skip-lock-tables',
      '--',
      access.database,
    ])
    await shell.with({ timeout: host.deadlines.dump }).act`sh -c ${'exec "$@" >/dev/null'} dump ${dump}`
  }
}

/** Duplicity reads what has changed, as for a backup, and sends nothing. */
async function lookWhatToSend({ host, secrets, site, siteArchive }: Rehearses, shell: Shell): Promise<void> {
  const target = targetOf(host, site.name, siteArchive, 'backup')
  const { exclude, excludeFrom } = site.settings
  const source = { source: site.folder, volumeSize: host.duplicity.volumeSize, exclude, excludeFrom, otherHost: true }
  const words = backupWords({ ...target, kind: 'incremental', ...source })
  const sandbox = { reads: [site.folder, ...(excludeFrom === undefined ? [] : [excludeFrom])], noLinks: site.folder }
  await using call = await duplicityCall({ host, secrets, target, archive: siteArchive, access: 'reads', sandbox }, shell)
  await call.shell.act`${call.sandboxed([...words.slice(0, 2), '--dry-run', ...words.slice(2)])}`
}

import type { DatabaseAccess } from '../../core/database-access.ts'
import { messageOf } from '../../core/message.ts'
import type { Transaction } from '../../core/restore-journal.ts'
import { counted } from '../../core/wording.ts'
import type { Condition, Step } from '../../engine/step.ts'
import type { HostContext } from '../../host/host-context.ts'
import { accessFrom } from '../../restore/database-access.ts'
import { differences, readFingerprint, takeFingerprint, writeFingerprint } from '../../restore/fingerprint.ts'
import { pendingOf, readJournal, updatePending } from '../../restore/journal.ts'
import type { Restored, Restoring } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'
import type { Guarded } from './transaction.ts'

type ChecksChanges = Needs<'host' | 'secrets' | 'site'> & { restoring: Restoring }

/** Looks whether somebody changed the replica since it was put in place. What was changed is kept as a safety copy, and the report says so, before it is replaced. */
export const checkLocalChanges: Step<ChecksChanges, Guarded> = {
  name: 'local-changes',
  title: 'Check for local changes',
  run: async ({ host, secrets, site }, shell) => {
    const context = { host, secrets, shell }
    const was = readFingerprint(context, site.name)
    if (!site.local) return { databaseUntouched: false }
    if (!was) {
      // a host that was renamed, or comes back after others took over: what it has may be newer than any backup (S4)
      const last = readJournal(host, site.name).kept.findLast(one => one.task !== 'configuration')?.task
      await keepAsSafetyCopy(context, site.name, last ? NOT_REMEMBERED[last] : 'was not put here by a replay')
      return { databaseUntouched: false }
    }
    const { files, tables } = differences(
      was,
      await takeFingerprint(context, site.folder, await readableAccess(context, site.name, site.folder)),
    )
    if (files.length === 0 && tables.length === 0) return { databaseUntouched: Object.keys(was.tables).length > 0 }
    const what = [
      ...(files.length > 0 ? [`${counted(files.length, 'file')} (${some(files)})`] : []),
      ...(tables.length > 0 ? [`in the database ${some(tables)}`] : []),
    ].join(' and ')
    await keepAsSafetyCopy(context, site.name, `was changed here since the last replay: ${what}`, `changed by hand: ${what}`)
    return { databaseUntouched: tables.length === 0 && Object.keys(was.tables).length > 0 }
  },
}

/** What is known of a replica without a fingerprint, by what was done to it last. */
const NOT_REMEMBERED: Record<Transaction['task'], string> = {
  configuration: 'was not put here by a replay',
  replica: 'was put here by a replay that was cut off before it could remember how the site looked',
  recover: 'was put here by a recovery, not by a replay',
  undo: 'was put back here by an undo, not by a replay',
}

async function keepAsSafetyCopy({ host, shell }: HostContext, site: string, what: string, safety = what): Promise<void> {
  await shell.act(`keep ${site} as it is now as a safety copy for ${host.keepPrevious} days`, () => {
    updatePending(host, { ...pendingOf(host, site), safety })
  })
  shell.note('significant', `${site} ${what}; kept as a safety copy for ${host.keepPrevious} days`)
}

const some = (names: readonly string[]): string => [...names.slice(0, 5), ...(names.length > 5 ? ['…'] : [])].join(', ')

/** A configuration that somebody broke by hand is a change like any other. */
async function readableAccess(context: HostContext, site: string, folder: string): Promise<DatabaseAccess | undefined> {
  try {
    return await accessFrom(context, site, folder)
  } catch (error) {
    context.shell.note('info', messageOf(error))
    return undefined
  }
}

/** Applies when the live database is not known to be what the set's dump would make it. */
export const databaseDiffers: Condition<{ restored: Restored } & Guarded, { access: DatabaseAccess }> = ({
  restored,
  databaseUntouched,
}) => {
  if (restored.access === undefined) return 'there is no database to bring back'
  if (databaseUntouched && restored.sameDump) return 'the dump is the one that was imported last'
  return { access: restored.access }
}

/** Remembers how the replica looks now. */
export const rememberReplica: Step<Needs<'host' | 'secrets' | 'site'>, void> = {
  name: 'remember',
  title: 'Record the state of the replica',
  run: async ({ host, secrets, site }, shell) => {
    await shell.act(`take the fingerprint of ${site.name}`, async () => {
      const context = { host, secrets, shell }
      writeFingerprint(
        context,
        site.name,
        await takeFingerprint(context, site.folder, await readableAccess(context, site.name, site.folder)),
      )
    })
  },
}

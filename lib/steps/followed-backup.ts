import { isKnownBroken, newestRestorePoint, printTime, type RestorePoint, restorePoints } from '../core/restore-point.ts'
import { chooseForReplica, heldText, type ReplicaFacts } from '../core/shrinkage.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readRecord, type SiteRecord, updateRecord } from '../host/records.ts'
import { type Scope, WHOLE } from '../restore/recovery.ts'
import type { Needs } from '../store/facts.ts'
import type { Insisting } from './restore.ts'
import { isIncomplete } from './save-configuration.ts'
import { acceptAfterOf, recordsOrNone, type ShrinkageRequest } from './verify.ts'

/** The backup that a replica may follow, if there is any, and by what that was decided. */
export interface Followed {
  readonly followed: { readonly point: RestorePoint | undefined; readonly facts: ReplicaFacts }
}

type Chooses = Needs<'host' | 'site' | 'siteArchive' | 'collection'> & ShrinkageRequest

/**
 * Chooses the backup that a replica follows: the newest, unless the site has shrunk in it and nobody has confirmed
 * that.
 */
export const chooseNewest: Step<Chooses, Followed> = {
  name: 'choose-newest',
  title: ({ site }) => `Choose the backup for the replica of ${site.name}`,
  run: async ({ host, site, siteArchive, collection, acceptShrinkage }, shell) => {
    const known = readRecord(host, site.name)
    const facts = {
      points: restorePoints(collection),
      records: await recordsOrNone(siteArchive, shell),
      restoredFrom: site.local && known.restoredFrom,
      contents: known.contents,
      heldSince: known.held?.byOwner === false ? known.held.since : undefined,
      now: shell.now(),
      acceptAfter: acceptAfterOf(host),
      isAccepted: acceptShrinkage,
    }
    const { point, held } = chooseForReplica(facts)
    const isUpToDate = point !== undefined && point.time === facts.restoredFrom
    // what was found in the files themselves is settled by the restore that finds it no more
    if (held !== undefined || known.held?.byOwner || isUpToDate) await rememberHeld({ host, site }, known, held, shell)
    return { followed: { point, facts } }
  },
}

/** A replica is behind when the backup that it may follow was not replayed here yet (S22). */
export const isBehind: Condition<
  Needs<'host' | 'site' | 'collection'> & Followed,
  { point: RestorePoint; scope: Scope } & Insisting
> = ({ host, site, collection, followed: { point } }) => {
  const newest = newestRestorePoint(collection)
  if (!newest) return 'the archive holds no backup yet'
  if (!point) return `the backup of ${printTime(newest.time)} is not followed, and there is none before it`
  if (readRecord(host, site.name).restoredFrom !== point.time || !site.local)
    return { point, scope: WHOLE, insists: isKnownBroken(point) }
  const isNewest = point.time === newest.time
  return `the ${isNewest ? 'newest' : 'last'} backup${isNewest ? '' : ' that it may follow'}, of ${printTime(point.time)}, is here already`
}

/** Remembers that a replica stays behind, or does no more. */
export async function rememberHeld(
  { host, site }: Needs<'host' | 'site'>,
  known: SiteRecord,
  held: Omit<NonNullable<SiteRecord['held']>, 'since'> | undefined,
  shell: Shell,
): Promise<void> {
  const since = held && known.held?.byOwner === held.byOwner ? known.held.since : shell.now()
  if (held !== undefined || known.held !== undefined)
    await shell.act('record whether the replica stays behind', () =>
      updateRecord(host, site.name, { held: held && { ...held, since } }),
    )
  if (held) shell.note('info', heldText(held))
  shell.report({ site: site.name, shrinkage: held ? heldText(held) : null })
}

/** Applies to a replica of which certificates or configuration are not in force yet, and will not be replaced now. */
export const isReplicaIncomplete: Condition<Needs<'host' | 'site' | 'collection'> & Followed, object> = facts =>
  typeof isBehind(facts) === 'string' ? isIncomplete(facts) : 'a newer backup is about to be put in place'

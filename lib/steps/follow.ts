import { isKnownBroken, newestRestorePoint, printTime, type RestorePoint, restorePoints } from '../core/restore-point.ts'
import { chooseForReplica, heldText, type ReplicaFacts } from '../core/shrinkage.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readRecord, type SiteRecord, updateRecord } from '../host/records.ts'
import { type Scope, WHOLE } from '../restore/recovery.ts'
import { isLeft } from '../site/dns.ts'
import { copyMode, isLent, lendRights, type ModeChange, modeRecords, readSiteMode, setSiteMode } from '../site-mode/mode.ts'
import type { Needs } from '../store/facts.ts'
import type { Insisting } from './restore.ts'
import { isIncomplete } from './save.ts'
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

type Guards = Needs<'host' | 'secrets' | 'site'>

async function guard({ host, secrets, site }: Guards, shell: Shell): Promise<ModeChange> {
  // one that moves is frozen, or shows the new host: that is more
  const { kind } = readSiteMode({ host }, site)
  if (kind === 'frozen' || (kind === 'forward' && !(await isForwardedInVain({ host, site }, shell)))) return { guarded: true }
  return await setSiteMode({ host, secrets, shell }, site, copyMode(host, site))
}

/** For so long others may remember what DNS said before; ms. */
const REMEMBERED = 20 * 3_600_000

/** Whether DNS sends nobody here any more who would be forwarded, and did not the night before. */
async function isForwardedInVain({ host, site }: Needs<'host' | 'site'>, shell: Shell): Promise<boolean> {
  const known = modeRecords.read(host, site.name)
  if (!known) return false
  const since = (await isLeft({ host, shell }, site)) ? (known.leftSince ?? shell.now()) : undefined
  if (since !== undefined && shell.now() - since >= REMEMBERED) {
    shell.note('significant', `${site.name} is forwarded no more: DNS sends nobody here`)
    return true
  }
  if (since !== known.leftSince)
    await shell.act('remember whether DNS sends visitors here', () =>
      modeRecords.write(host, site.name, { ...known, leftSince: since }),
    )
  return false
}

function reportUnguarded({ guarded, why, isOpen }: ModeChange, shell: Shell): void {
  if (guarded && why !== undefined) shell.note('warning', `the replica is read-only, but ${why}`)
  if (!guarded)
    shell.note(isOpen ? 'problem' : 'warning', `the replica is not read-only, and mail and orders from it would be real: ${why}`)
}

/** Puts the guard of a replica in force before it is replaced, and keeps it so: it never acts on the world (S43). */
export const guardReplica: Step<Guards, void> = {
  name: 'guard',
  title: ({ site }) => `Guard the replica of ${site.name}`,
  run: async (facts, shell) => {
    const change = await guard(facts, shell)
    // of one that is not here yet there is nothing to be asked
    if (facts.site.local) reportUnguarded(change, shell)
  },
}

/** Until this host owns a site that it takes over, nobody writes to it here or is sent on to the former owner. */
export const keepReadOnly: Step<Guards, void> = {
  name: 'keep-read-only',
  title: ({ site }) => `Keep ${site.name} read-only until it is claimed`,
  run: async ({ host, secrets, site }, shell) => {
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, copyMode(host, site))
    if (!guarded && site.local) shell.note('warning', `visitors may write to ${site.name} here before it is claimed: ${why}`)
  },
}

/** Gives the accounts of a replica that may only read their rights for a restore. */
export const lendForRestore: Step<Guards, void> = {
  name: 'lend-rights',
  title: ({ site }) => `Grant the accounts of ${site.name} their rights for the restore`,
  run: async ({ host, secrets, site }, shell) => await lendRights({ host, secrets, shell }, site),
}

/** Applies to a replica that was not here before this run, or whose accounts were lent their rights in it. */
export const isNotProven: Condition<Needs<'host' | 'site'>, object> = ({ host, site }) =>
  site.local && !isLent({ host }, site) ? 'no change' : {}

/** Proves the guard of a replica that is here now. */
export const proveGuard: Step<Guards, void> = {
  name: 'prove-guard',
  title: ({ site }) => `Check that the replica of ${site.name} is read-only`,
  run: async (facts, shell) => reportUnguarded(await guard(facts, shell), shell),
}

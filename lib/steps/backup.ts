import { formatAge } from '../core/age.ts'
import { planBackup } from '../core/backup-plan.ts'
import { type BackupSet, bytesAdded, type Collection, isWhole, newestSet, primaryChain } from '../core/collection.ts'
import { meaningOf } from '../core/damage.ts'
import { chainsOwnSince } from '../core/epoch.ts'
import type { SetRecord } from '../core/set-record.ts'
import { isAllRead, pathsToRecord, type Skipped, type Unread, unreadText } from '../core/unread.ts'
import { counted, diskTrouble, formatBytes, messageOf } from '../core/wording.ts'
import { backupWords } from '../duplicity/args.ts'
import { isOfThisHost } from '../duplicity/errors.ts'
import { duplicityCall, logOf, targetOf } from '../duplicity/io/call.ts'
import { knownIn, readCollection } from '../duplicity/io/collection.ts'
import { markEncryption } from '../duplicity/io/encryption.ts'
import { patternsOf } from '../duplicity/io/exclusions.ts'
import { withVolumeProgress } from '../duplicity/io/progress.ts'
import { readBack, rememberFiles } from '../duplicity/io/read-back.ts'
import { repairChain } from '../duplicity/io/repair-chain.ts'
import { resolveUnfinished } from '../duplicity/io/unfinished-set.ts'
import { withdrawIfLost } from '../duplicity/io/withdraw.ts'
import { metadataNames, storedFiles } from '../duplicity/known-files.ts'
import { changedBytesIn, errorsIn } from '../duplicity/log.ts'
import { isLeftOut } from '../duplicity/selection.ts'
import type { Owes, Pays } from '../engine/recipe.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import type { Place, Sandbox } from '../host/sandbox.ts'
import { makeScratch } from '../host/scratch.ts'
import type { PrimarySite, Site } from '../host/site.ts'
import { rememberOrTell } from '../host/state.ts'
import { readableAgain, unreadFiles } from '../host/unread-files.ts'
import { needsOf, treeSizeOf } from '../site/contents.ts'
import { siteReport } from '../site/report.ts'
import { compressionFor } from '../site/sample.ts'
import { copiesOf, type Listed, rememberTree } from '../site/tree.ts'
import { assertNotFull, recheckArchive } from '../store/archive.ts'
import { prepareReader } from '../store/archive-reader.ts'
import { filesKnownHere } from '../store/audited-files.ts'
import { checkStillOwner } from '../store/epochs.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import { sealSets } from '../store/seals.ts'
import { recordSet } from '../store/set-records.ts'
import { filesOfSite } from '../store/share-files.ts'

const SECOND = 1000

type BackupNeeds = Needs<
  'host' | 'secrets' | 'archive' | 'writer' | 'ownership' | 'siteArchive' | 'collection' | 'limits' | 'freeSpace' | 'encryption'
> & { site: PrimarySite }

/** What lies beside the files is to be in the same set. */
type Saved = Needs<'databaseSaved' | 'certificatesSaved' | 'webServerSaved'> & Listed

/** Bytes of files that duplicity would overlook, up to which they are copied for it. */
const MOST_COPIED = 1_000_000_000

/**
 * Appends one set to the site's archive (S13): all of the site's folder, less the exclusions. The one duplicity call of
 * a site's night.
 */
export const backup: Step<BackupNeeds & Saved, Needs<'collection'> & Made & Owes<'reading back'>> = {
  name: 'backup',
  title: ({ site }) => `Back up ${site.name}`,
  run: async (facts, shell) => {
    try {
      return await addSet(facts, shell)
    } catch (error) {
      const collection = await repairChain(facts, error, shell)
      if (!collection) throw error
      shell.note('info', `it is tried again: ${messageOf(error)}`)
      return await addSet({ ...facts, collection }, shell)
    }
  },
}

async function addSet(facts: BackupNeeds & Listed, shell: Shell): Promise<Needs<'collection'> & Made> {
  await checkStillOwner(facts.siteArchive, facts.host, shell)
  const { host, secrets, site, siteArchive, limits, freeSpace, encryption, ownership, tree } = facts
  const { overlooked = [], overlookedBytes = 0 } = tree?.change ?? {}
  const isTooMuch = overlookedBytes > MOST_COPIED
  const collection = await resolveUnfinished(facts, shell)
  const plan = planBackup({
    collection,
    frequencySeconds: limits.frequencySeconds,
    now: shell.now(),
    fullBackups: freeSpace.fullBackups,
    encryptedSince: encryption.since,
    ownSince: chainsOwnSince(ownership.epoch),
    readableAgain: await readableAgain(site.folder, readRecord(host, site.name).torn ?? [], host.deadlines.duplicity, shell),
    overlooked: isTooMuch ? `an incremental would miss what changed in ${counted(overlooked.length, 'file')}` : undefined,
  })
  if (plan.kind === 'none') throw new Error(plan.reason)
  shell.note(plan.kind === 'full' ? 'significant' : 'info', `${plan.kind} backup: ${plan.reason}`)
  const before = newestSet(collection)
  if (before === undefined) await filesOfSite(siteArchive, shell.quick)?.makeFolder()
  // which proves again that this is the archive: a share can go away in the middle of a run
  await checkStillOwner(siteArchive, host, shell)
  // sets are told apart by the second in which they are begun
  if (before !== undefined && shell.now() - before.time < SECOND) await shell.act`sleep 1`
  const compression = await compressionFor(
    host,
    site,
    { tree, isNewChain: plan.kind === 'full' && collection.partial.length === 0 },
    shell,
  )
  const target = { ...targetOf(host, site.name, siteArchive, 'backup'), compression }
  const words = backupWords({
    ...target,
    kind: plan.kind,
    source: site.folder,
    volumeSize: host.duplicity.volumeSize,
    exclude: site.settings.exclude,
    excludeFrom: site.settings.excludeFrom,
    otherHost: before !== undefined && readRecord(host, site.name).backedUpTo !== before.time,
  })
  await using scratch = makeScratch(host)
  const copies: Place[] = []
  if (plan.kind === 'incremental' && !isTooMuch && overlooked.length > 0)
    await shell.act(`copy ${counted(overlooked.length, 'file')} with a later time, which only this backup sees`, async () => {
      copies.push(...(await copiesOf(site, overlooked, scratch.path, MOST_COPIED)))
    })
  const sandbox = seeing(site, copies)
  if (siteArchive.folder !== undefined) prepareReader(siteArchive.folder, shell)
  await using call = await duplicityCall({ host, secrets, target, archive: siteArchive, access: 'writes', sandbox }, shell)
  await withVolumeProgress(
    siteArchive.folder,
    { collection, kind: plan.kind },
    shell,
    () => call.shell.act`${call.sandboxed(words)}`,
  ).catch(async error => {
    if (shell.stop.aborted || isOfThisHost(error) || diskTrouble(error) !== undefined) throw error
    await recheckArchive(siteArchive, shell) // that a share went away says more than that its files did
    await assertNotFull(siteArchive, host, error, shell)
    throw error
  })
  const unread = await reportUnread(site, call.skipped(), target.logFile, shell)
  let made: (Needs<'collection'> & Made) | undefined
  await shell.act('look for the new set and remember it', async () => {
    await withdrawIfLost({ host, site, siteArchive, collection }, shell)
    const found = await lookForSet(facts, { before, unread }, target.logFile, shell)
    made = found
    const later = plan.kind === 'full' ? [] : overlooked
    const isKnown = isAllRead(unread) && later.length === copies.length
    rememberOrTell(shell, 'this host cannot remember what the site consists of', () =>
      rememberTree(host, site, found.made.set.time, isKnown ? tree : undefined, later),
    )
  })
  return made ?? { collection, made: undefined }
}

/**
 * Names what could not be read, and says that the site is not well: a backup without it is none that can be relied on.
 */
async function reportUnread(site: Site, skipped: readonly Skipped[], logFile: string, shell: Shell): Promise<Unread> {
  const patterns = patternsOf(site)
  const isExcluded = (path: string): boolean => isLeftOut(patterns, path, true)
  const counted = errorsIn(logOf({ logFile }))
  const unread = await unreadFiles(site.folder, skipped, counted, isExcluded, shell)
  for (const { text } of skipped) shell.note('info', text)
  if (!isAllRead(unread)) shell.note('problem', unreadText(unread))
  return unread
}

async function lookForSet(
  facts: BackupNeeds,
  { before, unread }: { readonly before: BackupSet | undefined; readonly unread: Unread },
  logFile: string,
  shell: Shell,
) {
  const { host, site } = facts
  const collection = await readCollection(facts, shell)
  const set = newestSet(collection)
  if (!set || set.time === before?.time)
    throw new Error('duplicity said that it was done, but there is no new set in the archive')
  if (facts.siteArchive.folder !== undefined) shell.transferred({ written: bytesAdded(facts.collection, collection) })
  const torn = set.kind === 'full' ? unread.torn : [...new Set([...(readRecord(host, site.name).torn ?? []), ...unread.torn])]
  const record = { backedUpTo: set.time, backedUpAs: host.name, torn }
  rememberOrTell(shell, 'the backup is made, but this host cannot remember it', () => updateRecord(host, site.name, record))
  shell.report({ ...siteReport({ ...facts, collection }, shell.now()), backedUp: set.kind, setBytes: set.bytes })
  const after = before ? `, ${formatAge(set.time - before.time)} after the last` : ''
  const changed = changedBytesIn(logOf({ logFile }))
  const from = changed === undefined ? '' : ` from ${formatBytes(changed)} of changes`
  shell.note('info', `${set.kind} set of ${formatBytes(set.bytes)}${from}${after}`)
  // after that is reported: a stop while it waits for the share takes nothing from the backup
  return {
    collection,
    made: {
      set,
      record: {
        host: host.name,
        epoch: facts.ownership.epoch?.number,
        ...(await treeSizeOf(host, site, logFile, shell)),
        needs: site.isDesktop ? undefined : needsOf(host, site),
        unread: pathsToRecord(unread),
      },
    },
  }
}

/** The site is there to be read, whoever owns its files, and by no link that somebody puts into it meanwhile. */
function seeing({ folder, settings }: Site, copies: readonly Place[]): Sandbox {
  const exclusions = settings.excludeFrom === undefined ? [] : [settings.excludeFrom]
  // of a whole machine everything is seen anyway, and without links it has no programs
  return { reads: [folder, ...exclusions, ...copies], ...(folder === '/' ? {} : { noLinks: folder }) }
}

/** What a backup made: undefined in a dry run. */
export interface Made {
  readonly made: { readonly set: BackupSet; readonly record: Omit<SetRecord, 'time'> } | undefined
}

type ReadBackNeeds = LookNeeds & Needs<'collection' | 'limits' | 'encryption' | 'freeSpace'> & Made

/**
 * Reads the manifest and the signatures of the set that was just made back from the archive, compares them with what
 * was made, and writes down what its files are: on this host and beside the set. Its volumes are known by their sizes
 * now; their hashes are compared by the audit, which reads new ones first.
 */
export const readBackSet: Step<ReadBackNeeds, Needs<'collection'> & Pays<'reading back'>> = {
  name: 'read-back',
  title: 'Read back the new set',
  run: async (facts, shell) => {
    const { host, site, siteArchive, collection, made } = facts
    if (!made || siteArchive.folder === undefined) return { collection }
    await checkStillOwner(siteArchive, host, shell)
    const known = await knownIn(facts, collection, shell)
    const names = metadataNames(made.set)
    const { news, listed } = await readBack(facts, names, { known, listed: collection }, shell)
    const after = await rememberFiles(facts, { known, news, listed, collection }, shell)
    const stored = storedFiles(newestSet(listed) ?? made.set, news)
    await recordSet(siteArchive, made.set.time, { ...made.record, stored }, shell, { present: after })
    await sealSets({ ...facts, collection: after }, filesKnownHere(host, site.name, shell), shell)
    await markEncryption({ ...facts, collection: after }, shell)
    const found = after.damages?.filter(({ set }) => set === made.set.time) ?? []
    for (const damage of found) shell.note('warning', `${damage.text}; ${meaningOf(after, damage)}`)
    if (found.length > 0) shell.report(siteReport({ ...facts, collection: after }, shell.now()))
    else shell.note('info', `manifest and signatures are as they were made, ${formatBytes(bytesOf(listed, names))}`)
    return { collection: after }
  },
}

const bytesOf = ({ files }: Collection, names: readonly string[]): number =>
  files.filter(({ name }) => names.includes(name)).reduce((sum, { bytes = 0 }) => sum + bytes, 0)

/** Applies where what was just made cannot be restored or added to: a new chain is begun at once. */
export const mustBeRepeated: Condition<Needs<'collection'> & Made, object> = ({ collection, made }) => {
  const newest = primaryChain(collection)
  if (!made || !newest || (isWhole(newest) && collection.primarySigned)) return 'what was made is whole'
  return {}
}

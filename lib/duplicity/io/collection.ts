import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type AuditedFiles, allReadSince } from '../../core/audit.ts'
import { type Collection, type FileRef, isClean } from '../../core/collection.ts'
import { withDamages } from '../../core/damage.ts'
import { type Epoch, hasFormerOwner } from '../../core/epoch.ts'
import type { SetRecord } from '../../core/set-record.ts'
import { messageOf } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import type { SiteArchive } from '../../store/archive.ts'
import { asRemembered, knownFiles } from '../../store/audited-files.ts'
import { epochOf } from '../../store/epochs.ts'
import type { LookNeeds } from '../../store/facts.ts'
import { lookAtSets } from '../../store/look-at-site.ts'
import { readSetRecords } from '../../store/set-records.ts'
import { unlessMissing } from '../../store/share-failure.ts'
import { filesOfSite, type ShareFiles } from '../../store/share-files.ts'
import { NO_CLAIMS, type WrittenClaims } from '../../store/written-claims.ts'
import { collectionStatusWords, folderOfUrl } from '../args.ts'
import { collectionFromStatus } from '../collection-status.ts'
import { DuplicityError } from '../errors.ts'
import { auditablesOf, damagesIn } from '../known-files.ts'
import { collectionOf } from '../listing.ts'
import { filesOfLostEpochs } from '../names.ts'
import { duplicityCall } from './call.ts'
import { withCutOffs } from './cut-off.ts'
import { freshTarget } from './fresh-target.ts'

/** All that a site's archive, and this host's memory of it, tell; at a URL its sets and chains only. */
export interface ArchiveContents {
  /** Its sets and chains, with their damage; at a URL from duplicity's status, without sizes. */
  readonly collection: Collection
  /** Since when this host has read all of its files. Undefined where not all was yet, or nobody knows. */
  readonly allReadSince: () => number | undefined
  /** What is written down of its sets. */
  readonly records: readonly SetRecord[]
}

/** Looks into a site's archive: each file there is read once. */
export async function readArchive(facts: LookNeeds, shell: Shell): Promise<ArchiveContents> {
  const { host, site } = facts
  if (facts.siteArchive.folder === undefined)
    return { collection: await askDuplicity(facts, shell), allReadSince: () => undefined, records: [] }
  const siteArchive = await lookAtSets(facts.siteArchive, shell)
  let found: readonly SetRecord[] | undefined
  const readRecords = async () => (found ??= await readSetRecords(siteArchive, shell))
  const listed = await listCollection(siteArchive, shell, readRecords)
  const records = await readRecords()
  const remembered = isTidy(listed) ? asRemembered(host, site.name, listed.files) : undefined
  if (remembered) return { collection: withCutOffs(listed, records, facts), allReadSince: () => remembered.since, records }
  const known = await knownFiles(host, site.name, listed, readRecords, shell)
  const collection = withCutOffs(withKnown(listed, known), records, facts)
  return { collection, allReadSince: () => allReadSince(auditablesOf(site.name, collection, known)), records }
}

/** Whether each file is one of a chain's: what is known of the files is then known of the sets. */
const isTidy = (collection: Collection): boolean =>
  isClean(collection) &&
  [collection.superseded, collection.strayStatistics, collection.partial].every(({ length }) => length === 0)

/** A site's sets and chains; see {@link readArchive}. */
export const readCollection = async (facts: LookNeeds, shell: Shell): Promise<Collection> =>
  (await readArchive(facts, shell)).collection

/** What is known of the files of a site's archive. */
export const knownIn = ({ host, site, siteArchive }: LookNeeds, listed: Collection, shell: Shell): Promise<AuditedFiles> =>
  knownFiles(host, site.name, listed, () => readSetRecords(siteArchive, shell), shell)

/** A listed collection with what is damaged in it, by what is known of its files. */
export const withKnown = (listed: Collection, known: AuditedFiles): Collection => withDamages(listed, damagesIn(known, listed))

/** The sets and chains from the names, without those that a host added after it had lost the site. */
export async function listCollection(
  siteArchive: SiteArchive,
  shell: Shell,
  readRecords = () => readSetRecords(siteArchive, shell),
): Promise<Collection> {
  const share = filesOnShare(siteArchive, shell)
  const { files, claims } = (await share.listAndClaims().catch(unlessMissing)) ?? { files: [], claims: NO_CLAIMS }
  const epoch = epochOrWarning(share, claims, shell)
  const lost = filesOfLostEpochs(files, epoch, hasFormerOwner(epoch) ? await readRecords() : [])
  if (lost.length === 0) return collectionOf(files)
  const names = new Set(lost.map(({ name }) => name))
  return { ...collectionOf(files.filter(({ name }) => !names.has(name))), lost }
}

/** A site whose epoch cannot be read is nobody's to change until a person has resolved it: all there is is shown. */
function epochOrWarning(share: ShareFiles, claims: WrittenClaims, shell: Shell): Epoch | undefined {
  try {
    return epochOf(claims, name => share.pathOf(name))
  } catch (error) {
    shell.note('warning', `cannot tell whether a host added sets after it had lost the site: ${messageOf(error)}`)
    return undefined
  }
}

async function askDuplicity({ host, secrets, site, siteArchive }: LookNeeds, shell: Shell): Promise<Collection> {
  if (await isMissingFolder(siteArchive.url, shell)) return collectionOf([])
  await using fresh = await freshTarget(host, site.name, siteArchive, tmpdir())
  const { target } = fresh
  await using call = await duplicityCall({ host, secrets, target, archive: siteArchive, access: 'reads' }, shell)
  try {
    await call.shell.with({ onLine: () => {} }).ask(String)`${call.sandboxed(collectionStatusWords(target))}`
  } catch (error) {
    if (error instanceof DuplicityError && error.fault === 'no-backup') return collectionOf([])
    throw error
  }
  return collectionFromStatus(readFileSync(target.logFile, 'utf8'), siteArchive.prefix)
}

/** Whether the URL is of a folder here that is missing: duplicity would make it, and a look is to change nothing. */
async function isMissingFolder(url: string, shell: Shell): Promise<boolean> {
  const folder = folderOfUrl(url)
  if (folder === undefined) return false
  const script = 'if [ -d "$1" ]; then echo there; fi'
  return await shell.quick.with({ onLine: () => {} }).ask(said => said === '')`sh -c ${script} look ${folder}`
}

/** The files of a site's archive folder, none where there is none yet; an archive that went away is an error. */
export async function listArchive(siteArchive: SiteArchive, shell: Shell): Promise<readonly FileRef[]> {
  // the archive itself may not be there yet, in a dry run
  return (await filesOnShare(siteArchive, shell).list().catch(unlessMissing)) ?? []
}

function filesOnShare(siteArchive: SiteArchive, shell: Shell): ShareFiles {
  const files = filesOfSite(siteArchive, shell.quick)
  if (files === undefined) throw new Error('only duplicity can list an archive at a URL')
  return files
}

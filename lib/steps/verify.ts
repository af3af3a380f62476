import { parseInterval } from '../core/age.ts'
import { type Auditable, allReadSince, nightsToReadAll, planAudit } from '../core/audit.ts'
import type { Damage } from '../core/collection.ts'
import { meaningOf } from '../core/damage.ts'
import { MEGABYTE } from '../core/limits.ts'
import { printTime } from '../core/restore-point.ts'
import { type SetRecord, withMarksOf } from '../core/set-record.ts'
import { contentsOf, isUnconfirmed, newestConfirmed, shrinkageOf, shrinkageText } from '../core/shrinkage.ts'
import { counted, formatBytes, messageOf } from '../core/wording.ts'
import { compareHashes, hashesOf, type SiteAudit } from '../duplicity/io/audit-volumes.ts'
import { knownIn, listCollection, readCollection, withKnown } from '../duplicity/io/collection.ts'
import { readBack, rememberFiles } from '../duplicity/io/read-back.ts'
import { auditablesOf } from '../duplicity/known-files.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Many, Step } from '../engine/step.ts'
import { readRecord, type SiteRecord, updateRecord } from '../host/records.ts'
import { readLimits, type Site, siteDeadline } from '../host/site.ts'
import { rememberOrTell } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { listingReport, siteReport } from '../site/report.ts'
import { withFiles } from '../store/audited-files.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import { listSites } from '../store/look-at-site.ts'
import { readSetRecords, recordSet } from '../store/set-records.ts'
import { ShareFailure } from '../store/share-failure.ts'
import type { Made } from './backup.ts'

type Audits = { readonly audits: readonly SiteAudit[] }

type ChooseNeeds = Needs<'host' | 'secrets' | 'archive'>

/**
 * Chooses what to read tonight of all sites that this host owns: one budget for all of them, the least recently read
 * first.
 */
export const chooseFiles: Step<ChooseNeeds & Needs<'roles'>, Audits> = {
  name: 'choose-files',
  title: 'Choose files to verify',
  run: (facts, shell) => choose(facts, facts.roles.primaries, shell),
}

/** The same of a desktop's archive. */
export const chooseDesktopFiles: Step<ChooseNeeds & Needs<'site'>, Audits> = {
  name: 'choose-files-of-desktop',
  title: 'Choose files to verify',
  run: (facts, shell) => choose(facts, [facts.site], shell),
}

async function choose({ host, secrets, archive }: ChooseNeeds, owned: readonly Site[], shell: Shell): Promise<Audits> {
  if (archive.kind === 'url' || host.auditBudget === 0) {
    shell.note('info', archive.kind === 'url' ? 'what lies at a URL is not read' : 'auditBudget is 0')
    return { audits: [] }
  }
  const all: Auditable[] = []
  // of a thousand sites nothing is kept but what could be read
  const list = listSites(archive, namesOf(owned))
  for (const site of owned)
    all.push(...(await auditableOf({ host, secrets, site, siteArchive: await list(site.name, shell) }, shell)))
  const budget = host.auditBudget * MEGABYTE
  const chosen = planAudit(all, budget)
  const sum = chosen.reduce((bytes, file) => bytes + file.bytes, 0)
  const since = allReadSince(all)
  const [oldest, nights] = [since === undefined ? '(not all yet)' : printTime(since), nightsToReadAll(all, budget)]
  shell.note(
    'info',
    `${chosen.length} of ${all.length} files, ${formatBytes(sum)}; all were read since ${oldest}${nights === undefined ? '' : `, and are read again within ${counted(nights, 'night')}`}`,
  )
  const bySite = Map.groupBy(chosen, ({ site }) => site)
  const read = owned.filter(({ name }) => bySite.has(name))
  const again = listSites(archive, namesOf(read))
  const listed = (site: Site) => (itsShell: Shell) => again(site.name, itsShell)
  return { audits: read.map(site => ({ site, listed: listed(site), files: bySite.get(site.name)! })) }
}

const namesOf = (sites: readonly Site[]): readonly string[] => sites.map(({ name }) => name)

/** What could be read of a site. */
async function auditableOf(facts: LookNeeds, shell: Shell): Promise<readonly Auditable[]> {
  const { name } = facts.site
  try {
    const listed = await listCollection(facts.siteArchive, shell)
    return [...auditablesOf(name, listed, await knownIn(facts, listed, shell))]
  } catch (error) {
    // a file in the place of one site's folder: that site's own look has failed
    if (!(error instanceof ShareFailure) || error.code !== 'EKIND') throw error
    shell.note('info', `${name} is not read again: ${error.message}`)
    return []
  }
}

/** The sites with files to read tonight. */
export const siteAudits: Many<Needs<'host'> & Audits, { audit: SiteAudit }> = {
  list: ({ audits }) => audits.map(audit => ({ audit })),
  nameOf: ({ audit }) => audit.site.name,
  deadline: ({ host, audit }) => siteDeadline({ host, site: audit.site }),
}

/**
 * Reads files of a site's archive and compares each with the hash that was written down when it was made. What differs
 * is remembered until it is well again: nothing is built on it. Manifests and signatures of which this host has a copy
 * are put back.
 */
export const auditFiles: Step<Needs<'host' | 'secrets' | 'request' | 'freeSpace'> & { audit: SiteAudit }, void> = {
  name: 'audit',
  title: ({ audit }) => `Verify ${counted(audit.files.length, 'file')} of ${audit.site.name}`,
  run: async ({ host, secrets, request, freeSpace, audit }, shell) => {
    const { site } = audit
    if (request.dryRun) return shell.note('info', `would read ${audit.files.map(({ name }) => name).join(', ')}`)
    const siteArchive = await audit.listed(shell)
    const facts = { host, secrets, site, siteArchive }
    const listed = await listCollection(siteArchive, shell)
    const there = new Set(listed.files.map(({ name }) => name))
    const files = audit.files.filter(({ name }) => there.has(name))
    const known = await knownIn(facts, listed, shell)
    const before = withKnown(listed, known)
    const hashes = await hashesOf(facts, { files, listed }, known, shell)
    const { news, suspect } = await compareHashes(facts, { files, listed }, withFiles(known, hashes), shell)
    const more = await readBack(
      facts,
      suspect.filter(name => hashes[name]?.wrong === undefined),
      { known: withFiles(known, hashes), listed },
      shell,
    )
    const all = { known, news: withFiles(withFiles(hashes, news), more.news), listed: more.listed, collection: listed }
    const after = await rememberFiles(facts, all, shell)
    const isNew = ({ text }: Damage): boolean => !before.damages?.some(damage => damage.text === text)
    const found = after.damages?.filter(isNew) ?? []
    for (const damage of found) shell.note('warning', `${damage.text}; ${meaningOf(after, damage)}`)
    if (found.length === 0 && after.damages?.length === before.damages?.length) return
    const { limits } = readLimits(host, site)
    const collection = withMarksOf(after, await readCollection(facts, shell))
    shell.report(siteReport({ ...facts, collection, limits, freeSpace }, shell.now()))
  },
}

type CompareNeeds = LookNeeds & Needs<'collection' | 'limits'>

/**
 * Compares a site's archive with what was written down when its sets were made: what is missing, and what has another
 * size. Manifests and signatures of which this host has a copy are put back, before duplicity sees that they are gone
 * and removes the copies too.
 */
export const compareFiles: Step<CompareNeeds, Needs<'collection'>> = {
  name: 'compare-files',
  title: 'Compare the archive with its records',
  run: async (facts, shell) => {
    const { siteArchive, collection } = facts
    if (siteArchive.folder === undefined) return { collection }
    const known = await knownIn(facts, collection, shell)
    const damages = collection.damages ?? []
    const damaged = damages.filter(({ role }) => role !== 'volume').map(({ file }) => file)
    const { news, listed } = await readBack(facts, damaged, { known, listed: collection }, shell)
    const now = await rememberFiles(facts, { known, news, listed, collection }, shell)
    for (const damage of now.damages ?? []) shell.note('warning', `${damage.text}; ${meaningOf(now, damage)}`)
    if (damages.length > 0) shell.report(listingReport({ ...facts, collection: now }, shell.now()))
    return { collection: now }
  },
}

/** What the command line says of sites that have shrunk. */
export interface ShrinkageRequest {
  /** What the named sites have lost is right. */
  readonly acceptShrinkage: boolean
}

export const acceptAfterOf = ({ acceptAfter }: Host): number => parseInterval(acceptAfter) * 1000

/**
 * Compares the set that was just made with the newest one before it that shows the site as it should be. What is wrong
 * is remembered, and written down beside the set at once, for the replicas heed it. The backup is good without: where
 * nothing can be read, nothing is compared.
 */
export const checkShrinkage: Step<Needs<'host' | 'site' | 'siteArchive'> & Made, Made> = {
  name: 'shrinkage',
  title: 'Check for shrinkage',
  run: async ({ host, site, siteArchive, made }, shell) => {
    if (!made || siteArchive.folder === undefined) return { made }
    const { time } = made.set
    const earlier = (await recordsOrNone(siteArchive, shell)).filter(record => record.time < time)
    const good = newestConfirmed(earlier, shell.now(), acceptAfterOf(host))
    const reasons = shrinkageOf(good && contentsOf(good), contentsOf(made.record))
    rememberShrinkage({ host, site }, reasons.length === 0 ? undefined : { reasons, good: good?.time }, shell)
    if (reasons.length === 0) return { made }
    const record = { ...made.record, shrunken: reasons }
    await recordSet(siteArchive, time, record, shell, { owner: host })
    return { made: { ...made, record } }
  },
}

function rememberShrinkage({ host, site }: Needs<'host' | 'site'>, shrunken: SiteRecord['shrunken'], shell: Shell): void {
  const known = readRecord(host, site.name).shrunken
  if (shrunken !== undefined || known !== undefined)
    rememberOrTell(shell, 'the next run will not know whether the site has shrunk', () =>
      updateRecord(host, site.name, { shrunken }),
    )
  shell.report({ site: site.name, shrinkage: shrunken ? shrinkageText(shrunken.reasons, shrunken.good) : null })
}

/**
 * What is written down of the sets. That it cannot be read ends no backup and no replay. @throws when the run is
 * stopped
 */
export async function recordsOrNone(archive: Needs<'siteArchive'>['siteArchive'], shell: Shell): Promise<readonly SetRecord[]> {
  try {
    return await readSetRecords(archive, shell)
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('warning', `cannot tell from its archive whether the site has shrunk: ${messageOf(error)}`)
    return []
  }
}

/** Applies when a person said that what the site has lost is right. */
export const isShrinkageAccepted: Condition<ShrinkageRequest, object> = ({ acceptShrinkage }) =>
  acceptShrinkage ? {} : '--accept-shrinkage was not given'

/** Writes down, beside the sets and for the replicas, that they show the site as it should be. */
export const confirmShrinkage: Step<Needs<'host' | 'site' | 'siteArchive'>, void> = {
  name: 'confirm-shrinkage',
  title: ({ site }) => `Accept the shrinkage of ${site.name}`,
  run: async ({ host, site, siteArchive }, shell) => {
    const records = await readSetRecords(siteArchive, shell)
    const waiting = records.filter(record => isUnconfirmed(record, shell.now(), acceptAfterOf(host)))
    if (waiting.length === 0) shell.note('info', 'no backup waits for that')
    const only = site.role.role === 'primary' ? { owner: host } : {}
    for (const { time, shrunken = [] } of waiting) {
      await recordSet(siteArchive, time, { confirmed: true }, shell, only)
      shell.note('significant', `confirmed: the backup of ${printTime(time)}, with ${shrunken.slice(0, 5).join(', ')}`)
    }
    await shell.act('clear the shrinkage mark', () => {
      rememberShrinkage({ host, site }, undefined, shell)
      // whoever says so has looked at the site
      updateRecord(host, site.name, { cleared: shell.now() })
      shell.report({ site: site.name, suspicion: null, isSuspect: false })
    })
  },
}

import { parseInterval } from '../core/age.ts'
import { planBackup, unchangedSince } from '../core/backup-plan.ts'
import { newestSet } from '../core/collection.ts'
import { chainsOwnSince } from '../core/epoch.ts'
import type { SiteAnswer } from '../core/page.ts'
import { SITE } from '../core/path.ts'
import { printTime } from '../core/restore-point.ts'
import { withRecords } from '../core/set-record.ts'
import { counted, listed, messageOf } from '../core/wording.ts'
import { partName, partNames } from '../database/dump-parts.ts'
import { patternsOf, search } from '../duplicity/io/exclusions.ts'
import { isLeftOut, leftOutBy, type Pattern } from '../duplicity/selection.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { COMPANION, DUMP } from '../host/companion.ts'
import { httpCheck } from '../host/http-check.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { phpErrors } from '../host/php.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { type Site, webRootIn } from '../host/site.ts'
import type { SpecialFile } from '../host/special-files.ts'
import { siteReport } from '../site/report.ts'
import { type Listed, listTree } from '../site/tree.ts'
import { recheckArchive } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'
import { recordSet } from '../store/set-records.ts'
import type { Made } from './backup.ts'

/**
 * Looks whether a backup of the site would be one: its `SITE` lies in its folder, and no exclusion leaves it or the
 * database's dump out.
 * @throws when the backup would be without the site
 */
export const checkFolder: Step<Needs<'site'>, void> = {
  name: 'check-folder',
  title: ({ site }) => `Look at the folder of ${site.name}`,
  run: async ({ site }, shell) => {
    if (site.local?.refused) throw new Error(`${site.local.refused}. It is not backed up`)
    const patterns = patternsOf(site)
    const refused = refusalOf(site, patterns)
    if (refused) throw new Error(`${refused}. It is not backed up`)
    for (const text of unmatchedIn(site, patterns, shell)) shell.note('warning', text)
  },
}

/** Seconds that the search for what exclusions match may take: a site's own user decides how large its folder is. */
const SEARCH = 2

/** Which exclusions match nothing: one that is mistyped fills the archive for months. */
function unmatchedIn({ name, folder, settings }: Site, patterns: readonly Pattern[], { now, stop }: Shell): string[] {
  if (patterns.length === 0) return []
  using opened = OpenedFolder.open(folder)
  const { unmatched, gaveUp } = search(opened, patterns, now, stop, SEARCH)
  if (gaveUp) return []
  const where = ({ line }: Pattern): string => (line === 0 ? `sites.${name}.exclude` : `${settings.excludeFrom}, line ${line}`)
  return unmatched.map(pattern => `${where(pattern)}: nothing that "${pattern.glob.replace(`${folder}/`, '')}" matches is there`)
}

/** A name that nobody means by a pattern: what leaves it out leaves out all that is beside it. */
const ANY = 'holdfast-any-name'

function refusalOf({ name, folder }: Site, patterns: readonly Pattern[]): string | undefined {
  using opened = OpenedFolder.open(folder)
  const root = webRootIn(opened, folder)
  const ways = root.kind === 'folder' ? [...new Set([SITE, root.way])] : []
  for (const [path, what] of [
    ...ways.flatMap(way => [[way, way] as const, [`${way}/${ANY}`, `all that is in ${way}`] as const]),
    [COMPANION, `the dump of its database (${COMPANION})`],
    [`${COMPANION}/${DUMP}`, `the dump of its database (${COMPANION}/${DUMP})`],
    ...partsOfDump(opened).map(part => [`${COMPANION}/${DUMP}/${part}`, `the dump of its database (${DUMP}/${part})`] as const),
  ] as const) {
    const pattern = leftOutBy(patterns, `${folder}/${path}`, !path.endsWith('.sql'))
    if (pattern) return `sites.${name}.exclude: "${pattern.glob.replace(`${folder}/`, '')}" leaves out ${what}`
  }
  return undefined
}

/** Files of the dump: those that are there, and those that each has. */
function partsOfDump(site: OpenedFolder): readonly string[] {
  using companion = site.plainFolder(COMPANION)
  using dump = companion?.plainFolder(DUMP)
  return [...new Set([partName('begin'), partName('table', ANY), partName('complete'), ...partNames(dump?.names() ?? [])])]
}

/** What the site answered tonight; undefined where no HTTP check: no domain or `check` configured. */
export type Checked = { readonly answer: SiteAnswer | undefined }

/** Asks the site whether it works, right before it is backed up. It is backed up whatever it says. */
export const checkSite: Step<Needs<'host' | 'site'>, Checked> = {
  name: 'http-check',
  title: 'HTTP check',
  run: async ({ host, site }, shell) => {
    const answer = await httpCheck(host, site, shell.stop)
    shell.note('info', answer?.said ?? 'no HTTP check: no domain or `check` configured')
    try {
      await reportPhpErrors({ host, site }, shell)
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('warning', `PHP's error log cannot be read: ${messageOf(error)}`)
    }
    return { answer }
  },
}

/** Tells fatal errors since the night before: a page that nobody asks for may be broken. */
async function reportPhpErrors({ host, site }: Needs<'host' | 'site'>, shell: Shell): Promise<void> {
  const found = phpErrors(site, readRecord(host, site.name).errorLog)
  if (!found) return
  if (found.fatal) shell.note('warning', `PHP's error log has ${counted(found.fatal, 'fatal error')} more than the night before`)
  await shell.act('remember how far the error log was read', () => updateRecord(host, site.name, { errorLog: found.place }))
}

type Recorded = Needs<'host' | 'site' | 'siteArchive' | 'collection' | 'limits' | 'freeSpace'> & Made & Checked

/**
 * Adds what the site answered to what is written down of the new set, and tells whether it has stopped working, or is
 * suspect. Where it works, the new set is the one that pruning keeps for that, and an older one may go.
 */
export const recordAnswer: Step<Recorded, Needs<'collection'> & Made> = {
  name: 'record-answer',
  title: 'Record the HTTP check',
  run: async (facts, shell) => {
    const { collection: before, made, answer } = facts
    if (!made) return { collection: before, made }
    const record = { ...made.record, ...(answer && { answer: { works: answer.works, said: answer.said } }) }
    const collection = withRecords(before, [{ ...record, time: made.set.time }])
    shell.report(siteReport({ ...facts, collection }, shell.now()))
    return { collection, made: { ...made, record } }
  },
}

/** Since when nothing has changed; undefined where a set is to be made. */
type Unchanged = { readonly unchanged: number | undefined }

type ChangesNeeds = Needs<
  'host' | 'site' | 'siteArchive' | 'ownership' | 'collection' | 'limits' | 'freeSpace' | 'encryption' | 'databaseSaved'
> &
  Checked

/**
 * Compares the site's folder, the dump in it, and what the site answers with what they were at its newest set. Where
 * all of that is the same, no set is made: the newest one is then of tonight too, and that is written down beside it.
 * What of the folder a restore cannot bring back is reported.
 */
export const lookForChanges: Step<ChangesNeeds, Listed & Unchanged> = {
  name: 'changes',
  title: 'Look for changes',
  run: async (facts, shell) => {
    const { host, site, siteArchive, collection, limits, freeSpace, encryption, ownership, answer } = facts
    const newest = newestSet(collection)
    const tree = await listTree(host, site, newest?.time, shell)
    for (const text of specialText(tree?.special ?? [], site)) shell.note('warning', text)
    const overlooked = tree?.change?.overlooked ?? []
    if (overlooked.length > 0)
      shell.note('warning', `changed, with the same time and mode; backed up all the same: ${listed(overlooked)}`)
    const isPart = (readRecord(host, site.name).torn ?? []).length > 0
    if (siteArchive.folder === undefined || isPart) return { tree, unchanged: undefined }
    const { frequencySeconds } = limits
    const now = shell.now()
    const plan = planBackup({
      collection,
      frequencySeconds,
      now,
      fullBackups: freeSpace.fullBackups,
      encryptedSince: encryption.since,
      ownSince: chainsOwnSince(ownership.epoch),
    })
    const everySeconds = parseInterval(host.setAtLeastEvery)
    const isDumped = facts.databaseSaved || site.local?.wpConfig === undefined
    const unchanged = unchangedSince({ collection, plan, change: tree?.change, answer, isDumped, now, everySeconds })
    if (unchanged !== undefined) {
      const only = { present: collection, owner: host }
      const isRecorded = await recordSet(siteArchive, unchanged, { unchangedUntil: now }, shell, only)
      // a share that went away has no such set any more
      if (!isRecorded) await recheckArchive(siteArchive, shell)
      const known = withRecords(collection, [{ time: unchanged, unchangedUntil: now }])
      shell.report({ ...siteReport({ ...facts, collection: known }, now), unchangedSince: unchanged })
    }
    return { tree, unchanged }
  },
}

/** What of a folder a restore cannot bring back as it is. */
function specialText(files: readonly SpecialFile[], site: Site): string[] {
  const patterns = patternsOf(site)
  const of = (kinds: readonly SpecialFile['kind'][]): string[] =>
    files
      .filter(({ kind, path }) => kinds.includes(kind) && !isLeftOut(patterns, `${site.folder}/${path}`, false))
      .map(({ path }) => path || 'its folder itself')
      .toSorted()
  const [special, locked] = [of(['device', 'socket']), of(['unchangeable'])]
  return [
    ...(special.length > 0 ? [`devices and sockets are not restored: ${listed(special)}`] : []),
    ...(locked.length > 0 ? [`attributes immutable and append-only (chattr +i, +a) are not restored: ${listed(locked)}`] : []),
  ]
}

/** Applies where there is something to back up. */
export const hasChanged: Condition<Unchanged, object> = ({ unchanged }) =>
  unchanged === undefined ? {} : `unchanged since the backup of ${printTime(unchanged)}`

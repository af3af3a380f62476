import type { SiteAnswer } from '../core/page.ts'
import { SITE } from '../core/path.ts'
import { withRecords } from '../core/set-record.ts'
import { counted, messageOf } from '../core/wording.ts'
import { partName, partNames } from '../database/dump-parts.ts'
import { patternsOf, search } from '../duplicity/io/exclusions.ts'
import { leftOutBy, type Pattern } from '../duplicity/selection.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { COMPANION, DUMP } from '../host/companion.ts'
import { httpCheck } from '../host/http-check.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { phpErrors } from '../host/php.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { type Site, webRootIn } from '../host/site.ts'
import { siteReport } from '../site/report.ts'
import type { Needs } from '../store/facts.ts'
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

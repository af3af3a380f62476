import type { Shell } from '../engine/shell.ts'
import { type Archive, type SiteArchive, siteArchiveOf } from './archive.ts'
import { MARKS, MOST_OF_MARKS } from './encryption-marks.ts'
import { ReadAhead } from './read-ahead.ts'
import { MOST_OF_SEALS, SEALS } from './seals.ts'
import { FORMER, MOST_OF_RECORDS, RECORDS } from './set-records.ts'
import { unlessMissing } from './share-failure.ts'
import { filesOfSite, ShareFiles } from './share-files.ts'

/** What tells of the sets in a site's folder in the archive, and at most how many bytes of it are read. */
const OF_SETS = { [RECORDS]: MOST_OF_RECORDS, [FORMER]: MOST_OF_RECORDS }
/** The same of all that a night reads there. */
const READ = { ...OF_SETS, [SEALS]: MOST_OF_SEALS, [MARKS]: MOST_OF_MARKS }

/**
 * A site's part of the archive, of which all that its night begins with is read in one request. Nothing at a URL.
 * @param isNow for who writes there: whatever a client of the share remembers of the folder
 */
export const lookAtSite = (siteArchive: SiteArchive, shell: Shell, isNow = false): Promise<SiteArchive> =>
  look(siteArchive, READ, isNow, shell)

/** The same where it is not listed yet, and of what tells of its sets only. */
export const lookAtSets = async (siteArchive: SiteArchive, shell: Shell): Promise<SiteArchive> =>
  siteArchive.ahead?.isListed ? siteArchive : await look(siteArchive, OF_SETS, false, shell)

async function look(archive: SiteArchive, limits: Parameters<ShareFiles['look']>[0], isNow: boolean, shell: Shell) {
  const looked = { ...archive, ahead: new ReadAhead() }
  // in a dry run the archive may not be there yet
  await filesOfSite(looked, shell.quick)?.look(limits, isNow).catch(unlessMissing)
  return looked
}

/** Sites that are listed in one request: its answer is held in memory. */
const AT_ONCE = 50

/**
 * The parts of an archive that are some sites', to be taken in this order: as each is wanted, it is listed with those
 * that follow.
 */
export function listSites(archive: Archive, sites: readonly string[]): (site: string, shell: Shell) => Promise<SiteArchive> {
  const listed = new Map<string, SiteArchive>()
  return async (site, shell) => {
    const found = listed.get(site)
    listed.delete(site)
    if (found) return found
    const from = sites.indexOf(site)
    const [first, ...others] = await listTogether(archive, sites.slice(from, from + AT_ONCE), shell)
    for (const [at, other] of others.entries()) listed.set(sites[from + 1 + at]!, other)
    return first!
  }
}

async function listTogether(archive: Archive, sites: readonly string[], shell: Shell): Promise<readonly SiteArchive[]> {
  const listed = sites.map(site => ({ ...siteArchiveOf(archive, site), ahead: new ReadAhead() }))
  if (archive.kind === 'url') return listed
  const files = new ShareFiles(archive.place ?? { base: archive.root, way: '' }, shell.quick)
  const found = (await files.looks(sites).catch(unlessMissing)) ?? []
  for (const [at, look] of found.entries()) if (look) listed[at]!.ahead.keep(look)
  return listed
}

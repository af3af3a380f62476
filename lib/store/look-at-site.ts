import type { Shell } from '../engine/shell.ts'
import { type Archive, type SiteArchive, siteArchiveOf } from './archive.ts'
import { MARKS, MOST_OF_MARKS } from './encryption-marks.ts'
import { ReadAhead } from './read-ahead.ts'
import { MOST_OF_SEALS, SEALS } from './seals.ts'
import { FORMER, MOST_OF_RECORDS, RECORDS } from './set-records.ts'
import { filesOfSite, ShareFiles, unlessMissing } from './share-files.ts'

/** What a night reads of each site's folder in the archive, and at most how many bytes of it. */
const READ = { [RECORDS]: MOST_OF_RECORDS, [FORMER]: MOST_OF_RECORDS, [SEALS]: MOST_OF_SEALS, [MARKS]: MOST_OF_MARKS }

/** A site's part of the archive, of which all that its night begins with is read in one request. Nothing at a URL. */
export async function lookAtSite(siteArchive: SiteArchive, shell: Shell): Promise<SiteArchive> {
  const looked = { ...siteArchive, ahead: new ReadAhead() }
  // in a dry run the archive may not be there yet
  await filesOfSite(looked, shell.quick)?.readAhead(READ).catch(unlessMissing)
  return looked
}

/** The parts of an archive that are some sites', listed in one request: its answer is held in memory. */
export async function listSites(archive: Archive, sites: readonly string[], shell: Shell): Promise<readonly SiteArchive[]> {
  const listed = sites.map(site => ({ ...siteArchiveOf(archive, site), ahead: new ReadAhead() }))
  if (archive.kind === 'url') return listed
  const files = new ShareFiles(archive.place ?? { base: archive.root, way: '' }, shell.quick)
  const lists = (await files.lists(sites).catch(unlessMissing)) ?? []
  for (const [at, list] of lists.entries()) if (list) listed[at]!.ahead.keep(list, [])
  return listed
}

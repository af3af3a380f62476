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

type Limits = Parameters<ShareFiles['look']>[0]

async function look(archive: SiteArchive, limits: Limits, isNow: boolean, shell: Shell) {
  const looked = { ...archive, ahead: new ReadAhead() }
  // in a dry run the archive may not be there yet
  await filesOfSite(looked, shell.quick)?.look(limits, isNow).catch(unlessMissing)
  return looked
}

/** Sites that are listed in one request, alone or with what tells of their sets: its answer is held in memory. */
const AT_ONCE = { listed: 50, withSets: 8 }

/** A site's part of an archive, once its turn has come. */
export type ListedSite = (site: string, shell: Shell) => Promise<SiteArchive>

/**
 * The parts of an archive that are some sites', to be taken in about this order: as each is wanted, it is listed with
 * those that follow, and the next ones are asked for already.
 */
export const listSites = (archive: Archive, sites: readonly string[]): ListedSite => inBatches(archive, sites, AT_ONCE.listed, {})

/** The same, and what tells of their sets is read too. */
export const listSitesWithSets = (archive: Archive, sites: readonly string[]): ListedSite =>
  inBatches(archive, sites, AT_ONCE.withSets, OF_SETS)

function inBatches(archive: Archive, sites: readonly string[], size: number, limits: Limits): ListedSite {
  const places = new Map(sites.map((site, at) => [site, at]))
  const begun = new Map<number, Promise<Map<string, SiteArchive>>>()
  const begin = (at: number, shell: Shell): void => {
    if (begun.has(at)) return
    const listed = listTogether(archive, sites.slice(at * size, (at + 1) * size), limits, shell)
    begun.set(at, listed)
    listed.catch(() => begun.delete(at)) // who asks next tries again
  }
  return async (site, shell) => {
    const at = Math.floor(places.get(site)! / size)
    begin(at, shell)
    if ((at + 1) * size < sites.length) begin(at + 1, shell)
    const listed = begun.get(at)!
    const found = await listed.then(sites => sites.get(site)).catch(() => undefined)
    // what others hold up is asked for alone
    if (found === undefined) return (await listTogether(archive, [site], limits, shell)).get(site)!
    ;(await listed).delete(site)
    return found
  }
}

async function listTogether(archive: Archive, sites: readonly string[], limits: Limits, shell: Shell) {
  const listed = sites.map(site => ({ ...siteArchiveOf(archive, site), ahead: new ReadAhead() }))
  if (archive.kind !== 'url') {
    const files = new ShareFiles(archive.place ?? { base: archive.root, way: '' }, shell.quick)
    const found = (await files.looks(sites, limits).catch(unlessMissing)) ?? []
    for (const [at, look] of found.entries()) if (look) listed[at]!.ahead.keep(look)
  }
  return new Map<string, SiteArchive>(listed.map((site, at) => [sites[at]!, site]))
}

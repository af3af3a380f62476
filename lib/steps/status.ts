import { formatAge } from '../core/age.ts'
import { lagOf } from '../core/archive-report.ts'
import { newestSet } from '../core/collection.ts'
import { formatBytes } from '../core/size.ts'
import { counted } from '../core/wording.ts'
import { readCollection } from '../duplicity/io/collection.ts'
import type { Step } from '../engine/step.ts'
import { readLimits } from '../host/site.ts'
import { readRecord } from '../host/site-record.ts'
import { listingTelling } from '../site/report.ts'
import { siteArchiveOf } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'

/** Looks at a site's archive, its sets and chains, and at the site's own limits. */
export const status: Step<Needs<'host' | 'secrets' | 'archive' | 'site'>, Needs<'siteArchive' | 'collection' | 'limits'>> = {
  name: 'status',
  title: ({ site }) => `Status of ${site.name}`,
  run: async ({ host, secrets, archive, site }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    const { limits, problems } = readLimits(host, site)
    for (const problem of problems) shell.note('warning', problem)
    const newest = newestSet(collection)
    const age = newest ? `newest backup ${formatAge(shell.now() - newest.time)} old` : 'no backup yet'
    const { chains, bytes } = collection
    // the desktop's allowance follows from what is free, which is looked at later
    const allowed = site.isDesktop ? '' : ` of ${formatBytes(limits.allowanceBytes)}`
    shell.note('info', `${counted(chains.length, 'chain')}, ${formatBytes(bytes)}${allowed}, ${age}`)
    const lag = site.role.role === 'primary' ? {} : { lag: lagOf(collection, readRecord(host, site.name).restoredFrom) }
    shell.tell({ ...listingTelling({ host, site, siteArchive, collection, limits }, shell.now()), settings: problems, ...lag })
    return { siteArchive, collection, limits }
  },
}

import { formatAge } from '../core/age.ts'
import { archiveTelling, lagOf, nextNight } from '../core/archive-telling.ts'
import { newestSet } from '../core/collection.ts'
import { formatBytes } from '../core/size.ts'
import type { Step } from '../engine/step.ts'
import { readCollection, siteArchiveOf } from './collection.ts'
import type { Needs } from './facts.ts'
import { readLimits } from './limits.ts'
import { readRecord } from './site-record.ts'

/** Looks at a site's archive, its sets and chains, and at the site's own limits. */
export const status: Step<Needs<'host' | 'secrets' | 'archive' | 'site'>, Needs<'siteArchive' | 'collection' | 'limits'>> = {
  name: 'status',
  title: ({ site }) => `Status of ${site.name}`,
  run: async ({ host, secrets, archive, site }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    const { limits, problems } = readLimits(host, site)
    for (const problem of problems) shell.note('warning', `${site.name}: ${problem}`)
    const newest = newestSet(collection)
    const age = newest ? `newest backup ${formatAge(shell.now() - newest.time)} old` : 'no backup yet'
    const { chains, bytes } = collection
    const outlook = () =>
      site.role.role === 'primary'
        ? { next: nextNight(collection, limits, shell.now()) }
        : { lag: lagOf(collection, readRecord(host, site.name).restoredFrom) }
    // the desktop's allowance follows from what is free, which is looked at later
    const allowed = site.isDesktop ? '' : ` of ${formatBytes(limits.allowanceBytes)}`
    shell.note('info', `${chains.length} chains, ${formatBytes(bytes)}${allowed}, ${age}`)
    shell.tell({ ...archiveTelling(site.name, collection), allowanceBytes: limits.allowanceBytes, ...outlook() })
    return { siteArchive, collection, limits }
  },
}

import { formatAge } from '../core/age.ts'
import { lagOf } from '../core/archive-telling.ts'
import { newestSet } from '../core/collection.ts'
import { formatBytes } from '../core/size.ts'
import type { Step } from '../engine/step.ts'
import { readCollection, siteArchiveOf } from './collection.ts'
import type { FreeSpace, Needs } from './facts.ts'
import { readLimits } from './limits.ts'
import { readRecord } from './site-record.ts'
import { siteTelling } from './site-telling.ts'

type StatusNeeds = Needs<'host' | 'secrets' | 'archive' | 'site'> & { readonly freeSpace?: FreeSpace }

/** Looks at a site's archive, its sets and chains, and at the site's own limits. */
export const status: Step<StatusNeeds, Needs<'siteArchive' | 'collection' | 'limits'>> = {
  name: 'status',
  title: ({ site }) => `Status of ${site.name}`,
  run: async (facts, shell) => {
    const { host, secrets, archive, site } = facts
    const siteArchive = siteArchiveOf(archive, site.name)
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    const { limits, problems } = readLimits(host, site)
    for (const problem of problems) shell.note('warning', problem)
    const newest = newestSet(collection)
    const age = newest ? `newest backup ${formatAge(shell.now() - newest.time)} old` : 'no backup yet'
    const { chains, bytes } = collection
    // the desktop's allowance follows from what is free, which is looked at later
    const allowed = site.isDesktop ? '' : ` of ${formatBytes(limits.allowanceBytes)}`
    shell.note('info', `${chains.length} chains, ${formatBytes(bytes)}${allowed}, ${age}`)
    const lag = site.role.role === 'primary' ? {} : { lag: lagOf(collection, readRecord(host, site.name).restoredFrom) }
    shell.tell({ ...siteTelling({ ...facts, siteArchive, collection, limits }, shell.now()), settings: problems, ...lag })
    return { siteArchive, collection, limits }
  },
}

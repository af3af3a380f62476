import type { Finding } from '../core/finding.ts'
import type { LastVerdict } from '../core/last-run.ts'
import { printTime } from '../core/restore-point.ts'
import { planPrune } from '../core/retention.ts'
import { collectionOf } from '../duplicity/listing.ts'
import type { Hold, Many, Step } from '../engine/step.ts'
import type { SiteStatus } from '../report/status.ts'
import { readCollection, siteArchiveOf } from './collection.ts'
import type { FreeSpace, Needs } from './facts.ts'
import type { FoundBefore } from './leases.ts'
import { readLimits } from './limits.ts'
import { isMounted, rootOf, shareMount } from './mount.ts'
import { pruneInputOf } from './prune-state.ts'
import { roleTelling } from './roles.ts'
import { siteDeadline } from './site-deadline.ts'
import { readRecord } from './site-record.ts'
import { lastVerdictOf, siteTelling } from './site-telling.ts'
import { vpn } from './vpn.ts'

/** A look at everything that changes nothing: how it is made, and what it has found so far. */
export interface Look {
  readonly look: {
    /** The archive is there already: no VPN, no mount, no unmount. */
    readonly mounted: boolean
    readonly sites: SiteStatus[]
    freeSpace: FreeSpace | undefined
  }
}

/** The VPN, unless the archive is there already. */
export const vpnForLook: Hold<Needs<'host'> & Look, { vpnLease: FoundBefore | 'none' }> = {
  ...vpn,
  up: async (facts, shell) => (facts.look.mounted ? { vpnLease: 'none' } : vpn.up(facts, shell)),
  down: async (facts, shell) => (facts.look.mounted ? undefined : vpn.down(facts, shell)),
}

/** The share, as for a run, unless it is there already by the person's own word. */
export const mountForLook: Hold<Needs<'host'> & Look, Needs<'mounted'> & { readonly mountLease: boolean }> = {
  name: 'mount',
  title: 'Mount',
  up: async (facts, shell) => {
    const { archive } = facts.host
    const asItIs = { mounted: rootOf(archive), mountLease: false }
    if (facts.look.mounted) return asItIs
    try {
      return await shareMount.up(facts, shell)
    } catch (error) {
      // a person who may not write to Holdfast's folders may look all the same at what is mounted
      if (!isForbidden(error) || archive.kind !== 'mount' || !isMounted(archive.mountPoint)) throw error
      return asItIs
    }
  },
  down: async (facts, shell) => (facts.look.mounted ? undefined : shareMount.down(facts, shell)),
}

const isForbidden = (error: unknown): boolean =>
  ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')

/** Every site of this host and of the archive. */
export const allSites: Many<Needs<'host' | 'roles'>, Needs<'site'>> = {
  list: ({ roles }) => [...roles.primaries, ...roles.replicas, ...roles.others].map(site => ({ site })),
  nameOf: ({ site }) => site.name,
  atOnce: ({ host }) => Math.max(2, host.concurrency),
  deadline: siteDeadline,
}

/** Keeps what the archive has free. */
export const examineSpace: Step<Needs<'freeSpace'> & Look, void> = {
  name: 'examine-space',
  title: 'Free space',
  run: async ({ look, freeSpace }) => {
    look.freeSpace = freeSpace
  },
}

/** Looks at one site: its collection, its limits, and what pruning would do next. Takes no lock: a backup may be running. */
export const examineSite: Step<Needs<'host' | 'secrets' | 'archive' | 'site'> & Look, void> = {
  name: 'examine-site',
  title: ({ site }) => `Look at ${site.name}`,
  run: async ({ host, secrets, archive, site, look }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    // at a URL only duplicity can look, which makes the folder that it does not find: for a site that nobody backs up it is not asked
    const isNobodys = archive.kind === 'url' && site.role.role === 'unmanaged'
    const collection = isNobodys ? collectionOf([]) : await readCollection({ host, secrets, site, siteArchive }, shell)
    const { limits, problems } = readLimits(host, site)
    const now = shell.now()
    const facts = { host, site, siteArchive, collection, limits, freeSpace: look.freeSpace }
    const last = lastVerdictOf(host, site)
    look.sites.push({
      told: {
        ...roleTelling(site, host, archive),
        ...siteTelling(facts, now, 'status'),
        settings: problems,
        work: workOfLastRun(last),
      },
      last,
      collection,
      ...limits,
      plan: planPrune(pruneInputOf({ ...facts, interrupted: false, now })),
      now,
      replayed: readRecord(host, site.name).restoredFrom,
    })
  },
}

/** What work of the last run came to, with the time of that run. */
const workOfLastRun = (last: LastVerdict | undefined): Finding[] =>
  (last?.work ?? []).map(({ level, text }) => ({ level, text: `the run of ${printTime(last!.at)}: ${text}` }))

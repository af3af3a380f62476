import { formatAge } from '../core/age.ts'
import { lagOf } from '../core/archive-report.ts'
import { newestSet } from '../core/collection.ts'
import { planPrune } from '../core/retention.ts'
import { counted, formatBytes } from '../core/wording.ts'
import { type ArchiveContents, readArchive, readCollection } from '../duplicity/io/collection.ts'
import { collectionOf } from '../duplicity/listing.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold, Many, Step } from '../engine/step.ts'
import { readHistory, readRecord } from '../host/records.ts'
import { type Request, readLimits, siteDeadline, sitesAtOnce } from '../host/site.ts'
import { NIGHTS } from '../report/status.ts'
import { desktopSite, desktopSpace, desktopSpaceReport, scheduleOf } from '../site/desktop.ts'
import { dnsFinding } from '../site/dns.ts'
import { pruneInputOf } from '../site/prune-state.ts'
import { type Look, lastVerdictOf, lastWork, listingReport, siteReport } from '../site/report.ts'
import { type SiteArchive, siteArchiveOf } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'
import { listSitesWithSets, lookAtSite } from '../store/look-at-site.ts'
import { isMounted, rootOf, shareMount } from './archive.ts'
import { roleReport } from './sites.ts'
import { vpn } from './vpn.ts'

/** Looks at a site's archive, its sets and chains, and at the site's own limits. */
export const status: Step<Needs<'host' | 'secrets' | 'archive' | 'site'>, Needs<'siteArchive' | 'collection' | 'limits'>> = {
  name: 'status',
  title: ({ site }) => `Status of ${site.name}`,
  run: async ({ host, secrets, archive, site }, shell) => {
    const isOwned = site.role.role === 'primary'
    const siteArchive = await lookAtSite(siteArchiveOf(archive, site.name), shell, isOwned)
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    const { limits, problems } = readLimits(host, site)
    for (const problem of problems) shell.note('warning', problem)
    const newest = newestSet(collection)
    const age = newest ? `newest backup ${formatAge(shell.now() - newest.time)} old` : 'no backup yet'
    const { chains, bytes } = collection
    // the desktop's allowance follows from what is free, which is looked at later
    const allowed = site.isDesktop ? '' : ` of ${formatBytes(limits.allowanceBytes)}`
    shell.note('info', `${counted(chains.length, 'chain')}, ${formatBytes(bytes)}${allowed}, ${age}`)
    const lag = isOwned ? {} : { lag: lagOf(collection, readRecord(host, site.name).restoredFrom) }
    shell.report({ ...listingReport({ host, site, siteArchive, collection, limits }, shell.now()), settings: problems, ...lag })
    return { siteArchive, collection, limits }
  },
}

/** The VPN, unless the archive is there already. */
export const vpnForLook: Hold<Needs<'host'> & Look, Needs<'vpnLease'>> = {
  ...vpn,
  up: async (facts, shell) => (facts.look.mounted ? { vpnLease: 'none' } : vpn.up(facts, shell)),
  down: async (facts, shell) => (facts.look.mounted ? undefined : vpn.down(facts, shell)),
}

/** The share, as for a run, unless it is there already by the person's own word. */
export const mountForLook: Hold<Needs<'host' | 'vpnLease'> & Look, Needs<'mounted'> & { readonly mountLease: boolean }> = {
  name: 'mount-for-look',
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

interface Listed {
  /** The site's part of the archive, listed with those of others. */
  readonly listed: (shell: Shell) => Promise<SiteArchive>
}

/** Every site of this host and of the archive, and the desktop, where this host is one. */
export const allSites: Many<Needs<'host' | 'request' | 'archive' | 'roles'>, Needs<'site'> & Listed> = {
  list: ({ host, request, archive, roles }) => {
    const desktop = host.desktop === undefined ? [] : [desktopSite(host)].filter(({ name }) => isAsked(request, name))
    const sites = [...desktop, ...roles.primaries, ...roles.replicas, ...roles.others]
    const list = listSitesWithSets(
      archive,
      sites.map(({ name }) => name),
    )
    return sites.map(site => ({ site, listed: shell => list(site.name, shell) }))
  },
  nameOf: ({ site }) => site.name,
  atOnce: ({ host }) => Math.max(2, sitesAtOnce(host)),
  deadline: siteDeadline,
}

const isAsked = ({ only }: Request, name: string): boolean => only.length === 0 || only.includes(name)

/** Keeps what the archive has free. */
export const examineSpace: Step<Needs<'freeSpace'> & Look, void> = {
  name: 'examine-space',
  title: 'Disk space',
  run: async ({ look, freeSpace }) => {
    look.freeSpace = freeSpace
  },
}

/**
 * Looks at one site: its collection, its limits, and what pruning would do next. Takes no lock: a backup may be
 * running.
 */
export const examineSite: Step<Needs<'host' | 'secrets' | 'request' | 'archive' | 'site'> & Listed & Look, void> = {
  name: 'examine-site',
  title: ({ site }) => `Examine ${site.name}`,
  run: async ({ host, secrets, request, archive, site, listed, look }, shell) => {
    const siteArchive = await listed(shell)
    // at a URL only duplicity can look, which makes the folder that it does not find: for a site that nobody backs up
    // it is not asked
    const isNobodys = archive.kind === 'url' && site.role.role === 'unmanaged'
    const seen = isNobodys ? NOTHING : await readArchive({ host, secrets, site, siteArchive }, shell)
    const { collection, records } = seen
    const { limits: own, problems } = readLimits(host, site)
    const now = shell.now()
    const desktop = site.isDesktop ? desktopFacts({ host, site, siteArchive, collection }, look.freeSpace?.bytes, now) : undefined
    const limits = desktop ? { ...own, ...desktop.limits } : own
    const facts = { host, site, siteArchive, collection, limits, freeSpace: look.freeSpace }
    look.found({
      report: {
        ...roleReport(site, request),
        ...siteReport(facts, now, 'status'),
        ...desktop?.report,
        settings: problems,
        lastWork: lastWork(host, site),
        dns: await dnsFinding({ host, shell }, site),
      },
      last: lastVerdictOf(host, site),
      collection,
      siteSizes: () => records.flatMap(({ time, bytes }) => (bytes === undefined ? [] : [{ time, bytes }])),
      nights: () => readHistory(host, site.name, NIGHTS),
      ...limits,
      plan: planPrune(pruneInputOf({ ...facts, interrupted: false, now })),
      now,
      replayed: readRecord(host, site.name).restoredFrom,
      drill: readRecord(host, site.name).drill,
      allReadSince: site.role.role === 'primary' ? seen.allReadSince() : undefined,
    })
  },
}

const NOTHING: ArchiveContents = { collection: collectionOf([]), allReadSince: () => undefined, records: [] }

/** What is known of a desktop besides what is known of any site: its room, and its next day. */
function desktopFacts(facts: Needs<'host' | 'site' | 'siteArchive' | 'collection'>, free: number | undefined, now: number) {
  const { host, site } = facts
  const room = desktopSpace(facts, free)
  const { decision, nextDay } = scheduleOf(host, readRecord(host, site.name).backedUpTo, now)
  const isDue = decision.state !== 'not due' && decision.state !== 'too late'
  return {
    limits: { allowanceBytes: room.allowanceBytes, tidy: true as const },
    report: { ...desktopSpaceReport(host, room, free), next: isDue ? 'backup, when it is asked next' : nextDay },
  }
}

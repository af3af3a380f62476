import { DAY } from '../core/age.ts'
import { suspicionFinding, suspicionOf } from '../core/alarm.ts'
import { archiveReport, nextNight, pruningReport } from '../core/archive-report.ts'
import { planBackup } from '../core/backup-plan.ts'
import { setsOf } from '../core/collection.ts'
import { drillFinding } from '../core/drill.ts'
import { chainsOwnSince } from '../core/epoch.ts'
import { type Finding, withIncomplete } from '../core/finding.ts'
import { brokenFinding, brokenSince } from '../core/known-good.ts'
import { knownDamage, type LastRun, type LastVerdict, lastOf, NO_RUN } from '../core/last-run.ts'
import { printTime } from '../core/restore-point.ts'
import { planPrune } from '../core/retention.ts'
import { heldText, shrinkageText } from '../core/shrinkage.ts'
import type { SiteReport } from '../core/site-report.ts'
import { readLastRun, readRecord } from '../host/records.ts'
import type { Site } from '../host/site.ts'
import { type Host, staleAfterOf } from '../inventory/schema.ts'
import type { SiteStatus } from '../report/status.ts'
import { hasKeptProposal } from '../restore/approvals.ts'
import type { FreeSpace } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'
import { sealAlarmOf } from '../store/seals.ts'
import { frozenReason, pruneInputOf } from './prune-state.ts'

type ListingNeeds = Needs<'host' | 'site' | 'siteArchive' | 'collection' | 'limits'>
/** The free space is undefined where a look could not tell it. */
type ReportNeeds = ListingNeeds & { readonly freeSpace: FreeSpace | undefined }

/** All that the verdict on a site needs to know of its archive. Told again whenever a step has changed that. */
export function siteReport(facts: ReportNeeds, now: number, of: 'run' | 'status' = 'run'): SiteReport {
  return { ...listingReport(facts, now, of), ...nextReport(facts, now) }
}

/** What is known of a site by its archive: all but what the next night will do. */
export function listingReport(
  { host, site, collection, limits }: ListingNeeds,
  now: number,
  of: 'run' | 'status' = 'run',
): SiteReport {
  const { role, owner } = site.role
  return {
    ...archiveReport(site.name, collection, now, knownDamage(lastVerdictOf(host, site), of)),
    role: site.isDesktop ? 'desktop' : role,
    ...(owner === undefined ? {} : { owner }),
    staleAfter: staleAfterOf(host, site.isDesktop),
    ...drillReport(host, site),
    ...(site.isDesktop ? {} : { allowanceBytes: limits.allowanceBytes }),
    frozen: frozenReason(host, site.name) ?? null,
    shrinkage: shrinkageOfSite(host, site.name),
    broken: brokenReport({ host, site, collection }, now),
    works: collection.chains.flatMap(setsOf).findLast(({ answer }) => answer !== undefined)?.answer?.works,
    ...suspicionReport({ host, site, collection }),
    ...sealReport({ host, site }),
  }
}

/** That its archive is not what its seals say, as this host found when it looked last. */
export function sealReport({ host, site }: Needs<'host' | 'site'>): Pick<SiteReport, 'seals'> {
  const alarm = sealAlarmOf(host, site.name)
  if (!alarm) return { seals: null }
  const text = `its archive is not as it was sealed, since ${printTime(alarm.since)}: ${alarm.reasons.join('; ')}`
  return { seals: { level: 'attention', text, isKnown: (lastVerdictOf(host, site)?.at ?? 0) > alarm.since } }
}

/** The last restore of a backup of it into a sandbox by this host, its owner. */
function drillReport(host: Host, site: Pick<Site, 'name' | 'isDesktop' | 'role'>): Partial<SiteReport> {
  const { drill } = readRecord(host, site.name)
  if (!drill || site.role.role !== 'primary') return {}
  const drillProblem = drillFinding(drill, lastVerdictOf(host, site)?.at)
  return { ...(drill.doneAt !== undefined && { drilledAt: drill.doneAt }), drillProblem }
}

/** That its contents are suspect. Only its owner can clear that. */
function suspicionReport({ host, site, collection }: Needs<'host' | 'site' | 'collection'>): Partial<SiteReport> {
  const found = suspicionOf(collection, readRecord(host, site.name))
  if (!found) return { suspicion: null, isSuspect: false }
  return { suspicion: suspicionFinding(found, site.role.role === 'primary', lastVerdictOf(host, site)?.at), isSuspect: true }
}

function brokenReport({ host, site, collection }: Needs<'host' | 'site' | 'collection'>, now: number): Finding | null {
  const broken = brokenSince(collection)
  const isOwner = site.role.role === 'primary'
  return broken ? brokenFinding(site.name, broken, isOwner, now, lastVerdictOf(host, site)?.at) : null
}

function shrinkageOfSite(host: Host, site: string): string | null {
  const { shrunken, held } = readRecord(host, site)
  if (shrunken !== undefined) return shrinkageText(shrunken.reasons, shrunken.good)
  return held ? heldText(held) : null
}

/** What the last run that had to do with the site said of it. */
export const lastVerdictOf = (host: Host, site: Pick<Site, 'name' | 'isDesktop'>): LastVerdict | undefined =>
  lastOf(readLastRunOrNothing(host, site.isDesktop ? 'desktop' : 'nightly'), site.name)

/** What work on it came to in that run, with the time of the run, where that was not well and still holds. */
export function lastWork(host: Host, site: Pick<Site, 'name' | 'isDesktop'>): readonly Finding[] {
  const last = lastVerdictOf(host, site)
  const work = last?.work ?? []
  return withIncomplete(work, hasKeptProposal(host, site.name)).map(finding =>
    work.includes(finding) ? { ...finding, text: `the run of ${printTime(last!.at)}: ${finding.text}` } : finding,
  )
}

/** A memory that cannot be read tells nothing: the end of each run says so. */
function readLastRunOrNothing(host: Host, task: string): LastRun {
  try {
    return readLastRun(host, task)
  } catch {
    return NO_RUN
  }
}

/** What the last runs failed in that was for no site, with their times: a mount, a VPN. */
export function lastRunFindings(host: Host): readonly Finding[] {
  return (['nightly', 'desktop'] as const).flatMap(task => {
    const { run } = readLastRunOrNothing(host, task)
    const failures = run?.work.filter(({ level }) => level === 'failed') ?? []
    return failures.map(({ level, text }) => ({ level, text: `the ${task} run of ${printTime(run!.at)}: ${text}` }))
  })
}

/** What the next night will do for a site that this host backs up: its own decisions, a day ahead. */
function nextReport(facts: ReportNeeds, now: number): Pick<SiteReport, 'next' | 'pruning'> {
  const { site, collection, limits, freeSpace } = facts
  if (site.isDesktop || site.role.role !== 'primary') return {}
  const tomorrow = now + DAY
  const input = pruneInputOf({ ...facts, interrupted: false, now: tomorrow })
  const prune = planPrune(input)
  const fullBackups = freeSpace?.fullBackups ?? { allowed: true, reason: '' }
  const { frequencySeconds } = limits
  const backup = planBackup({
    collection,
    frequencySeconds,
    now: tomorrow,
    fullBackups,
    ownSince: chainsOwnSince(site.epoch),
  })
  const over = collection.bytes !== undefined && collection.bytes > limits.allowanceBytes
  return {
    pruning: pruningReport(prune),
    next: nextNight({ prune, backup, frozen: input.frozen ?? input.suspect?.join('; '), over }),
  }
}

/** A read-only run: whether the archive is mounted already, and who gets what it finds. */
export interface Look {
  readonly look: {
    /** The archive is there already: no VPN, no mount, no unmount. */
    readonly mounted: boolean
    readonly found: (site: SiteStatus) => void
    freeSpace: FreeSpace | undefined
  }
}

/** A look that keeps something of each site. */
export interface LookFor<Kept> extends Look {
  readonly look: Look['look'] & { readonly sites: readonly Kept[] }
}

/** A look that has found nothing yet. @param keep what of a site is kept: all of a thousand would be much */
export function newLook<Kept>(mounted: boolean, keep: (site: SiteStatus) => Kept): LookFor<Kept> {
  const sites: Kept[] = []
  return { look: { mounted, sites, found: site => void sites.push(keep(site)), freeSpace: undefined } }
}

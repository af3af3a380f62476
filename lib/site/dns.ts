import { formatAge } from '../core/age.ts'
import { type DnsAdvice, dnsAdvice, dnsText, leadsElsewhere } from '../core/dns-advice.ts'
import type { Finding } from '../core/finding.ts'
import { addressesOf, lookUpDomains } from '../host/name-service.ts'
import { readRecord } from '../host/records.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { lastVerdictOf } from './report.ts'

/** What of a site's DNS is to be changed so that its visitors come to this host. */
export interface SiteDns {
  readonly advice: readonly DnsAdvice[]
  /** What is reported of it; empty once all domains point here. */
  readonly text: readonly string[]
}

/** Asks name servers for all domains of a site. @throws when the run is stopped */
export async function dnsOf({ host, shell }: Pick<HostContext, 'host' | 'shell'>, site: SitePlace): Promise<SiteDns> {
  const here = addressesOf(host)
  const domains = namesOf(host, site)
  if (domains.length === 0)
    return { advice: [], text: [`no domain of ${site.name} is known here: see sites.${site.name}.domains`] }
  const advice = dnsAdvice(await lookUpDomains(host, domains, shell), here)
  return { advice, text: dnsText(advice, here) }
}

/** Whether no visitor of a site is sent to this host any more. @throws when the run is stopped */
export async function isLeft({ host, shell }: Pick<HostContext, 'host' | 'shell'>, site: SitePlace): Promise<boolean> {
  const domains = namesOf(host, site)
  return domains.length > 0 && leadsElsewhere(await lookUpDomains(host, domains, shell), addressesOf(host))
}

// what may stand for any name has no address of its own
const namesOf = (host: Host, site: SitePlace): string[] =>
  domainsOf(host, site).filter(domain => /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(domain))

/** That a site was taken over, and visitors are still sent elsewhere; null where nothing is awaited. */
export async function dnsFinding(context: Pick<HostContext, 'host' | 'shell'>, site: SitePlace): Promise<Finding | null> {
  const { host, shell } = context
  const { dnsAwaitedSince: since } = readRecord(host, site.name)
  if (since === undefined) return null
  const { text } = await dnsOf(context, site)
  if (text.length === 0) return null
  const age = formatAge(Math.max(0, shell.now() - since))
  const isKnown = (lastVerdictOf(host, site)?.at ?? 0) > since
  return {
    level: 'attention',
    text: `it was taken over ${age} ago, and DNS does not send all visitors here:\n  ${text.join('\n  ')}`,
    isKnown,
  }
}

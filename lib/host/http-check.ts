import type { SiteAnswer } from '../core/page.ts'
import { messageOf } from '../core/wording.ts'
import { LONGEST_TIMER } from '../engine/limits.ts'
import type { Host } from '../inventory/schema.ts'
import { askPages, type Question } from './ask-pages.ts'
import { getPage } from './get-page.ts'
import { ownRequest } from './own-requests.ts'
import type { SitePlace } from './site.ts'
import { domainsOf } from './web-server-files.ts'

/** What this host asks a site, and where; undefined when nothing says how. */
export function questionFor(host: Host, site: SitePlace): Question | undefined {
  const { check } = site.settings
  const domains = domainsOf(host, site)
  const pages = (start: string): string[] => check?.paths?.map(path => new URL(path, start).href) ?? [start]
  if (check?.url !== undefined) {
    const own = check.host === undefined ? [] : [...domains, check.host]
    return { urls: pages(check.url), host: check.host, expect: check.expect, domains: own }
  }
  const [domain] = domains.filter(name => !name.includes('*'))
  if (!host.webServer || domain === undefined) return undefined
  return { urls: pages('http://127.0.0.1/'), host: check?.host ?? domain, expect: check?.expect, domains }
}

/**
 * Asks a site for its pages, on this host, and follows where it redirects within itself (to HTTPS, to another path).
 * Undefined when nothing says how. What has not come whole by the deadline, for all pages together, is no answer,
 * however steadily it comes.
 * @throws when the run is stopped
 */
export async function httpCheck(host: Host, site: SitePlace, stop: AbortSignal): Promise<SiteAnswer | undefined> {
  const question = questionFor(host, site)
  if (!question) return undefined
  const { request } = host.deadlines
  const late = AbortSignal.timeout(Math.min(request * 1000, LONGEST_TIMER))
  const signal = AbortSignal.any([late, stop])
  return await askPages(
    question,
    asking => getPage(asking, signal, { headers: ownRequest(host, site.name) }),
    error => {
      stop.throwIfAborted()
      return late.aborted ? `no whole answer within ${request} s` : ((error as NodeJS.ErrnoException).code ?? messageOf(error))
    },
  )
}

import { createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { SiteAnswer } from '../core/page.ts'
import { KEY_HEADER } from '../core/site-mode.ts'
import { messageOf } from '../core/wording.ts'
import { LONGEST_TIMER } from '../engine/limits.ts'
import type { Host } from '../inventory/schema.ts'
import { askPages, getPage, type Question } from './ask-pages.ts'
import type { SitePlace } from './site.ts'
import { readState, writeState } from './state.ts'
import { domainsOf } from './web-server-files.ts'

/** What this host asks a site: what the inventory says, or else its front page. */
export function pagesOf(host: Host, site: SitePlace): Question {
  const { url, host: named, paths, expect } = site.settings.check ?? {}
  const domains = domainsOf(host, site)
  const start = url ?? 'http://127.0.0.1/'
  const urls = paths?.map(path => new URL(path, start).href) ?? [start]
  if (url !== undefined) return { urls, host: named, expect, domains: named === undefined ? [] : [...domains, named] }
  return { urls, host: named ?? domains.find(isName), expect, domains }
}

const isName = (domain: string): boolean => !domain.includes('*')

/** The same; undefined when nothing tells under which name the site answers here. */
export function questionFor(host: Host, site: SitePlace): Question | undefined {
  const question = pagesOf(host, site)
  const isKnown = site.settings.check?.url !== undefined || (host.webServer && question.domains.some(isName))
  return isKnown ? question : undefined
}

/**
 * Asks a site for its pages, on this host. Undefined when nothing says how. What has not come whole by the deadline,
 * for all pages together, is no answer, however steadily it comes. @throws when the run is stopped
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

const STATE = 'own-requests'
const secret = z.object({ secret: z.string().min(32) })

/**
 * The word by which a site's web server knows this host's own requests, which reach the site while nobody else's do. A
 * site sees its own word and learns nothing of another's. Undefined before {@link makeKeys}.
 */
export function keyOf(host: Pick<Host, 'paths'>, site: string): string | undefined {
  const known = readState(host, STATE, secret)?.secret
  return known === undefined ? undefined : createHmac('sha256', known).update(site).digest('hex')
}

/** Makes what the words are made from, unless it is there. */
export function makeKeys(host: Pick<Host, 'paths'>): void {
  if (readState(host, STATE, secret) === undefined) writeState(host, STATE, { secret: randomBytes(32).toString('hex') })
}

/** Headers of this host's own requests to a site; none where no site has ever had another mode than open. */
function ownRequest(host: Pick<Host, 'paths'>, site: string): Record<string, string> {
  const key = keyOf(host, site)
  return key === undefined ? {} : { [KEY_HEADER]: key }
}

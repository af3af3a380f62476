import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { judgePage, type Page, type SiteAnswer } from '../core/page.ts'
import { messageOf } from '../core/wording.ts'
import { LONGEST_TIMER } from '../engine/limits.ts'
import type { Host } from '../inventory/schema.ts'
import type { SitePlace } from './site.ts'
import { domainsOf } from './web-server-files.ts'

/** Where this host asks a site whether it works, and for what. */
interface Question {
  readonly urls: readonly string[]
  /** The Host header, where the URL does not say it. */
  readonly host: string | undefined
  readonly expect: string | undefined
  /** The site's own, as far as they are known: only within them is a redirect followed. */
  readonly domains: readonly string[]
}

function questionFor(host: Host, site: SitePlace): Question | undefined {
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

/** Characters of the page that are read: one that never ends is a page all the same. */
const ENOUGH = 4_000_000
/** Redirects that are followed. */
const MOST_REDIRECTS = 4

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
  let answer: SiteAnswer | undefined
  for (const url of question.urls) {
    const where = question.urls.length === 1 ? '' : ` (${new URL(url).pathname})`
    try {
      const said = await askPage(url, question, AbortSignal.any([late, stop]))
      answer = { ...said, said: said.works ? said.said : `${said.said}${where}` }
    } catch (error) {
      stop.throwIfAborted()
      const why = late.aborted ? `no whole answer within ${request} s` : (error as NodeJS.ErrnoException).code
      answer = { status: undefined, works: false, said: `${why ?? messageOf(error)}${where}` }
    }
    if (!answer.works) return answer
  }
  return answer
}

/** Asks for one page, as far as it redirects within the site. @throws when nothing answers */
async function askPage(url: string, { host, expect, domains }: Question, signal: AbortSignal): Promise<SiteAnswer> {
  const asked = new Set<string>()
  for (let next: Asking = { url, host }; ; ) {
    asked.add(JSON.stringify(next))
    const page = await get(next, signal)
    const { status } = page
    const to = status >= 300 && status < 400 ? redirectOf(page, next, domains) : undefined
    const answer = { status, ...judgePage(page, domains, to ? undefined : expect) }
    if (!to || !answer.works) return answer
    if (asked.has(JSON.stringify(to)) || asked.size > MOST_REDIRECTS)
      return { status, works: false, said: `HTTP ${status}, which redirects in circles` }
    next = to
  }
}

/** Which server is asked, and under which name. */
interface Asking {
  readonly url: string
  readonly host: string | undefined
}

/**
 * Where a redirect leads within the site: the same server is asked, whatever the name resolves to elsewhere. Undefined
 * where it leads anywhere else.
 */
function redirectOf({ location }: Page, from: Asking, domains: readonly string[]): Asking | undefined {
  const server = new URL(from.url)
  const name = from.host ?? server.host
  const to = URL.parse(location ?? '', `${server.protocol}//${name}${server.pathname}${server.search}`)
  const isOwn = (hostname: string): boolean => hostname === name.replace(/:\d+$/, '') || domains.includes(hostname)
  // a site decides where it redirects: not to whatever else listens on this host
  const isWeb = /^https?:$/.test(to?.protocol ?? '') && ['', server.port].includes(to?.port ?? '')
  if (location === undefined || !to || !isWeb || !isOwn(to.hostname)) return undefined
  const next = new URL(to)
  next.hostname = server.hostname
  if (to.port === '' && to.protocol === server.protocol) next.port = server.port
  next.hash = ''
  return { url: next.href, host: from.host === undefined && to.hostname === server.hostname ? undefined : to.host }
}

function get({ url, host }: Asking, signal: AbortSignal): Promise<Page> {
  const { promise, resolve, reject } = Promise.withResolvers<Page>()
  const secure = url.startsWith('https:')
  // it is this very host that is asked: its certificate may be that of yesterday
  const options = {
    headers: host === undefined ? {} : { host },
    signal,
    // a connection that was kept from an earlier question may be closed at any moment, which would look like a broken
    // site
    agent: false,
    rejectUnauthorized: false,
    ...(secure && host ? { servername: host.replace(/:\d+$/, '') } : {}),
  }
  const request = (secure ? httpsRequest : httpRequest)(url, options, response => {
    let body = ''
    const done = (): void => resolve({ status: response.statusCode ?? 0, location: response.headers.location, body })
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      body += chunk
      if (body.length < ENOUGH) return
      done()
      request.destroy()
    })
    response.on('end', done)
    response.on('error', reject)
  })
  request.on('error', reject)
  request.end()
  return promise
}

import { judgePage, type Page, type PageSketch, type SiteAnswer, sketchOf } from '../core/page.ts'
import { MODE_HEADER } from '../core/site-mode.ts'

/** What a site is asked, and what a working one answers. */
export interface Question {
  readonly urls: readonly string[]
  /** The Host header, where the URL does not say it. */
  readonly host: string | undefined
  readonly expect: string | undefined
  /** The site's own, as far as they are known: only within them is a redirect followed. */
  readonly domains: readonly string[]
  /** A redirect to any host is followed: there is no other server than the site's own. */
  readonly anyDomain?: true
}

export interface Asking {
  readonly url: string
  readonly host: string | undefined
}

const MOST_REDIRECTS = 4

/**
 * Asks a site for its pages until one does not work, and follows redirects within the site (to HTTPS, to another path).
 * @param get asks a server for one page. What it throws is no answer @param why says in a few words why
 */
export async function askPages(
  question: Question,
  get: (asking: Asking) => Promise<Page>,
  why: (error: unknown) => string,
): Promise<SiteAnswer> {
  let answer: SiteAnswer = { status: undefined, works: false, said: 'no page to ask for' }
  let first: PageSketch | undefined
  for (const url of question.urls) {
    const where = question.urls.length === 1 ? '' : ` (${new URL(url).pathname})`
    try {
      const said = await askPage(url, question, get)
      first ??= said.page
      answer = { ...said, said: said.works ? said.said : `${said.said}${where}`, page: first }
    } catch (error) {
      answer = { status: undefined, works: false, said: `${why(error)}${where}` }
    }
    if (!answer.works) return answer
  }
  return answer
}

/** Asks for one page, as far as it redirects within the site. @throws when nothing answers */
async function askPage(
  url: string,
  { host, expect, domains, anyDomain }: Question,
  get: (asking: Asking) => Promise<Page>,
): Promise<SiteAnswer> {
  const asked = new Set<string>()
  for (let next: Asking = { url, host }; ; ) {
    asked.add(JSON.stringify(next))
    const page = await get(next)
    const { status } = page
    const to = status >= 300 && status < 400 ? redirectOf(page, next, anyDomain ?? domains) : undefined
    const answer = { status, ...judgePage(page, domains, to ? undefined : expect) }
    if (!to || !answer.works) return { ...answer, ...(answer.works && { page: sketchOf(page.body) }) }
    if (asked.has(JSON.stringify(to)) || asked.size > MOST_REDIRECTS)
      return { status, works: false, said: `HTTP ${status}, which redirects in circles` }
    next = to
  }
}

/** Where a redirect leads within the site: the same server is asked, whatever the name resolves to elsewhere. */
function redirectOf({ location }: Page, from: Asking, domains: readonly string[] | true): Asking | undefined {
  const server = new URL(from.url)
  const name = from.host ?? server.host
  const to = URL.parse(location ?? '', `${server.protocol}//${name}${server.pathname}${server.search}`)
  const isOwn = (hostname: string): boolean =>
    domains === true || hostname === name.replace(/:\d+$/, '') || domains.includes(hostname)
  // a site decides where it redirects: not to whatever else listens on this host
  const isWeb = /^https?:$/.test(to?.protocol ?? '') && ['', server.port].includes(to?.port ?? '')
  if (location === undefined || !to || !isWeb || !isOwn(to.hostname)) return undefined
  const next = new URL(to)
  next.hostname = server.hostname
  if (to.port === '' && to.protocol === server.protocol) next.port = server.port
  next.hash = ''
  return { url: next.href, host: from.host === undefined && to.hostname === server.hostname ? undefined : to.host }
}

/** Characters of the page that are read: one that never ends is a page all the same. */
const ENOUGH = 4_000_000

export interface AskedWith {
  readonly headers?: Readonly<Record<string, string>>
  /** `GET` when absent. Nothing is sent with another. */
  readonly method?: string
  /** The server's certificate is to be good for the name; one of this very host may be that of yesterday. */
  readonly isChecked?: boolean
}

/** Asks a server for one page. @throws when nothing answers */
export function getPage(
  { url, host }: Asking,
  signal: AbortSignal,
  { headers, method = 'GET', isChecked = false }: AskedWith = {},
): Promise<Page> {
  const { promise, resolve, reject } = Promise.withResolvers<Page>()
  const secure = url.startsWith('https:')
  const options = {
    method,
    headers: { ...headers, ...(host === undefined ? {} : { host }) },
    signal,
    // a connection that was kept from an earlier question may be closed at any moment, which would look like a broken
    // site
    agent: false,
    rejectUnauthorized: isChecked,
    ...(secure && host ? { servername: host.replace(/:\d+$/, '') } : {}),
  }
  // an import would load at each start, before anybody is asked, also all that Node has of the web: a tenth of a second
  const { request: ask } = process.getBuiltinModule(secure ? 'node:https' : 'node:http')
  const request = ask(url, options, response => {
    let body = ''
    const mode = response.headers[MODE_HEADER]?.toString()
    const done = (): void => resolve({ status: response.statusCode ?? 0, location: response.headers.location, body, mode })
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

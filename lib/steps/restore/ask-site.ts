import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import { messageOf } from '../../core/message.ts'
import { LONGEST_TIMER } from '../../engine/limits.ts'
import type { Step } from '../../engine/step.ts'
import type { Host } from '../../inventory/schema.ts'
import { domainsOf } from '../domains.ts'
import type { Needs, SitePlace } from '../facts.ts'

/** What a site answered: its HTTP status and whether the expected text was in the page. */
export interface SiteAnswer {
  /** Undefined when nothing answered. */
  readonly status: number | undefined
  readonly works: boolean
  readonly said: string
}

/** Where this host asks a site whether it works, and for what. */
interface Question {
  readonly url: string
  readonly host: string | undefined
  readonly expect: string | undefined
}

function questionFor(host: Host, site: SitePlace): Question | undefined {
  const { check } = site.settings
  if (check) return { url: check.url, host: check.host, expect: check.expect }
  const [domain] = domainsOf(host, site).filter(name => !name.includes('*'))
  return host.webServer && domain !== undefined ? { url: 'http://127.0.0.1/', host: domain, expect: undefined } : undefined
}

/** Characters of the page that are read: one that never ends is a page all the same. */
const ENOUGH = 4_000_000

/**
 * Asks a site for its front page, on this host. Undefined when nothing says how. Redirects are answers: they are not followed. What has not come whole by the deadline is no
 * answer, however steadily it comes.
 * @throws when the run is stopped
 */
export async function askSite(host: Host, site: SitePlace, stop: AbortSignal): Promise<SiteAnswer | undefined> {
  const question = questionFor(host, site)
  if (!question) return undefined
  const { request } = host.deadlines
  const late = AbortSignal.timeout(Math.min(request * 1000, LONGEST_TIMER))
  try {
    const { status, body } = await get(question, AbortSignal.any([late, stop]))
    const missing = question.expect !== undefined && !body.includes(question.expect)
    const said = missing ? `HTTP ${status}, without the expected text` : `HTTP ${status}`
    return { status, works: status < 400 && !missing, said }
  } catch (error) {
    stop.throwIfAborted()
    const why = late.aborted ? `no whole answer within ${request} s` : (error as NodeJS.ErrnoException).code
    return { status: undefined, works: false, said: why ?? messageOf(error) }
  }
}

function get({ url, host }: Question, signal: AbortSignal): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const secure = url.startsWith('https:')
  // it is this very host that is asked: its certificate may be that of yesterday
  const options = {
    headers: host === undefined ? {} : { host },
    signal,
    // a connection that was kept from an earlier question may be closed at any moment, which would look like a broken site
    agent: false,
    rejectUnauthorized: false,
    ...(secure && host ? { servername: host } : {}),
  }
  const request = (secure ? httpsRequest : httpRequest)(url, options, response => {
    let body = ''
    const done = (): void => resolve({ status: response.statusCode ?? 0, body })
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

/**
 * Milliseconds for which PHP may go on with the code that it has in its cache: whoever asks earlier asks the former site. `opcache.revalidate_freq`, 2 s
 * as PHP is shipped, counts whole seconds, so that code which was looked at in the last moment of one is served to the end of the second after the next.
 */
const CACHED = 3_100

type Asked = { before: SiteAnswer | undefined }

/** Asks the site before anything of it is exchanged. */
export const askBefore: Step<Needs<'host' | 'site'>, Asked> = {
  name: 'ask-before',
  title: 'Ask the site',
  run: async ({ host, site }, shell) => {
    const before = await askSite(host, site, shell.stop)
    shell.note('info', before ? before.said : 'nothing says how to ask it')
    return { before }
  },
}

/** Phase (g): a site that worked before and does not now is not what was wanted: failing here puts everything back. */
export const askAfter: Step<Needs<'host' | 'site'> & Asked, void> = {
  name: 'ask-after',
  title: 'Ask the restored site',
  run: async ({ host, site, before }, shell) => {
    await shell.act('ask the site over HTTP whether it answers as it did', async () => {
      if (!before) return
      await setTimeout(CACHED, undefined, { signal: shell.stop })
      const after = await askSite(host, site, shell.stop)
      if (!after) return
      if (before.works && !after.works) throw new Error(`it answered ${before.said} before and ${after.said} after the restore`)
      shell.note(after.works || before.status === undefined ? 'info' : 'warning', `${after.said} (${before.said} before)`)
    })
  },
}

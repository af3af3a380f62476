import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout } from 'node:timers/promises'
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

/** Milliseconds until a site that does not answer is taken for one that does not work. */
const PATIENCE = 30_000
/** Bytes of the page that are read. */
const ENOUGH = 4_000_000

/** Asks a site for its front page, on this host. Undefined when nothing says how. Redirects are answers: they are not followed. */
export async function askSite(host: Host, site: SitePlace): Promise<SiteAnswer | undefined> {
  const question = questionFor(host, site)
  if (!question) return undefined
  try {
    const { status, body } = await get(question)
    const missing = question.expect !== undefined && !body.includes(question.expect)
    const said = missing ? `HTTP ${status}, without the expected text` : `HTTP ${status}`
    return { status, works: status < 400 && !missing, said }
  } catch (error) {
    return { status: undefined, works: false, said: (error as NodeJS.ErrnoException).code ?? (error as Error).message }
  }
}

function get({ url, host }: Question): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const secure = url.startsWith('https:')
  // it is this very host that is asked: its certificate may be that of yesterday
  const options = {
    headers: host === undefined ? {} : { host },
    timeout: PATIENCE,
    rejectUnauthorized: false,
    ...(secure && host ? { servername: host } : {}),
  }
  const request = (secure ? httpsRequest : httpRequest)(url, options, response => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      if (body.length < ENOUGH) body += chunk
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    response.on('error', reject)
  })
  request.on('timeout', () => request.destroy(new Error('no answer')))
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
    const before = await askSite(host, site)
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
      const after = await askSite(host, site)
      if (!after) return
      if (before.works && !after.works) throw new Error(`it answered ${before.said} before and ${after.said} after the restore`)
      shell.note(after.works || before.status === undefined ? 'info' : 'warning', `${after.said} (${before.said} before)`)
    })
  },
}

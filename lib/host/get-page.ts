import type { Page } from '../core/page.ts'
import { MODE_HEADER } from '../core/site-mode.ts'
import type { Asking } from './ask-pages.ts'

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

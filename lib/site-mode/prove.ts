import { setTimeout } from 'node:timers/promises'
import type { Page } from '../core/page.ts'
import { ASK_HEADER, GUARD_ANSWER, type SiteMode } from '../core/site-mode.ts'
import { messageOf } from '../core/wording.ts'
import { askPages, getPage, type Question } from '../host/ask-pages.ts'
import { questionFor } from '../host/http-check.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { type HostContext, openWebRoot, type SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'

/** One request, and what answers it where the mode is in force. */
interface Proof {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly wanted: string
  readonly isProven: (page: Page) => boolean
}

const refuses = (kind: SiteMode['kind'], method: Proof['method'], path: string): Proof => ({
  method,
  path,
  wanted: `HTTP 503 of a site that is ${kind === 'copy' ? 'a copy' : kind}`,
  isProven: ({ status, mode }) => status === 503 && mode === kind,
})

const PHP_GUARD: Proof = {
  method: 'GET',
  path: '/index.php',
  headers: { [ASK_HEADER]: '1' },
  wanted: 'the guard that PHP reads first',
  isProven: ({ body }) => body === GUARD_ANSWER,
}

/** The first is asked of a file that PHP does not run: what an unguarded site does then is its own affair. */
function proofsOf(mode: SiteMode, hasPhp: boolean): Proof[] {
  const { kind } = mode
  const inForce: Proof = {
    method: 'GET',
    path: '/.htaccess',
    wanted: kind === 'open' ? 'the site itself' : `that of a site that is ${kind === 'copy' ? 'a copy' : kind}`,
    isProven: page => page.mode === (kind === 'open' ? undefined : kind),
  }
  if (kind === 'open') return [inForce]
  if (kind === 'forward')
    return [inForce, { ...inForce, path: '/', wanted: 'a page', isProven: page => page.mode === kind && page.status < 400 }]
  if (kind === 'frozen') return [inForce, refuses(kind, 'GET', '/'), refuses(kind, 'POST', '/')]
  return [
    inForce,
    refuses(kind, 'GET', '/holdfast/wp-cron.php'),
    refuses(kind, 'POST', '/holdfast'),
    ...(hasPhp ? [PHP_GUARD] : []),
  ]
}

function hasPhp({ folder }: SitePlace): boolean {
  using opened = OpenedFolder.openIfThere(folder)
  using root = opened && openWebRoot(opened, folder)
  return root?.names().includes('index.php') ?? false
}

/** Milliseconds between two questions, and for one. */
const [PAUSE, LONGEST] = [25, 10_000]
/** Right after a change, processes that know nothing of it still take some requests: so many in a row show it. */
const IN_A_ROW = 8

/**
 * Asks the site on this host until its answers are those of a mode.
 * @param patience milliseconds in which other answers may be those of what was in force before
 * @returns what they were instead, and whether no web server runs; undefined when the mode is in force
 */
export async function unproven(
  { host, shell }: HostContext,
  site: SitePlace,
  mode: SiteMode,
  patience: number,
): Promise<{ readonly why: string; readonly isOpen: boolean; readonly isDown: boolean } | undefined> {
  const question = questionFor(host, site)
  if (!question)
    return {
      isOpen: false,
      isDown: false,
      why: `it cannot be asked whether it is in force: say its domains in sites.${site.name}.domains, or where to ask it in sites.${site.name}.check`,
    }
  const until = Date.now() + patience
  for (const [index, proof] of proofsOf(mode, hasPhp(site)).entries()) {
    for (let left = patience > 0 && index === 0 ? IN_A_ROW : 1; left > 0; ) {
      const { isProven, isAnswer, isDown, said } = await ask(question, proof, shell.stop)
      shell.stop.throwIfAborted()
      left = isProven ? left - 1 : IN_A_ROW
      if (isProven && left === 0) break
      // what does not listen will not do so for being asked again
      const why = `${proof.method} ${proof.path} answered ${said}, wanted ${proof.wanted}`
      if (!isAnswer || (!isProven && Date.now() > until)) return { why, isOpen: isAnswer, isDown }
      await setTimeout(PAUSE, undefined, { signal: shell.stop })
    }
  }
  return undefined
}

async function ask(question: Question, proof: Proof, stop: AbortSignal) {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(LONGEST)])
  const url = new URL(proof.path, question.urls[0]).href
  let last: Page | undefined
  let isDown = false
  const answer = await askPages(
    { ...question, urls: [url], expect: undefined },
    async asking => {
      last = await getPage(asking, signal, proof)
      return last
    },
    error => {
      isDown = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
      return messageOf(error)
    },
  )
  return { isProven: last !== undefined && proof.isProven(last), isAnswer: last !== undefined, isDown, said: answer.said }
}

/**
 * Finds out how this web server reaches another host for a site, by TLS where it can be so.
 * @param to its address as a URL; one of `http:` without a port stands for `https:` too
 */
export async function otherHost(
  context: HostContext,
  site: SitePlace,
  to: string,
): Promise<{ readonly to: string } | { readonly why: string }> {
  const url = new URL(to)
  const secure = new URL(url.origin.replace(/^http:/, 'https:'))
  const ways = url.protocol === 'http:' && url.port === '' ? [secure, url] : [url]
  const reasons: string[] = []
  for (const { origin } of ways) {
    const why = await notAnswering(context, site, origin)
    if (why === undefined) return { to: origin }
    reasons.push(why)
  }
  return { why: reasons.join('; ') }
}

async function notAnswering({ host, shell }: HostContext, site: SitePlace, origin: string): Promise<string | undefined> {
  const domains = domainsOf(host, site)
  const domain = questionFor(host, site)?.host ?? domains.find(each => !each.includes('*'))
  if (domain === undefined)
    return `no domain of it is known by which ${origin} could be asked: say it in sites.${site.name}.domains`
  const signal = AbortSignal.any([shell.stop, AbortSignal.timeout(LONGEST)])
  const asked = `${origin} was asked for ${domain}, and`
  try {
    const { status, mode, location } = await getPage({ url: `${origin}/`, host: domain }, signal, { isChecked: true })
    if (mode !== undefined) return `${asked} is ${mode === 'copy' ? 'a read-only copy' : mode} there`
    if (status >= 400) return `${asked} answered HTTP ${status}`
    const next = location === undefined ? undefined : new URL(location, `${new URL(origin).protocol}//${domain}`)
    // it would be asked again in the same way, and say the same
    const isOwn =
      next === undefined || (next.origin.startsWith(new URL(origin).protocol) && [domain, ...domains].includes(next.hostname))
    return isOwn ? undefined : `${asked} leads to ${next.href}`
  } catch (error) {
    shell.stop.throwIfAborted()
    return `${asked} did not answer: ${(error as NodeJS.ErrnoException).code ?? messageOf(error)}`
  }
}

import { messageOf } from '../core/wording.ts'
import { getPage } from '../host/ask-pages.ts'
import { questionFor } from '../host/http-check.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'

/** Milliseconds that another host has to answer. */
const LONGEST = 10_000

/**
 * Finds out how another host is reached for a site, as the web server of this one will ask it: by the site's name, and
 * by TLS with a certificate that is good for it, where it can be so.
 * @param to its address as a URL; one of `http:` without a port stands for `https:` too
 * @returns the address, or why visitors cannot be sent there
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

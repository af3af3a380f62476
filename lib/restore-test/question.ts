import type { Question } from '../host/ask-pages.ts'
import { questionFor } from '../host/http-check.ts'
import type { SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'

/**
 * What a restored site is asked: the same as the live one, or its front page where nothing says how that is asked. Its
 * sandbox has one server, which no redirect leaves.
 */
export function questionInSandbox(host: Host, site: SitePlace): Question {
  const { check } = site.settings
  const domains = domainsOf(host, site)
  const [domain] = domains.filter(name => !name.includes('*'))
  const front = new URL(check?.url ?? 'http://127.0.0.1/').href
  const urls = check?.paths?.map(path => new URL(path, front).href) ?? [front]
  const asked = questionFor(host, site) ?? { urls, host: check?.host ?? domain, expect: check?.expect, domains }
  return asked.domains.length > 0 ? asked : { ...asked, anyDomain: true }
}

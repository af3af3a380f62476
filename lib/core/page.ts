import type { PageSketch } from './page-sketch.ts'

/** What a site answered when it was asked for its pages. */
export interface SiteAnswer {
  /** The HTTP status of the last page that was asked for; undefined when nothing answered. */
  readonly status: number | undefined
  readonly works: boolean
  /** In a few words: `HTTP 200`, `HTTP 500`, `HTTP 200, but a fatal error of PHP (/shop)`. */
  readonly said: string
  /** The first page that was asked for, where it worked. */
  readonly page?: PageSketch | undefined
}

/** What is written down of it beside the set that was made right after. */
export type SetAnswer = Pick<SiteAnswer, 'works' | 'said'>

/** A page as it came: its text may be cut off after some millions of characters. */
export interface Page {
  readonly status: number
  readonly location?: string | undefined
  readonly body: string
  /** The mode of the site that answered instead of it, if one did; see site-mode.ts. */
  readonly mode?: string | undefined
}

/** What a broken WordPress, or PHP below it, shows with a status that says that all is well. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [
    /<b>(?:Fatal|Parse) error<\/b>:\s[\s\S]{1,4000} on line <b>\d+<\/b>|^\s*(?:PHP )?(?:Fatal|Parse) error: /,
    'a fatal error of PHP',
  ],
  [/<title>\s*Database Error\s*<\/title>|<h1>Error establishing a database connection<\/h1>/i, 'a database error'],
  [/<body id="error-page">/, 'an error page of WordPress'],
]

/**
 * Judges a page by what a visitor would see. A redirect within the site is an answer like another: whoever asks follows
 * it.
 * @param domains the site's own, in small letters: a redirect to any other leads away from it
 * @param expect a text that a working page contains
 */
export function judgePage({ status, location, body }: Page, domains: readonly string[], expect?: string): SetAnswer {
  const not = (why: string): SetAnswer => ({ works: false, said: `HTTP ${status}, ${why}` })
  if (status >= 400) return { works: false, said: `HTTP ${status}` }
  const away = location === undefined ? undefined : leadsAway(location, domains)
  if (away !== undefined) return not(`which redirects to ${away}`)
  const sign = SIGNS.find(([pattern]) => pattern.test(body))
  if (sign) return not(`but ${sign[1]}`)
  if (expect !== undefined && !body.includes(expect)) return not('without the expected text')
  if (status === 200 && body.trim() === '') return not('but an empty page')
  return { works: true, said: `HTTP ${status}` }
}

/** Where a redirect leads that no working site makes: to WordPress's installation, or to another host. */
function leadsAway(location: string, domains: readonly string[]): string | undefined {
  const { hostname, pathname } = URL.parse(location, 'http://same.invalid/') ?? { hostname: 'nowhere', pathname: '' }
  if (/\/wp-admin\/(install|setup-config)\.php$/.test(pathname)) return "WordPress's installation"
  const bare = (name: string): string => name.replace(/^www\./, '')
  const isOwn = hostname === 'same.invalid' || domains.length === 0 || domains.some(name => covers(bare(name), bare(hostname)))
  return isOwn ? undefined : hostname
}

const covers = (domain: string, name: string): boolean =>
  domain === name || (domain.startsWith('*.') && name.endsWith(domain.slice(1)))

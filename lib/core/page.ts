import { formatAge } from './age.ts'

export interface SiteAnswer {
  /** The HTTP status of the last page that was asked for; undefined when nothing answered. */
  readonly status: number | undefined
  readonly works: boolean
  /** In a few words: `HTTP 200`, `HTTP 500`, `HTTP 200, but a fatal error of PHP (/shop)`. */
  readonly said: string
  readonly page?: PageSketch | undefined
}

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
 * Judges a page by what a visitor would see. A redirect within the site is an answer: whoever asks follows it.
 * @param domains the site's own, in small letters: a redirect to any other leads away from it
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

/** What came of a restore of a set into a sandbox, where it was asked. */
export interface SetTest extends SetAnswer {
  /** When; ms since the epoch. */
  readonly at: number
  /** Seconds that its files took; absent where they could not be restored, and `said` is why. */
  readonly restored?: number | undefined
  /** Seconds that its dump took; absent where it has none, or it could not be imported. */
  readonly imported?: number | undefined
  readonly importFailed?: true | undefined
  /** What was asked, where a person asked for something else than the site's own check. */
  readonly asked?: string | undefined
}

/** The tests of a set with one more: of two that asked the same, the later counts. */
export const withTest = (tests: readonly SetTest[], test: SetTest): readonly SetTest[] => [
  ...tests.filter(({ asked }) => asked !== test.asked),
  test,
]

/** The test in which the site was asked as it is each night. */
export const ownTest = (tests: readonly SetTest[] = []): SetTest | undefined => tests.find(({ asked }) => asked === undefined)

export function testText({ restored, imported, works, said }: SetTest): string {
  if (restored === undefined) return `cannot be restored: ${said}`
  const took = (seconds: number): string => (seconds < 300 ? `${Math.ceil(seconds)} s` : formatAge(seconds * 1000))
  const database = imported === undefined ? '' : `, its database imported in ${took(imported)}`
  const all = restored + (imported ?? 0)
  return `restored in ${took(restored)}${database}, ${works ? 'works' : 'does not work'}: ${said}; a recovery of it would take about ${took(all)}`
}

/** What tells one page from another, small enough to be kept each night. */
export interface PageSketch {
  readonly title: string
  /** The least hashes of its words, in order. */
  readonly words: readonly number[]
}

/** How many hashes are kept: enough to tell some of the words from none of them. */
const KEPT = 64

/** What is looked at of a page, in characters from its beginning. */
const MOST = 200_000

/** Of a page without its tags. Each pattern ends at the next tag: a page may have been made to keep one busy. */
export function sketchOf(html: string): PageSketch {
  const start = html.slice(0, MOST)
  const title = /<title[^<>]*>([^<]*)/i.exec(start)?.[1] ?? ''
  const text = start.replace(/<[^<>]*>/g, ' ')
  const words = new Set((text.toLowerCase().match(/[\p{L}\p{N}]{2,40}/gu) ?? []).map(hashOf))
  return { title: title.trim().replace(/\s+/g, ' ').slice(0, 200), words: [...words].sort((a, b) => a - b).slice(0, KEPT) }
}

function hashOf(word: string): number {
  let hash = 0x811c9dc5
  for (const unit of word) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193) >>> 0
  return hash
}

/** Fewer words are soon others. */
const LEAST = 20

/** That another page was put in its place: news change daily, and neither title nor menu. */
export function pageSigns(before: PageSketch | undefined, now: PageSketch | undefined): readonly string[] {
  if (!before || !now) return []
  const [was, is] = [before.title, now.title]
  return [
    ...(was !== '' && was !== is ? [`its front page was called "${was}", and is called "${is}"`] : []),
    ...(before.words.length >= LEAST && commonShare(before.words, now.words) < 0.02
      ? ['hardly a word of its front page is left']
      : []),
  ]
}

/** The share of words that two pages have in common, of all that either has, as the least hashes of both tell. */
function commonShare(a: readonly number[], b: readonly number[]): number {
  const least = [...new Set([...a, ...b])].sort((x, y) => x - y).slice(0, KEPT)
  return least.length === 0 ? 1 : least.filter(hash => a.includes(hash) && b.includes(hash)).length / least.length
}

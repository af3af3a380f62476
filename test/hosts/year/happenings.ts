import type { Lab } from '../lab.ts'
import { SITES, type Site, VHOSTS } from './sites.ts'

export type WebHost = 'web1' | 'web2'

/** Something that is not well: of a site, or of the night itself. */
export interface Trouble {
  readonly site?: Site
  readonly tells: RegExp
}

/**
 * Something that goes wrong, or is done, for some nights; and what each host's owner must be told of it, night by
 * night.
 */
export interface Happening {
  readonly name: string
  /** How many nights it lasts: in a year, and where many things happen in few nights. */
  readonly nights: readonly [year: number, short: number]
  /** Quiet nights after it, where there are few. */
  readonly quiet?: number
  readonly begin?: (lab: Lab) => Promise<unknown>
  readonly end?: (lab: Lab) => Promise<unknown>
  /** What is not well, from the first night (0) on. The night ends with 1 when there is anything. */
  readonly wrong?: (host: WebHost, nth: number) => readonly Trouble[]
  /** What a mail of web1 says too, when there is one. */
  readonly besides?: readonly RegExp[]
  /** What it may say or not. */
  readonly may?: readonly RegExp[]
  /** By how many days this host's clock is ahead. */
  readonly ahead?: (host: WebHost) => number
  /** Hosts that have no night. */
  readonly off?: readonly WebHost[]
  /** What is not to be had: no post can be written, no backup made, no mail sent. */
  readonly without?: readonly ('database' | 'backup' | 'mail')[]
}

const nas = (script: string) => (lab: Lab) => lab.sh('nas', script)
const web1 = (script: string) => (lab: Lab) => lab.sh('web1', script)
const web2 = (script: string) => (lab: Lab) => lab.sh('web2', script)
const of = (site: Site, tells: RegExp): Trouble => ({ site, tells })
const all = (tells: (site: Site) => string): Trouble[] => SITES.map(site => of(site, new RegExp(tells(site))))

/** What visitors leave in a replica is no edit: WordPress keeps there for a while what it can make anew. */
export const visit = web2(
  `curl -sS --max-time 10 -H 'Host: blog.example.org' http://127.0.0.1/ | grep -q '<title>Garden'
mariadb blog -e "REPLACE INTO wp_options (option_name, option_value, autoload) VALUES ('_transient_visit', RAND(), 'off')"`,
)

/** Somebody takes a replica for the site. */
export const edit = web2(`echo 'edited here' >${VHOSTS}/leaflet/SITE/page-5.html`)
export const EDITED =
  /^significant: leaflet was changed here since the last replay: 1 file \(SITE\/page-5\.html\); kept in .* and all of it as a safety copy/

const DOWN = [of('blog', /^failed: blog: /), of('shop', /^failed: shop: /)]

export const HAPPENINGS: readonly Happening[] = [
  {
    name: "web1's database is down",
    nights: [7, 2],
    begin: web1('systemctl stop mariadb'),
    end: web1('systemctl start mariadb'),
    wrong: host => (host === 'web1' ? DOWN : []),
    // it is mailed once, and stays in the verdict
    may: [/^(attention|warning): blog: it does not work/],
    without: ['database'],
  },
  {
    name: 'the share is full',
    nights: [3, 1],
    begin: nas('cd /srv/nas; fallocate -l $(($(df -B1 --output=avail . | tail -n 1) - 2000000)) filler'),
    end: nas('rm -f /srv/nas/filler'),
    wrong: host => (host === 'web1' ? [{ tells: /^attention: no full backup will start/ }] : []),
    without: ['backup'],
  },
  {
    name: "web1's clock is a day ahead for a night",
    nights: [1, 1],
    quiet: 1,
    ahead: host => (host === 'web1' ? 1 : 0),
    // web1 cannot know; from web2 it is seen
    wrong: host => (host === 'web2' ? all(site => `^attention: ${site}: the newest backup is of .* ahead of this clock`) : []),
  },
  {
    name: 'the NAS cannot be reached',
    nights: [2, 1],
    quiet: 1,
    begin: lab => lab.network.plug('nas', false),
    end: lab => lab.network.plug('nas', true),
    wrong: () => [{ tells: /^failed: Mount/ }],
    without: ['backup', 'mail'],
  },
  {
    name: 'web1 is off',
    nights: [5, 3],
    off: ['web1'],
    // from the second night on the newest backup is more than two days old
    wrong: (host, nth) => (host === 'web2' && nth >= 1 ? all(site => `^attention: ${site}: no backup for ${nth + 1} days`) : []),
    without: ['backup'],
  },
  {
    name: 'most of the leaflet is deleted',
    nights: [2, 1],
    begin: web1(`mkdir /root/leaflet; mv ${VHOSTS}/leaflet/SITE/page-[1-3]*.html /root/leaflet`),
    end: web1(`mv /root/leaflet/* ${VHOSTS}/leaflet/SITE; rmdir /root/leaflet`),
    wrong: host => [of('leaflet', host === 'web1' ? /^attention: leaflet: it has shrunk/ : /^attention: leaflet: stays behind/)],
    may: [/^warning: leaflet: an unusual change: nearly all files are gone/],
  },
  {
    name: 'a setting is mistyped',
    nights: [3, 1],
    begin: web1(`cd ${VHOSTS}/leaflet; mv max_NAS_space /root; echo 2O >max_NAS_space`),
    end: web1(`mv /root/max_NAS_space ${VHOSTS}/leaflet`),
    besides: [/^warning: leaflet: .*max_NAS_space/],
  },
  {
    name: "web2's database is down",
    nights: [3, 1],
    quiet: 1,
    begin: web2('systemctl stop mariadb'),
    end: web2('systemctl start mariadb'),
    wrong: host => (host === 'web2' ? DOWN : []),
    may: [/^(attention|warning): blog: it does not work/],
  },
]

/** Quiet nights between two happenings of a year. */
const QUIET_NIGHTS = 6

/**
 * Nights of a short year: everything happens once, with quiet nights only where one is needed to tell what comes
 * of what.
 */
export const SHORT = 2 + HAPPENINGS.reduce((sum, { nights: [, short], quiet = 0 }) => sum + short + quiet, 0)

/** Which happening there is each night, and for how many nights already. */
export function calendarOf(nights: number): ReadonlyMap<number, { readonly what: Happening; readonly nth: number }> {
  const isYear = nights > SHORT
  const calendar = new Map<number, { what: Happening; nth: number }>()
  let night = 3
  while (night <= nights)
    for (const what of HAPPENINGS) {
      for (let nth = 0; nth < what.nights[isYear ? 0 : 1]; nth++) calendar.set(night++, { what, nth })
      night += isYear ? QUIET_NIGHTS : (what.quiet ?? 0)
    }
  return calendar
}

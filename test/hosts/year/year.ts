import type { Lab } from '../lab.ts'
import { type Archive, bytesOf, chainEnds, fullsOf, goneFrom, lookIntoArchive, setsOf } from './archive.ts'
import { type Owed, surprises } from './expected.ts'
import { calendarOf, EDITED, edit, type Happening, SHORT, type Trouble, visit, type WebHost } from './happenings.ts'
import { takeLetters } from './mailbox.ts'
import { setUp } from './set-up.ts'
import { day, type Limits, limit, makeSites, SITES, type Site, stateOf } from './sites.ts'

const DAY = 86_400_000
const MB = 1_000_000
/** What a night tells of what it pruned. */
const PRUNED = ['Delete the', 'after the pruning it can be restored as far back as']

/** A task as `npx zx` starts it, which a year cannot wait for each time. */
const MODULES = '/opt/holdfast/node_modules/.bin'
export const task = (words: string): string =>
  `env PATH=${MODULES}:/usr/bin:/bin:/usr/sbin:/sbin NODE_COMPILE_CACHE=/var/cache/node zx tasks/${words}`
const QUIET: Happening = { name: '', nights: [1, 1] }

/**
 * A night of a host: what happens, for how many nights already, and whether the replica was edited in the day
 * before.
 */
interface Night {
  readonly number: number
  readonly what: Happening
  readonly nth: number
  readonly isEdited: boolean
  /** What happened in the night before. */
  readonly before: Happening | undefined
}

/** What a site was in the evening of a day. */
export interface Evening {
  readonly night: number
  readonly states: Readonly<Record<Site, string>>
}

/**
 * A year of two hosts, night by night: what is done to them, what their owner must be told, and whatever was told
 * otherwise.
 */
export class Year {
  readonly diary: string[] = ['| night | what happens | web1 | web2 |', '| --- | --- | --- | --- |']
  readonly faults: string[] = []
  readonly evenings: Evening[] = []
  mails = 0
  nights = 0
  archive: Archive = new Map()
  readonly lab: Lab
  readonly limits: Record<Site, Limits>
  /** Days for which nothing is pruned. */
  readonly keepDays: number
  readonly #calendar
  readonly #owed: Record<WebHost, Owed[]> = { web1: [], web2: [] }
  /** What was not well in the last night that came so far. */
  readonly #ill: Record<WebHost, readonly Trouble[]> = { web1: [], web2: [] }
  #outgrown = false

  private constructor(lab: Lab, nights: number) {
    this.lab = lab
    this.keepDays = nights > SHORT ? 30 : 2
    const [blog, shop, leaflet] = nights > SHORT ? [30, 30, 7] : [9, 4, 5]
    this.limits = {
      blog: { allowance: nights > SHORT ? 40 : 11, frequency: blog },
      shop: { allowance: 1, frequency: shop },
      leaflet: { allowance: 1, frequency: leaflet },
    }
    this.#calendar = calendarOf(nights)
  }

  /** Sets the hosts up. */
  static async begin(lab: Lab, nights: number): Promise<Year> {
    const year = new Year(lab, nights)
    await setUp(lab, year.keepDays)
    await makeSites(lab, year.limits)
    return year
  }

  /** A day, and the night after it on both hosts. */
  async live(number: number): Promise<void> {
    const { lab } = this
    const { what, nth } = this.#calendar.get(number) ?? { what: QUIET, nth: 0 }
    const before = this.#calendar.get(number - 1)?.what
    lab.days = number
    if (before !== what) await before?.end?.(lab)
    if (before !== what) await what.begin?.(lab)
    if (this.#outgrown) await this.#raise()
    await this.#work(number, what)
    const isVisited = what === QUIET && number % 4 === 2
    const isEdited = what === QUIET && number % 4 === 3
    if (isVisited) await visit(lab)
    if (isEdited) await edit(lab)
    const said: string[] = []
    for (const host of ['web1', 'web2'] as const) said.push(await this.#night(host, { number, what, nth, before, isEdited }))
    const events = [what.name, isVisited ? 'the replica is visited' : '', isEdited ? 'the replica is edited' : ''].filter(
      text => text !== '',
    )
    this.diary.push(`| ${number} | ${events.join(', ')} | ${said.join(' | ')} |`)
    console.log(this.diary.at(-1))
    this.nights = number
  }

  /** What the owner does in a day; and what the sites are then. */
  async #work(night: number, what: Happening): Promise<void> {
    const hasDatabase = !what.without?.includes('database')
    const looks = hasDatabase ? SITES.map(site => stateOf(site)) : []
    const words = (await this.lab.sh('web1', [day(night, hasDatabase), ...looks].join('\n'))).trim().split('\n')
    // a backup of a day ahead is not found by its age
    if (!hasDatabase || what.ahead || what.without?.includes('backup')) return
    this.evenings.push({ night, states: Object.fromEntries(SITES.map((site, at) => [site, words[at]!])) as Record<Site, string> })
  }

  async #night(host: WebHost, night: Night): Promise<string> {
    const { what, number } = night
    if (what.off?.includes(host)) return 'off'
    const days = number + (what.ahead?.(host) ?? 0)
    const due = SITES.filter(site => this.#isFullDue(site, Date.now() + days * DAY))
    const { code, text, seconds } = await this.lab.run(host, task('nightly.ts'), undefined, days)
    const hasMail = !what.without?.includes('mail')
    const letters = hasMail ? await takeLetters(this.lab) : []
    const was = this.archive
    if (hasMail) this.archive = await lookIntoArchive(this.lab)
    const isBackedUp = host === 'web1' && !what.without?.includes('backup')
    const wrong = [...(what.wrong?.(host, night.nth) ?? []), ...(isBackedUp ? this.#tooLarge() : [])]
    this.#owed[host].push(this.#owe(host, night, wrong, isBackedUp ? this.#seen(was, due) : []))
    const faults = code === (wrong.length > 0 ? 1 : 0) ? [] : [`exit ${code}, wanted ${1 - code}`]
    if (hasMail) faults.push(...surprises(this.#owed[host].splice(0), letters))
    this.mails += letters.length
    this.faults.push(...faults.map(fault => `night ${number} (${what.name}), ${host}: ${fault}`))
    if (faults.length > 0) console.log([...faults, text, ...letters.map(each => each.text)].join('\n---\n'))
    return `exit ${code}, ${seconds.toFixed(0)} s${letters.map(({ subject }) => `, mail "${subject}"`).join('')}`
  }

  /** What the mail of a night must tell. */
  #owe(host: WebHost, { number, what, before, isEdited }: Night, wrong: readonly Trouble[], seen: readonly RegExp[]): Owed {
    const isWell = ({ site }: Trouble): boolean => wrong.every(each => each.site !== site)
    // what was not looked at is not well again
    const looked = !what.without?.includes('mail')
    const again = looked ? this.#ill[host].filter(isWell) : []
    this.#ill[host] = [...wrong, ...(looked ? [] : this.#ill[host].filter(isWell))]
    const recovered = new Set(again.map(({ site }) => (site ? `${site}: well again` : 'nightly is well again')))
    const besides = [
      ...(host === 'web1' ? (what.besides ?? []) : []),
      ...SITES.filter(site => this.#isOver(site) && host === 'web1').map(
        site => new RegExp(`^warning: ${site}: over its allowance`),
      ),
    ]
    return {
      tells: [
        ...wrong.map(({ tells }) => tells),
        ...seen,
        ...[...recovered].map(text => new RegExp(`^significant: ${text}`)),
        ...(number === 1 && host === 'web1' ? [/^significant: a new archive begins/] : []),
        ...(isEdited && host === 'web2' ? [EDITED] : []),
      ],
      besides,
      // what is set on web1 comes to web2 with the next replay
      may: [...(what.may ?? []), ...(host === 'web2' ? [what, before].flatMap(each => each?.besides ?? []) : [])],
    }
  }

  #isFullDue(site: Site, now: number): boolean {
    const fulls = fullsOf(this.archive, site)
    return fulls.length === 0 || now - fulls.at(-1)! >= this.limits[site].frequency * DAY - DAY / 2
  }

  /** What must be told of what the archive shows: full backups that were made, sets that went. */
  #seen(was: Archive, due: readonly Site[]): RegExp[] {
    const is = this.archive
    return SITES.flatMap(site => {
      const isMade = setsOf(is, site).some(set => !setsOf(was, site).includes(set))
      const isFull = fullsOf(is, site).some(time => !fullsOf(was, site).includes(time))
      // the leaflet has days on which nothing changes
      if (!isMade && site !== 'leaflet') this.faults.push(`${site} was not backed up`)
      if (isFull !== due.includes(site))
        this.faults.push(`${site}: a full backup was ${isFull ? 'made that was not due' : 'due'}`)
      return [
        ...(isFull ? [new RegExp(`^significant: ${site}: full backup`)] : []),
        ...(goneFrom(was, is, site).length > 0 ? PRUNED.map(text => new RegExp(`^significant: ${site}: ${text}`)) : []),
      ]
    })
  }

  #isLarge = (site: Site): boolean => bytesOf(this.archive, site) > this.limits[site].allowance * MB
  /** Larger than it may be, which the next night sees to: an older chain is old enough to go. */
  #isOver = (site: Site): boolean =>
    this.#isLarge(site) &&
    chainEnds(this.archive, site)
      .slice(0, -1)
      .some(end => end < Date.now() + (this.lab.days - this.keepDays) * DAY)

  /** A site that is larger than its allowance, and has nothing left that could go. */
  #tooLarge(): Trouble[] {
    const large = SITES.filter(site => this.#isLarge(site) && !this.#isOver(site))
    this.#outgrown = large.includes('shop')
    return large.map(site => ({ site, tells: new RegExp(`^attention: ${site}: over its allowance`) }))
  }

  async #raise(): Promise<void> {
    const { allowance, frequency } = this.limits.shop
    this.limits.shop = { allowance: Math.ceil(allowance * 1.5), frequency }
    await this.lab.sh('web1', limit('shop', this.limits.shop))
    this.#outgrown = false
    this.diary.push(`| | the owner gives the shop ${this.limits.shop.allowance} MB | | |`)
  }
}

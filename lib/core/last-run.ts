import { type Finding, type Verdict, verdictOf } from './finding.ts'
import type { SiteReport } from './site-report.ts'

/** What was last said of a site, or of the runs as a whole. Times in ms since the epoch. */
export interface LastVerdict {
  readonly verdict: Verdict
  readonly since: number
  readonly at: number
  /** Failures and problems of its work: the archive does not have them, so `status` reads them here. */
  readonly work: readonly Finding[]
  /** The damage that was reported, with the time of the run that reported it first. */
  readonly damage: Readonly<Record<string, number>>
}

/** What a task remembers of its runs, to know what is new, what has lasted, and what is well again. */
export interface LastRun {
  readonly run?: LastVerdict | undefined
  readonly sites: Readonly<Record<string, LastVerdict>>
}

export const NO_RUN: LastRun = { sites: {} }

/** What was last said of a site. A site may be named like a property that every object has. */
export const lastOf = ({ sites }: LastRun, site: string): LastVerdict | undefined =>
  Object.hasOwn(sites, site) ? sites[site] : undefined

export interface RunVerdicts {
  readonly at: number
  /** What its work came to that was for no site. */
  readonly work: readonly Finding[]
  readonly sites: readonly {
    readonly report: SiteReport
    readonly verdict: Verdict
    /** The run got to it. */
    readonly isReached: boolean
  }[]
  /** Only some sites were asked for: of the others, and of the runs as a whole, nothing new is known. */
  readonly isPartial: boolean
}

/** What to remember after a run, which tells nothing of a site's archive that it did not get to. */
export function rememberRun(before: LastRun, { at, work, sites, isPartial }: RunVerdicts): LastRun {
  const judged = sites.filter(
    ({ report, isReached }) => isReached && (report.seenAt !== undefined || (report.work ?? []).length > 0),
  )
  const names = new Set(sites.map(({ report }) => report.site))
  const isKept = (site: string): boolean => isPartial || names.size === 0 || names.has(site)
  const kept = Object.entries(before.sites).filter(([site]) => isKept(site))
  const news = judged.map(({ report, verdict }): [string, LastVerdict] => {
    const last = lastOf(before, report.site)
    const damage = Object.fromEntries((report.damage ?? []).map(({ text }) => [text, damageOf(last, text) ?? at]))
    return [report.site, { verdict, since: sinceOf(last, verdict, at), at, work: report.work ?? [], damage }]
  })
  const ofRun = verdictOf(work)
  const run: LastVerdict = { verdict: ofRun, since: sinceOf(before.run, ofRun, at), at, work, damage: {} }
  return { run: isPartial ? before.run : run, sites: Object.fromEntries([...kept, ...news]) }
}

const damageOf = (last: LastVerdict | undefined, text: string): number | undefined =>
  last && Object.hasOwn(last.damage, text) ? last.damage[text] : undefined

/** A time ahead is from a clock that was wrong. */
const sinceOf = (last: LastVerdict | undefined, verdict: Verdict, at: number): number =>
  last?.verdict === verdict && last.since <= at ? last.since : at

/** Which damage of a site an earlier run reported; for `status`, a run before the last, which it is to agree with. */
export function knownDamage(last: LastVerdict | undefined, of: 'run' | 'status'): (text: string) => boolean {
  return text => {
    const at = damageOf(last, text)
    return at !== undefined && (of === 'run' || at < last!.at)
  }
}

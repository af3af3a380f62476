import { formatAge } from '../core/age.ts'
import type { Verdict } from '../core/finding.ts'
import { counted } from '../core/wording.ts'
import type { StatusJson } from './status.ts'

/** A site as a line shows its verdict. */
interface Judged {
  readonly site: string
  readonly verdict: Verdict
  /** Since when it is not well (ms since the epoch), where that is known. */
  readonly since?: number | undefined
}

/** Names that a line lists before it says how many more there are. */
const NAMED = 3
/** What began less than this ago is of today. */
const TODAY = 43_200_000

/** The sites that are not well: `1 of 12 sites FAILED — blog; 1 site needs attention — shop`; or nothing. */
export function verdictWords(sites: readonly Judged[], now: number): string {
  const failed = sites.filter(({ verdict }) => verdict === 'failed')
  const others = sites.filter(({ verdict }) => verdict === 'needs attention')
  return [
    ...(failed.length === 0 ? [] : [`${failed.length} of ${counted(sites.length, 'site')} FAILED — ${listed(failed, now)}`]),
    ...(others.length === 0 ? [] : [`${counted(others.length, 'site needs', 'sites need')} attention — ${listed(others, now)}`]),
  ].join('; ')
}

/** For how long it has been so, when it is not of today: ` (for 3 days)`. */
export const lasting = (since: number | undefined, now: number): string =>
  since === undefined || now - since < TODAY ? '' : ` (for ${formatAge(now - since)})`

const listed = (sites: readonly Judged[], now: number): string =>
  firstOf(sites.map(({ site, since }) => `${site}${lasting(since, now)}`))

/** The first names of a list, and how many more there are. */
export function firstOf(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(', ')
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown
}

/** The same of a status that is not well: also that something is wrong with the archive as a whole. */
export function statusWords({ sites, problems, at }: StatusJson): string {
  const sinceOf = (since: string | null): number | undefined => (since === null ? undefined : Date.parse(since))
  const judged = sites.map(({ name, verdict, since }) => ({ site: name, verdict, since: sinceOf(since) }))
  const words = verdictWords(judged, Date.parse(at))
  if (problems.length === 0) return words
  return words === '' ? 'the archive needs attention' : `${words}; the archive needs attention`
}

import { isHostName } from './marker.ts'

export interface NightlyStart {
  readonly hour: number
  readonly minute: number
  readonly why: string
}

/** What is known of another host's nights by its card. */
export interface OtherNights {
  readonly host: string
  readonly owns: boolean
  /** Minutes after midnight, by this host's clock, at which its last run was about to end. */
  readonly endsAt: number
}

const OWNERS_BEGIN = 3 * 60
/** Where nothing is known of the owners' nights. */
const REPLICAS_BEGIN = 5 * 60
/** Hosts of one kind are spread over so many minutes by their names, so that not all of them read a share at once. */
const SPREAD = 20
/** A run that is longer one night is still over. */
const MARGIN = 20
/** What ended later was no nightly run, or is not to be waited for. */
const LATEST = 7 * 60

/** Hosts that own sites begin first: those that only replicate would else stay a day behind. */
export function nightlyStart(me: string, owns: boolean, others: readonly OtherNights[]): NightlyStart {
  const own = spread(me)
  if (owns) return at(OWNERS_BEGIN + own, 'it owns sites, and those that replicate them follow')
  const [last] = others
    .filter(({ host, owns: isOwner, endsAt }) => isOwner && host !== me && endsAt <= LATEST)
    .toSorted((a, b) => b.endsAt - a.endsAt)
  if (!last) return at(REPLICAS_BEGIN + own, 'it owns no site, and follows the hosts that do')
  const begins = Math.max(OWNERS_BEGIN + SPREAD, last.endsAt) + MARGIN + own
  return at(begins, `it owns no site, and follows ${last.host}, whose run was over at ${clockText(last.endsAt)}`)
}

const at = (minutes: number, why: string): NightlyStart => ({ hour: Math.floor(minutes / 60), minute: minutes % 60, why })

/** The same for a name on every day and machine. */
const spread = (name: string): number =>
  isHostName(name) ? [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1009, 7) % SPREAD : 0

/** `03:07`. */
export const clockText = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

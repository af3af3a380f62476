import { BadInput } from './bad-input.ts'
import { isHostName } from './marker.ts'

type Values = Readonly<Record<string, unknown>>

export interface HandoverRequest {
  readonly handover: {
    /** The host that is to own the site; undefined with `cancel`. */
    readonly to: string | undefined
    readonly cancel: boolean
    /** The old host's web server passes visitors on until DNS points to the new one. */
    readonly forward: boolean
    /** This host knows no way to keep visitors from writing, and the person has seen to it. */
    readonly stopped: boolean
    readonly yes: boolean
  }
}

export interface TakeoverRequest {
  readonly takeover: {
    /** The owner is dead, and did not hand the site over. */
    readonly force: boolean
    /** The owner that is down though it was seen lately. */
    readonly dead: string | undefined
    /** The site is claimed whatever it answers here. */
    readonly anyway: boolean
    readonly yes: boolean
  }
}

/** Checks the options of a handover, before anything is touched. @throws {BadInput} */
export function readHandover(values: Values, isTerminal: boolean): HandoverRequest {
  checkSite(values, 'hand over')
  const to = values.to as string | undefined
  const [cancel, forward, yes] = ['cancel', 'forward', 'yes'].map(name => values[name] === true) as [boolean, boolean, boolean]
  if (cancel && (to !== undefined || forward)) throw new BadInput('--cancel takes a site back: it takes no --to and no --forward')
  if (!cancel && to === undefined) throw new BadInput('--to: found none, wanted the host that is to own the site')
  if (to !== undefined && !isHostName(to)) throw new BadInput(`--to: found "${to}", wanted the name of a host`)
  if (!cancel) checkAnswerable(values, isTerminal)
  return { handover: { to, cancel, forward, stopped: values.stopped === true, yes } }
}

/** Checks the options of a takeover, before anything is touched. @throws {BadInput} */
export function readTakeover(values: Values, isTerminal: boolean): TakeoverRequest {
  checkSite(values, 'take over')
  const force = values.force === true
  const dead = values.dead as string | undefined
  if (dead !== undefined && !force) throw new BadInput('--dead says of whom --force is sure: wanted both')
  if (force) checkAnswerable(values, isTerminal)
  return { takeover: { force, dead, anyway: values.anyway === true, yes: values.yes === true } }
}

function checkSite({ site }: Values, what: string): void {
  const found = Array.isArray(site) ? site.length : 0
  if (found !== 1) throw new BadInput(`--site: found ${found === 0 ? 'none' : found}, wanted the one site to ${what}`)
}

function checkAnswerable(values: Values, isTerminal: boolean): void {
  if (values.yes === true || values['dry-run'] === true || isTerminal) return
  throw new BadInput(
    'there is no terminal to ask on: add --yes to go on without a question, or --dry-run to see what would be done',
  )
}

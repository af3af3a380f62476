import { DAY, formatAge } from './age.ts'
import { BadInput } from './bad-input.ts'
import { printTime } from './restore-point.ts'
import { taskCommand } from './task-command.ts'

/** How far a host's own handover of a site came, as the host remembers it. */
export interface BegunHandover {
  readonly epoch: number
  readonly to: string
  /** `releasing` from right before it is written to the archive, which alone knows whether it was. */
  readonly phase: 'freezing' | 'releasing'
  /** The set that the other host is to restore; ms since the epoch. Known once it releases. */
  readonly set?: number | undefined
}

export interface MoveFacts {
  readonly me: string
  /** Number and owner of the archive's epoch; of epoch 0 the host that the markers name. */
  readonly epoch: { readonly number: number; readonly owner: string | undefined }
  /** What the archive says of a handover. It is of one epoch, and void once there is a later one. */
  readonly release: { readonly epoch: number; readonly to: string; readonly set: number } | undefined
  readonly begun: BegunHandover | undefined
  readonly marked?: string | undefined
}

/**
 * Where a move of a site stands, seen from a host. `frozen`: a handover that was cut off before it let go of the site;
 * `uncertain`: it may have let go, and the archive does not say so (yet).
 */
export type Move =
  | { readonly kind: 'owner' }
  | { readonly kind: 'frozen'; readonly to: string }
  | { readonly kind: 'uncertain'; readonly to: string; readonly set: number }
  | { readonly kind: 'released'; readonly to: string; readonly set: number }
  /** Without a set where a person gave it away by the archive's marker: then the newest is meant. */
  | { readonly kind: 'incoming'; readonly from: string | undefined; readonly set: number | undefined }
  | { readonly kind: 'handed over'; readonly owner: string | undefined }
  | { readonly kind: 'not here'; readonly owner: string | undefined }

/** Tells it. The archive decides wherever it says something; what this host remembers only where it does not. */
export function moveOf({ me, epoch, release, begun, marked }: MoveFacts): Move {
  const { owner } = epoch
  const valid = release?.epoch === epoch.number && release.to !== owner ? release : undefined
  if (owner !== me) {
    if (valid?.to === me) return { kind: 'incoming', from: owner, set: valid.set }
    return { kind: begun && begun.epoch < epoch.number ? 'handed over' : 'not here', owner }
  }
  if (valid) return { kind: 'released', to: valid.to, set: valid.set }
  const isGiven = epoch.number === 0 && marked !== undefined && marked !== me
  if (isGiven) return { kind: 'incoming', from: marked, set: undefined }
  if (begun?.epoch !== epoch.number) return { kind: 'owner' }
  const { to, set, phase } = begun
  return phase === 'releasing' && set !== undefined ? { kind: 'uncertain', to, set } : { kind: 'frozen', to }
}

/** What is asked of a move on the command line, or by a night. */
interface Asked {
  readonly site: string
  readonly me: string
  /** A command of a task, as a person types it. */
  readonly command: (task: string, ...options: readonly string[]) => string
}

/** What `handover` does next: the same words again go on where a run was cut off. */
export type HandoverNext = 'hand over' | 'release' | 'wait' | 'step aside' | 'take back' | 'nothing'

/** Decides it. @throws {BadInput} where nothing can be done, with the way out */
export function nextOfHandover(
  move: Move,
  { site, me, command, to, cancel }: Asked & { readonly to: string | undefined; readonly cancel: boolean },
): HandoverNext {
  switch (move.kind) {
    case 'owner':
    case 'frozen':
      return cancel ? 'nothing' : 'hand over'
    case 'uncertain':
    case 'released':
      if (cancel) return 'take back'
      if (to === move.to) return move.kind === 'released' ? 'wait' : 'release'
      throw new BadInput(
        `${site} ${move.kind === 'released' ? 'is' : 'may be'} released to ${move.to}: take it back first: ${command('handover', '--site', site, '--cancel')}`,
      )
    case 'handed over':
      if (!cancel) return 'step aside'
      throw new BadInput(
        `${move.owner} has taken ${site} over: it hands it back by ${taskCommand(undefined, 'handover', '--site', site, '--to', me)} there`,
      )
    case 'incoming':
      throw new BadInput(`${site} is on its way to ${me}, which takes it by ${command('takeover', '--site', site)}`)
    case 'not here':
      throw new BadInput(`${site} is ${move.owner ?? 'nobody'}'s: only its owner hands it over`)
  }
}

/** What `takeover` does next. `finish`: this host owns it, and makes sure that all the rest of it says so too. */
export type TakeoverNext = 'take over' | 'take by force' | 'finish'

/** Decides it. @throws {BadInput} where nothing can be done, with the way out */
export function nextOfTakeover(move: Move, { site, command, force }: Asked & { readonly force: boolean }): TakeoverNext {
  switch (move.kind) {
    case 'incoming':
      return 'take over'
    case 'owner':
    case 'frozen':
      return 'finish'
    case 'uncertain':
    case 'released':
      throw new BadInput(
        `${site} is released to ${move.to}; this host takes it back by ${command('handover', '--site', site, '--cancel')}`,
      )
    case 'handed over':
    case 'not here':
      if (force) return 'take by force'
      throw new BadInput(
        `${site} is ${move.owner ?? 'nobody'}'s, and was not handed over. If ${move.owner ?? 'its host'} is dead: ${command('takeover', '--site', site, '--force')}`,
      )
  }
}

/** Where a move stands, for people. */
export function moveText(move: Move): string {
  switch (move.kind) {
    case 'owner':
      return 'it is owned by this host'
    case 'frozen':
      return `a handover to ${move.to} was cut off before the site was released`
    case 'uncertain':
      return `a handover to ${move.to} was cut off while the site was being released: the archive does not say that it was`
    case 'released':
      return `it is released to ${move.to}, which has not taken it over yet`
    case 'incoming':
      return `${move.from ?? 'its owner'} has handed it over to this host`
    case 'handed over':
      return `${move.owner ?? 'another host'} has taken it over`
    case 'not here':
      return `it is owned by ${move.owner ?? 'no host'}`
  }
}

/** What the parts of a move took when it was rehearsed, in seconds. */
export interface Rehearsal {
  readonly dumped: number
  /** The last backup, which finds little that is new. */
  readonly backedUp: number
  /** The files of the newest backup, restored into a sandbox. */
  readonly restored: number
  readonly imported: number
}

/** Seconds for what cannot be rehearsed: two reloads of the web server, and the new set is read back. */
const BESIDES = 4

/** How long nobody can write to the site, and how long the other host needs for it, at most, in one line. */
export function rehearsalText({ dumped, backedUp, restored, imported }: Rehearsal): string {
  return `freeze ${durationText(dumped + backedUp + BESIDES)}, takeover ${durationText(restored + imported + BESIDES)}`
}

/** Seconds for people, rounded up: `41 s`, `1 min 50 s`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  const rest = whole % 60 === 0 ? '' : ` ${whole % 60} s`
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min${rest}`
}

/** What is known of a host that is said to be dead. Times in ms since the epoch. */
export interface LastSeen {
  /** When it wrote down what it can run, near the end of a night. */
  readonly card: number | undefined
  readonly backup: number | undefined
  /** An address of it at which the site answers now. */
  readonly answersAt: string | undefined
}

/** A host that makes a backup a night has left no sign for so long only if it is down. */
const LATELY = 1.5 * DAY

/** What speaks against a host being dead, a sentence each. */
export function signsOfLife(host: string, { card, backup, answersAt }: LastSeen, now: number): readonly string[] {
  const seen = (what: string, time: number | undefined): string[] =>
    time !== undefined && now - time < LATELY ? [`${host} ${what} on ${printTime(time)}, ${formatAge(now - time)} ago`] : []
  return [
    ...(answersAt === undefined ? [] : [`the site answers on ${host} now, at ${answersAt}`]),
    ...seen('ended a night', card),
    ...seen('made a backup', backup),
  ]
}

import { BadInput, Declined } from '../core/bad-input.ts'
import { newestSet } from '../core/collection.ts'
import { nextOfHandover } from '../core/move.ts'
import type { HandoverRequest } from '../core/move-request.ts'
import { newestRestorePoint, printTime } from '../core/restore-point.ts'
import { taskCommand } from '../core/task-command.ts'
import { listed, messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Hold, Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import type { PrimarySite, SitePlace } from '../host/site.ts'
import { ask } from '../host/terminal.ts'
import { setSiteMode } from '../site-mode/mode.ts'
import { recheckArchive, siteArchiveOf } from '../store/archive.ts'
import { checkStillOwner, readEpoch, release } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { archiveFiles, decided, type Moving } from './move.ts'
import { type Frozen, freeze } from './site-mode.ts'

/** What a handover does next. */
export type HandoverNext = { readonly next: ReturnType<typeof nextOf> }

const nextOf = (...args: Parameters<typeof nextOfHandover>) => decided(nextOfHandover(...args))

type Decides = Needs<'host' | 'site' | 'request'> & Moving & HandoverRequest

/** Decides what to do, from how far an earlier run came. @throws {BadInput} when this host cannot hand it over */
export const decideHandover: Step<Decides, HandoverNext> = {
  name: 'decide-handover',
  title: ({ site }) => `Decide how to move ${site.name}`,
  run: async ({ host, site, request, move, handover }, shell) => {
    const { to, cancel } = handover
    if (to === host.name) throw new BadInput(`--to: ${to} is this host: wanted the one that is to own ${site.name}`)
    const next = nextOf(move, { site: site.name, me: host.name, command: request.command, to, cancel })
    if (next === 'nothing') shell.note('info', `there is nothing to take back: ${site.name} is ${host.name}'s`)
    if (next === 'wait') shell.note('significant', `${site.name} waits for ${to}, ${HOW_TAKEN(site.name)}`)
    const { handover: begun } = readRecord(host, site.name)
    // a later run that finds it taken passes visitors on too
    if (handover.forward && begun && !request.dryRun) updateRecord(host, site.name, { handover: { ...begun, forward: true } })
    return { next }
  },
}

/** Applies where the site is to be frozen, backed up and let go. */
export const isToBeHandedOver: Condition<HandoverNext & Needs<'site'> & HandoverRequest, { site: PrimarySite; to: string }> = ({
  next,
  site,
  handover,
}) => {
  if (next !== 'hand over') return `next: ${next}`
  if (site.role.role !== 'primary') return `it is ${site.role.role} here: ${site.role.reason}`
  return { site: site as PrimarySite, to: handover.to! }
}

/** Applies where it is backed up and frozen, and the archive is to be told again that it was let go. */
export const isToBeReleased: Condition<HandoverNext & Moving, LetGo> = ({ next, move }) =>
  next === 'release' && move.kind === 'uncertain' ? { to: move.to, set: move.set } : `next: ${next}`

/** Applies where the handover is to be taken back. */
export const isToBeTakenBack: Condition<HandoverNext, object> = ({ next }) =>
  next === 'take back' || next === 'nothing' ? {} : `next: ${next}`

type Confirms = Needs<'host' | 'site' | 'request'> & HandoverRequest & { to: string }

/** Asks for a yes, on a terminal, unless it was given. */
export const confirmHandover: Step<Confirms, void> = {
  name: 'confirm-handover',
  title: 'Confirm',
  run: async ({ host, site, request, handover, to }, shell) => {
    if (handover.yes || request.dryRun) return
    const question = `Hand ${site.name} over from ${host.name} to ${to}? Until ${to} has taken it, visitors are told to come back later. Type yes: `
    const answer = await ask(question, shell.stop)
    if (answer?.trim().toLowerCase() !== 'yes') throw new Declined('not confirmed: nothing was touched')
  },
}

type Freezes = Needs<'host' | 'secrets' | 'request' | 'site' | 'ownership'> & HandoverRequest & { to: string }

/**
 * Nobody writes to the site: visitors are told to come back later. It thaws when anything fails, until the site is
 * about to be let go: from then on only the archive knows whose it is.
 */
export const freezeToMove: Hold<Freezes, { frozen: Frozen }> = {
  ...freeze,
  up: async (facts, shell) => {
    const { host, request, site, ownership, handover, to } = facts
    if (request.dryRun) return NOT_FROZEN
    const begun = { epoch: ownership.epoch?.number ?? 0, to, phase: 'freezing' as const, forward: handover.forward }
    updateRecord(host, site.name, { handover: begun })
    return await freeze.up(facts, shell).catch(error => {
      if (!(error instanceof BadInput)) throw error
      if (handover.stopped) return NOT_FROZEN
      const stopped = request.command('handover', '--site', site.name, '--to', to, '--stopped')
      throw new BadInput(`${messageOf(error)}. Or stop what serves it yourself, and say so: ${stopped}`)
    })
  },
  down: async (facts, shell) => {
    const { host, request, site } = facts
    if (request.dryRun) return
    const begun = readRecord(host, site.name).handover
    if (begun?.phase === 'releasing') return
    await freeze.down(facts, shell)
    updateRecord(host, site.name, { handover: undefined })
  },
}

const NOT_FROZEN = { frozen: { stays: undefined } }

/** Lets visitors write again, and forgets the handover. */
export async function thaw(
  { host, secrets, site }: Needs<'host' | 'secrets'> & { site: SitePlace },
  shell: Shell,
): Promise<void> {
  await setSiteMode({ host, secrets, shell }, site, { kind: 'open' })
  await shell.act('forget the handover', () => updateRecord(host, site.name, { handover: undefined }))
}

/** The host that a site is let go to, and the time of the set that it is to restore. */
export interface LetGo {
  readonly to: string
  readonly set: number
}

const HOW_TAKEN = (site: string): string =>
  `which takes it over in its next night, or at once there: ${taskCommand(undefined, 'takeover', '--site', site)}`

/** The set that the other host is to restore: the newest, when nothing is wrong with it. @throws when there is none */
export const chooseLastSet: Step<Needs<'site' | 'collection' | 'request'> & { frozen: Frozen; to: string }, LetGo> = {
  name: 'choose-last-set',
  title: 'Check the last backup',
  run: async ({ site, collection, request, to }, shell) => {
    const point = newestRestorePoint(collection)
    const newest = newestSet(collection)
    if (!point || point.set !== newest) throw new Error(`there is no backup of ${site.name} that could be handed over`)
    const { unread = [] } = point.set
    if (point.problems.length > 0) throw new Error(`the last backup cannot be restored: ${point.problems.join('; ')}`)
    if (unread.length > 0) throw new Error(`the last backup lacks what could not be read: ${listed(unread)}`)
    if (!request.dryRun) shell.note('info', `${to} is to restore the backup of ${printTime(point.time)}`)
    return { to, set: point.time }
  },
}

type Releases = Needs<'host' | 'site' | 'archive' | 'request'> & HandoverRequest & LetGo

/**
 * Writes into the archive that the other host may take the site. From right before that, this host thaws the site only
 * once it has taken the next epoch itself.
 */
export const releaseSite: Step<Releases, { released: true }> = {
  name: 'release',
  title: ({ site, to }) => `Let ${site.name} go to ${to}`,
  run: async ({ host, site, archive, request, handover, to, set }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    await recheckArchive(siteArchive, shell)
    await checkStillOwner(siteArchive, host, shell)
    const files = archiveFiles(siteArchive, shell)
    const epoch = (await readEpoch(files))?.number ?? 0
    await shell.act('remember that it is being let go', () =>
      updateRecord(host, site.name, {
        handover: { epoch, to, phase: 'releasing', set, forward: handover.forward },
      }),
    )
    try {
      await release(files, { epoch, to, set: new Date(set).toISOString() })
    } catch (error) {
      const [again, back] = [['--to', to], ['--cancel']].map(words => request.command('handover', '--site', site.name, ...words!))
      shell.note(
        'problem',
        `whether ${site.name} is let go to ${to} is not known, and it stays frozen. To go on: ${again}\nTo take it back: ${back}`,
      )
      throw error
    }
    if (!request.dryRun) {
      shell.note('significant', `${site.name} is handed over to ${to}, ${HOW_TAKEN(site.name)}`)
      shell.tell({ site: site.name, role: 'released', owner: to, reason: `released to ${to}`, moved: `handed over to ${to}` })
    }
    return { released: true }
  },
}

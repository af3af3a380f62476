import { setTimeout } from 'node:timers/promises'
import { formatAge } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { newestSet } from '../core/collection.ts'
import { type HandoverNext, nextOfHandover } from '../core/move.ts'
import type { HandoverRequest } from '../core/move-request.ts'
import { newestRestorePoint, printTime } from '../core/restore-point.ts'
import { taskCommand } from '../core/task-command.ts'
import { listed } from '../core/wording.ts'
import type { Condition, Hold, Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import type { PrimarySite } from '../host/site.ts'
import { confirm } from '../host/terminal.ts'
import { setSiteMode } from '../site-mode/mode.ts'
import { recheckArchive, siteArchiveOf } from '../store/archive.ts'
import { checkStillOwner, readEpoch, release } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { archiveFiles, type Claimed, handoverCommands, type Moving, readMove, takeNextEpoch, thaw } from './move.ts'

type Decided = { readonly next: HandoverNext }

type Decides = Needs<'host' | 'site' | 'request'> & Moving & HandoverRequest

/** Decides what to do, from how far an earlier run came. @throws {BadInput} when this host cannot hand it over */
export const decideHandover: Step<Decides, Decided> = {
  name: 'decide-handover',
  title: ({ site }) => `Decide how to move ${site.name}`,
  run: async ({ host, site, request, move, handover }, shell) => {
    const { to, cancel } = handover
    if (to === host.name) throw new BadInput(`--to: ${to} is this host: wanted the one that is to own ${site.name}`)
    const next = nextOfHandover(move, { site: site.name, me: host.name, command: request.command, to, cancel })
    if (next === 'nothing') shell.note('info', `there is nothing to take back: ${site.name} is ${host.name}'s`)
    if (next === 'wait') shell.note('significant', `${site.name} waits for ${to}, ${howTaken(site.name)}`)
    const { handover: begun } = readRecord(host, site.name)
    // a later run that finds it taken passes visitors on too
    if (handover.forward && begun && !request.dryRun) updateRecord(host, site.name, { handover: { ...begun, forward: true } })
    return { next }
  },
}

const takeoverCommand = (site: string): string => taskCommand(undefined, 'takeover', '--site', site)
const howTaken = (site: string): string => `which takes it over in its next night, or at once there: ${takeoverCommand(site)}`

export const isToBeHandedOver: Condition<Decided & Needs<'site'> & HandoverRequest, { site: PrimarySite; to: string }> = ({
  next,
  site,
  handover,
}) => {
  if (next !== 'hand over') return `next: ${next}`
  if (site.role.role !== 'primary') return `it is ${site.role.role} here: ${site.role.reason}`
  return { site: site as PrimarySite, to: handover.to! }
}

/** Applies where it is backed up and frozen, and the archive is to be told again that it is released. */
export const isToBeReleased: Condition<Decided & Moving, LetGo> = ({ next, move }) =>
  next === 'release' && move.kind === 'uncertain' ? { to: move.to, set: move.set } : `next: ${next}`

export const isToBeTakenBack: Condition<Decided, object> = ({ next }) =>
  next === 'take back' || next === 'nothing' ? {} : `next: ${next}`

/** Applies where visitors are to be passed on as soon as the other host has taken the site. */
export const isToBeForwarded: Condition<Decided & HandoverRequest, object> = ({ next, handover }) => {
  if (!['hand over', 'release', 'wait'].includes(next)) return `next: ${next}`
  return handover.forward ? {} : 'not asked for'
}

export const confirmHandover: Step<Needs<'host' | 'site' | 'request'> & HandoverRequest & { to: string }, void> = {
  name: 'confirm-handover',
  title: 'Confirm',
  run: async ({ host, site, request, handover, to }, shell) => {
    if (handover.yes || request.dryRun) return
    const question = `Hand ${site.name} over from ${host.name} to ${to}? Until ${to} has taken it, visitors are told to come back later. Type yes: `
    await confirm(question, shell.stop)
  },
}

type Freezes = Needs<'host' | 'secrets' | 'request' | 'site' | 'ownership'> & HandoverRequest & { to: string }
type Frozen = { readonly frozen: true }

/** It thaws when anything fails, until the site is about to be released: then only the archive knows whose it is. */
export const freezeToMove: Hold<Freezes, Frozen> = {
  name: 'freeze',
  title: ({ site }) => `Freeze ${site.name}`,
  up: async ({ host, secrets, request, site, ownership, handover, to }, shell) => {
    if (request.dryRun) return { frozen: true }
    const begun = { epoch: ownership.epoch?.number ?? 0, to, phase: 'freezing' as const, forward: handover.forward }
    updateRecord(host, site.name, { handover: begun })
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'frozen' })
    if (!guarded && !handover.stopped) {
      const stopped = request.command('handover', '--site', site.name, '--to', to, '--stopped')
      throw new BadInput(`${site.name} cannot be frozen: ${why}. Or stop what serves it yourself, and say so: ${stopped}`)
    }
    if (guarded && why !== undefined) shell.note('warning', `${site.name} is frozen for visitors, but ${why}`)
    return { frozen: true }
  },
  patience: 30,
  down: async ({ host, secrets, request, site }, shell) => {
    if (!request.dryRun && readRecord(host, site.name).handover?.phase !== 'releasing') await thaw({ host, secrets, site }, shell)
  },
}

/** The host that a site is released to, and the time of the set that it is to restore. */
interface LetGo {
  readonly to: string
  readonly set: number
}

/** The set that the other host is to restore: the newest, when nothing is wrong with it. @throws when there is none */
export const chooseLastSet: Step<Needs<'site' | 'collection' | 'request'> & Frozen & { to: string }, LetGo> = {
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

/** From right before it is in the archive, this host thaws the site only once it has taken the next epoch itself. */
export const releaseSite: Step<Needs<'host' | 'site' | 'archive' | 'request'> & HandoverRequest & LetGo, { released: true }> = {
  name: 'release',
  title: ({ site, to }) => `Release ${site.name} to ${to}`,
  run: async ({ host, site, archive, request, handover: { forward }, to, set }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    await recheckArchive(siteArchive, shell)
    await checkStillOwner(siteArchive, host, shell)
    const files = archiveFiles({ archive, site }, shell)
    const epoch = (await readEpoch(files))?.number ?? 0
    await shell.act('record that it is being released', () =>
      updateRecord(host, site.name, { handover: { epoch, to, phase: 'releasing', set, forward } }),
    )
    try {
      await release(files, { epoch, to, set: new Date(set).toISOString() })
    } catch (error) {
      const [again, back] = handoverCommands(request, site, to)
      shell.note(
        'problem',
        `whether ${site.name} is released to ${to} is not known: it stays frozen. To go on: ${again}\nTo take it back: ${back}`,
      )
      throw error
    }
    if (!request.dryRun) {
      shell.note('significant', `${site.name} is handed over to ${to}, ${howTaken(site.name)}`)
      shell.report({ site: site.name, role: 'released', owner: to, reason: `released to ${to}`, moved: `handed over to ${to}` })
    }
    return { released: true }
  },
}

/** Takes a site back that was released, or may have been. @throws when the other host was first */
export const takeBack: Step<Needs<'host' | 'site' | 'archive'> & Moving & Decided, Claimed> = {
  name: 'take-back',
  title: ({ site }) => `Take ${site.name} back`,
  run: async (facts, shell) => {
    const { host, site, next } = facts
    if (next === 'take back') {
      await takeNextEpoch(facts, { by: 'cancel', marker: host.name }, 'frozen', shell)
      shell.note('significant', `${site.name} is ${host.name}'s again`)
    }
    return { claimed: true }
  },
}

/** Seconds between two looks whether the other host has taken the site, and for which one waits. */
const [EVERY, MOST] = [2, 1800]

/** Waits until another host has taken the site that was released; a night does the rest where that takes too long. */
export const awaitTakeover: Step<Needs<'host' | 'request' | 'archive' | 'site'> & Moving & HandoverRequest, Moving> = {
  name: 'await-takeover',
  title: ({ site }) => `Wait until ${site.name} is taken over`,
  run: async (facts, shell) => {
    const { request, site, move, epoch, handover } = facts
    if (request.dryRun) return { move, epoch }
    const files = archiveFiles(facts, shell)
    for (const end = performance.now() + MOST * 1000; performance.now() < end; ) {
      const now = await readEpoch(files)
      if ((now?.number ?? 0) > (epoch?.number ?? 0)) return await readMove(facts, shell)
      shell.progress(`waiting for ${handover.to}, there: ${takeoverCommand(site.name)}`)
      await setTimeout(EVERY * 1000, undefined, { signal: shell.stop })
    }
    shell.note(
      'warning',
      `${handover.to} did not take it within ${formatAge(MOST * 1000)}: the first night after it does forwards visitors`,
    )
    return { move, epoch }
  },
}

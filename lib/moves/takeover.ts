import { formatAge } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { newestSet } from '../core/collection.ts'
import { nextOfTakeover, signsOfLife, type TakeoverNext } from '../core/move.ts'
import type { TakeoverRequest } from '../core/move-request.ts'
import type { SiteAnswer } from '../core/page.ts'
import { blameText, isKnownBroken, printTime, type RestorePoint, restorePoints } from '../core/restore-point.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { askPages, getPage } from '../host/ask-pages.ts'
import { httpCheck, questionFor } from '../host/http-check.ts'
import { readRecord } from '../host/records.ts'
import type { Site } from '../host/site.ts'
import { confirm } from '../host/terminal.ts'
import type { Host } from '../inventory/schema.ts'
import { hasKeptProposal } from '../restore/approvals.ts'
import { type Scope, WHOLE } from '../restore/recovery.ts'
import type { Followed } from '../steps/follow.ts'
import type { Insisting } from '../steps/restore.ts'
import type { Needs } from '../store/facts.ts'
import { cardFolder, readHostCard } from '../store/host-cards.ts'
import { type Asked, type Claimed, type Moving, takeNextEpoch } from './move.ts'

type Decided = { readonly next: TakeoverNext | 'nothing' }

/** Decides what to do, from how far an earlier run came. @throws {BadInput} when this host cannot take it over */
export const decideTakeover: Step<Needs<'host' | 'site' | 'request'> & Moving & TakeoverRequest, Decided> = {
  name: 'decide-takeover',
  title: ({ site }) => `Decide how to take ${site.name} over`,
  run: async ({ host, site, request, move, takeover }) => ({
    next: nextOfTakeover(move, { site: site.name, me: host.name, command: request.command, force: takeover.force }),
  }),
}

/** Decides the same in a night: a site whose folder is lost, or that a person has to resolve, is left alone. */
export const decideByNight: Step<Needs<'site'> & Moving, Decided> = {
  name: 'decide-by-night',
  title: ({ site }) => `Decide whether ${site.name} is taken over`,
  run: async ({ site, move, epoch }) => {
    if (move.kind === 'incoming') return { next: 'take over' }
    const wasTaken = epoch !== undefined && ['handover', 'takeover', 'cancel'].includes(epoch.by)
    return { next: move.kind === 'owner' && site.local && wasTaken ? 'finish' : 'nothing' }
  },
}

/** A site that is to be taken over, as a replica: until it is claimed, what is restored is the other host's. */
export type Taken = Needs<'site'> & { readonly from: string | undefined; readonly isForced: boolean }

const asReplica = (site: Site, owner: string | undefined): Site => ({
  ...site,
  role: { ...site.role, role: site.local ? 'replica' : 'new replica', owner },
})

export const isIncoming: Condition<Decided & Moving & Needs<'site'>, Taken> = ({ next, move, site }) =>
  next === 'take over' && move.kind === 'incoming'
    ? { site: asReplica(site, move.from), from: move.from, isForced: false }
    : `next: ${next}`

export const isTakenByForce: Condition<Decided & Moving & Needs<'site'>, Taken> = ({ next, move, site }) => {
  if (next !== 'take by force') return `next: ${next}`
  const from = 'owner' in move ? move.owner : undefined
  return { site: asReplica(site, from), from, isForced: true }
}

export type Chosen = { readonly point: RestorePoint; readonly scope: Scope } & Insisting & Followed

/** @param now ms since the epoch */
export const chosen = (point: RestorePoint, { anyway }: TakeoverRequest['takeover'], now: number): Chosen => {
  const insists = anyway || isKnownBroken(point)
  // the owner knows that it hands over what it has, and of a dead one's sets there is no other
  const facts = { points: [point], records: [], restoredFrom: undefined, contents: undefined, heldSince: undefined }
  return { point, scope: WHOLE, insists, followed: { point, facts: { ...facts, now, acceptAfter: 0, isAccepted: true } } }
}

/** The set that the owner let the site go with. @throws when it cannot be restored */
export const chooseReleasedSet: Step<Needs<'collection'> & Moving & TakeoverRequest, Chosen> = {
  name: 'choose-released-set',
  title: 'Choose the backup that was handed over',
  run: async ({ collection, move, takeover }, shell) => {
    const points = restorePoints(collection)
    const set = (move.kind === 'incoming' ? move.set : undefined) ?? points.at(-1)?.time ?? Number.NaN
    const point = points.find(({ time }) => time === set)
    if (!point) throw new Error(`the backup of ${printTime(set)}, which was handed over, is not in the archive`)
    if (point.problems.length > 0)
      throw new Error(`the backup of ${printTime(set)}, which was handed over, cannot be restored: ${point.problems.join('; ')}`)
    return chosen(point, takeover, shell.now())
  },
}

export const chooseNewestWhole: Step<Needs<'collection' | 'site'> & TakeoverRequest, Chosen> = {
  name: 'choose-newest-whole',
  title: 'Choose the newest whole backup',
  run: async ({ collection, site, takeover }, shell) => {
    const point = restorePoints(collection).findLast(({ problems }) => problems.length === 0)
    if (!point) throw new BadInput(`the archive holds no whole backup of ${site.name}`)
    return chosen(point, takeover, shell.now())
  },
}

type LooksForOwner = Needs<'host' | 'request' | 'archive' | 'site' | 'collection'> & TakeoverRequest & Pick<Taken, 'from'>

/** Looks whether the owner is dead indeed. @throws {BadInput} at a sign of life, unless a person said that it is */
export const checkOwnerDead: Step<LooksForOwner, void> = {
  name: 'check-owner-dead',
  title: ({ from }) => `Check that ${from ?? 'its owner'} is down`,
  run: async ({ host, request, archive, site, collection, takeover, from }, shell) => {
    const cards = cardFolder(archive, shell)
    if (from === undefined || cards === undefined) return
    if (takeover.dead !== undefined && takeover.dead !== from)
      throw new BadInput(`--dead: found "${takeover.dead}", wanted the owner of ${site.name}, ${from}`)
    const card = await readHostCard(cards, from)
    const answersAt = await addressThatAnswers(host, site, card?.addresses ?? [], shell)
    const signs = signsOfLife(from, { card: card?.time, backup: newestSet(collection)?.time, answersAt }, shell.now())
    for (const text of signs) shell.note('warning', text)
    if (signs.length === 0 || takeover.dead === from) return
    const again = request.command('takeover', '--site', site.name, '--force', '--dead', from)
    throw new BadInput(`${signs.join('; ')}. If it is alive: handover there. If it is down all the same: ${again}`)
  },
}

async function addressThatAnswers(
  host: Host,
  site: Site,
  addresses: readonly string[],
  shell: Shell,
): Promise<string | undefined> {
  const question = questionFor(host, site)
  if (!question) return undefined
  const late = AbortSignal.any([shell.stop, AbortSignal.timeout(ANSWERS_WITHIN)])
  for (const address of addresses) {
    const urls = question.urls.map(
      url => Object.assign(new URL(url), { host: address.includes(':') ? `[${address}]` : address }).href,
    )
    const answer = await askPages({ ...question, urls }, asking => getPage(asking, late), messageOf)
    if (answer.works) return address
  }
  return undefined
}

/** Milliseconds. */
const ANSWERS_WITHIN = 5000

/** Says what will be lost, and has that typed, unless a yes was given. */
export const confirmLoss: Step<
  Needs<'site' | 'request'> & TakeoverRequest & { point: RestorePoint; from: string | undefined },
  void
> = {
  name: 'confirm-loss',
  title: 'Confirm what will be lost',
  run: async ({ site, request, takeover, point, from }, shell) => {
    const age = formatAge(shell.now() - point.time)
    const text = `All that was written to ${site.name} since the backup of ${printTime(point.time)} will be lost: the posts, comments, orders, users and files of ${age}`
    shell.note('significant', text)
    if (takeover.yes || request.dryRun) return
    const phrase = `lose ${age}`
    await confirm(`${text}. If ${from ?? 'its owner'} is dead, type "${phrase}": `, shell.stop, phrase)
  },
}

export const isOlderHere: Condition<Needs<'host' | 'site'> & { point: RestorePoint }, object> = ({ host, site, point }) =>
  site.local && readRecord(host, site.name).restoredFrom === point.time
    ? `the backup of ${printTime(point.time)} is here already`
    : {}

/** Asks the restored site on this host before it is claimed. @throws when it does not work as it did on its owner */
export const askBeforeClaim: Step<Needs<'host' | 'request' | 'site'> & { point: RestorePoint } & Insisting, Asked> = {
  name: 'ask-before-claim',
  title: ({ site }) => `HTTP check of ${site.name} before the takeover`,
  run: async ({ host, request, site, point, insists }, shell) => {
    let asked: SiteAnswer | undefined
    await shell.act('ask the site over HTTP', async () => {
      asked = await httpCheck(host, site, shell.stop)
    })
    const said = asked?.said ?? 'no HTTP check: no domain or `check` configured'
    if (asked && !asked.works && !insists) {
      const waits = hasKeptProposal(host, site.name)
        ? `. Its web server configuration waits for approval: ${request.command('approve', '--site', site.name)}`
        : ''
      const anyway = request.command('takeover', '--site', site.name, '--anyway')
      throw new Error(
        `it is not claimed: it answers ${said} on ${host.name}${blameText(point)}${waits}. To claim it all the same: ${anyway}`,
      )
    }
    shell.note(asked?.works === false ? 'warning' : 'info', said)
    return { asked }
  },
}

/** Takes the next epoch, which makes this host the owner. @throws when another one was first */
export const claimSite: Step<Needs<'host' | 'archive' | 'request'> & Moving & Taken & Pick<Chosen, 'point'> & Asked, Claimed> = {
  name: 'take-epoch',
  title: ({ host, site }) => `Make ${host.name} the owner of ${site.name}`,
  run: async (facts, shell) => {
    const { host, site, request, from, isForced, point } = facts
    const taking = { by: isForced ? 'takeover' : 'handover', from: point.time, marker: from } as const
    await takeNextEpoch(facts, taking, 'a replica', shell)
    if (!request.dryRun) {
      const moved = `taken over from ${from ?? 'nobody'}`
      shell.note('significant', `${host.name} took ${site.name} over from ${from ?? 'nobody'}, as of ${printTime(point.time)}`)
      shell.report({ site: site.name, role: 'primary', owner: host.name, reason: `${host.name} owns it`, moved })
    }
    return { claimed: true }
  },
}

/** Applies where this host owns the site: whatever an earlier run left of that is done. */
export const isOwnedHere: Condition<Decided, Claimed> = ({ next }) => (next === 'finish' ? { claimed: true } : `next: ${next}`)
